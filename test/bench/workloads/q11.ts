import { definePipeline, type KV, seconds, sessionWindows } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { BASE } from '../nexmark.js';
import { eventOptions, readBids } from './events.js';

/** How many bids every bidder made in one go. */
export default definePipeline({
  name: 'q11',
  options: eventOptions,
  build(p, { events }) {
    readBids(p, events)
      .map('bidder', ({ bidder }) => bidder)
      .windowInto('sessions', sessionWindows(seconds(10)))
      .countPerElement('bids per bidder')
      .parDo(
        'check',
        () =>
          new Checksum<KV<number, number>>(({ key, value }, { window }) =>
            mix(mix(mix(mix(RECORD_SEED, key), value), window.start - BASE), window.end - BASE),
          ),
      );
  },
});
