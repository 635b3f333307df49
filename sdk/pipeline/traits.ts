import type { PCollection } from './pcollection.js';
import { PCOLLECTION } from './plan-nodes.js';
import type { Windowing } from './windowing.js';

/** What is known of a PCollection while its pipeline is built. */
export interface CollectionTraits {
  readonly isBounded: boolean;
  readonly windowing: Windowing;
}

/** For transforms that must know how their input is windowed, or whether it has an end. */
export function traitsOf(collection: PCollection<unknown>): CollectionTraits {
  const { isBounded, windowing } = collection[PCOLLECTION];
  return { isBounded, windowing };
}
