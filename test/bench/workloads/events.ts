import { option, type PCollection, type Pipeline } from 'millrace';
import { type Bid, type Event, event, isBid, timeOf } from '../nexmark.js';
import { SequenceSource } from '../sequence-source.js';

/** What every Nexmark workload takes. */
export const eventOptions = { events: option.integer({ description: 'how many events', default: 250_000 }) };

export function readEvents(p: Pipeline, count: number): PCollection<Event> {
  return p.read('events', () => new SequenceSource(event, timeOf), count);
}

export function readBids(p: Pipeline, count: number): PCollection<Bid> {
  return readEvents(p, count).filter('bids', isBid);
}
