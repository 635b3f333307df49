import { coGroupByKey, definePipeline } from 'millrace';
import { Checksum } from '../checksum.js';
import { fnv, mix, RECORD_SEED } from '../hashes.js';
import { isAuction, isPerson } from '../nexmark.js';
import { eventOptions, readEvents } from './events.js';
import { pairs } from './pairs.js';

const STATES: ReadonlySet<string> = new Set(['OR', 'ID', 'CA']);

/** Who sells what in some states: auctions of one category joined with their sellers, over all time. */
export default definePipeline({
  name: 'q3',
  options: eventOptions,
  build(p, { events }) {
    const all = readEvents(p, events);
    const persons = all
      .filter('persons', isPerson)
      .filter('of some states', ({ state }) => STATES.has(state))
      .keyBy('id', ({ id }) => id);
    const auctions = all
      .filter('auctions', isAuction)
      .filter('of a category', ({ category }) => category === 10)
      .keyBy('seller', ({ seller }) => seller);
    coGroupByKey('by person', { persons, auctions })
      .flatMap('sales', ({ value }) => pairs(value.persons, value.auctions))
      .map('where and what', ([{ name, city, state }, { id }]) => ({ name, city, state, id }))
      .parDo(
        'check',
        () =>
          new Checksum(({ name, city, state, id }) =>
            mix(mix(mix(mix(RECORD_SEED, fnv(name)), fnv(city)), fnv(state)), id),
          ),
      );
  },
});
