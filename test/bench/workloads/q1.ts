import { definePipeline } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { BASE, type Bid } from '../nexmark.js';
import { eventOptions, readBids } from './events.js';

/** Every bid, its price in euro. */
export default definePipeline({
  name: 'q1',
  options: eventOptions,
  build(p, { events }) {
    readBids(p, events)
      .map('to euro', inEuro)
      .parDo('check', () => new Checksum(hash));
  },
});

function inEuro({ kind, auction, bidder, price, dateTime, extra }: Bid): Bid {
  return { kind, auction, bidder, price: Math.floor((price * 89) / 100), dateTime, extra };
}

function hash({ auction, bidder, price, dateTime }: Bid): number {
  return mix(mix(mix(mix(RECORD_SEED, auction), bidder), price), dateTime - BASE);
}
