import { definePipeline, fixedWindows, type KV, seconds } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { BASE } from '../nexmark.js';
import { eventOptions, readBids } from './events.js';

/** How many bids every bidder made in each ten seconds. */
export default definePipeline({
  name: 'q12',
  options: eventOptions,
  build(p, { events }) {
    readBids(p, events)
      .map('bidder', ({ bidder }) => bidder)
      .windowInto('ten seconds', fixedWindows(seconds(10)))
      .countPerElement('bids per bidder')
      .parDo(
        'check',
        () =>
          new Checksum<KV<number, number>>(({ key, value }, { window }) =>
            mix(mix(mix(RECORD_SEED, key), value), window.end - BASE),
          ),
      );
  },
});
