import { definePipeline, type KV, seconds, slidingWindows } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { BASE } from '../nexmark.js';
import { allMaxima } from './all-maxima.js';
import { eventOptions, readBids } from './events.js';

/** The hottest auctions: every second, those with most bids in the last ten. */
export default definePipeline({
  name: 'q5',
  options: eventOptions,
  build(p, { events }) {
    readBids(p, events)
      .map('auction', ({ auction }) => auction)
      .windowInto('last ten seconds', slidingWindows(seconds(10), seconds(1)))
      .countPerElement('bids per auction')
      .combineGlobally(
        'hottest',
        allMaxima<KV<number, number>>(({ value }) => value),
      )
      .flatMap('each', (hottest) => hottest)
      .parDo(
        'check',
        () =>
          new Checksum<KV<number, number>>(({ key, value }, { window }) =>
            mix(mix(mix(RECORD_SEED, key), value), window.end - BASE),
          ),
      );
  },
});
