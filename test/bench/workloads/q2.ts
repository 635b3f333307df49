import { definePipeline } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { eventOptions, readBids } from './events.js';

/** The bids on some auctions. */
export default definePipeline({
  name: 'q2',
  options: eventOptions,
  build(p, { events }) {
    readBids(p, events)
      .filter('some auctions', ({ auction }) => auction % 123 === 0)
      .map('auction and price', ({ auction, price }) => ({ auction, price }))
      .parDo('check', () => new Checksum(({ auction, price }) => mix(mix(RECORD_SEED, auction), price)));
  },
});
