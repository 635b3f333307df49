import { definePipeline } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { BASE, type Event } from '../nexmark.js';
import { eventOptions, readEvents } from './events.js';

/** Every event passes through. */
export default definePipeline({
  name: 'q0',
  options: eventOptions,
  build(p, { events }) {
    readEvents(p, events)
      .map('pass', (event) => event)
      .parDo('check', () => new Checksum(hash));
  },
});

function hash(event: Event): number {
  const t = event.dateTime - BASE;
  switch (event.kind) {
    case 'bid':
      return mix(mix(mix(mix(mix(RECORD_SEED, 2), event.auction), event.bidder), event.price), t);
    case 'auction':
      return mix(mix(mix(mix(RECORD_SEED, 1), event.id), event.seller), t);
    case 'person':
      return mix(mix(mix(RECORD_SEED, 0), event.id), t);
  }
}
