import { coGroupByKey, definePipeline, fixedWindows, seconds } from 'millrace';
import { Checksum } from '../checksum.js';
import { fnv, mix, RECORD_SEED } from '../hashes.js';
import { isAuction, isPerson } from '../nexmark.js';
import { eventOptions, readEvents } from './events.js';
import { pairs } from './pairs.js';

/** New sellers: persons who came in the same ten seconds as their auctions. */
export default definePipeline({
  name: 'q8',
  options: eventOptions,
  build(p, { events }) {
    const all = readEvents(p, events).windowInto('ten seconds', fixedWindows(seconds(10)));
    const persons = all.filter('persons', isPerson).keyBy('id', ({ id }) => id);
    const auctions = all.filter('auctions', isAuction).keyBy('seller', ({ seller }) => seller);
    coGroupByKey('by person', { persons, auctions })
      .flatMap('new sellers', ({ value }) => pairs(value.persons, value.auctions))
      .map('who and reserve', ([{ id, name }, { reserve }]) => ({ id, name, reserve }))
      .parDo(
        'check',
        () => new Checksum(({ id, name, reserve }) => mix(mix(mix(RECORD_SEED, id), fnv(name)), reserve)),
      );
  },
});
