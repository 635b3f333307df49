import { definePipeline, fixedWindows, seconds } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { BASE, type Bid } from '../nexmark.js';
import { allMaxima } from './all-maxima.js';
import { eventOptions, readBids } from './events.js';

/** The highest bids of every ten seconds. */
export default definePipeline({
  name: 'q7',
  options: eventOptions,
  build(p, { events }) {
    readBids(p, events)
      .windowInto('ten seconds', fixedWindows(seconds(10)))
      .combineGlobally(
        'highest',
        allMaxima<Bid>(({ price }) => price),
      )
      .flatMap('each', (highest) => highest)
      .parDo('check', () => new Checksum(hash));
  },
});

function hash({ auction, price, bidder, dateTime }: Bid): number {
  return mix(mix(mix(mix(RECORD_SEED, auction), price), bidder), dateTime - BASE);
}
