import type { KV } from '../model/coder.js';
import { BEAM_TRANSFORM } from '../model/urns.js';
import { PCollection } from '../pipeline/pcollection.js';
import { PCOLLECTION } from '../pipeline/plan-nodes.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { reshuffle } from '../pipeline/verbs/reshuffle.js';

/**
 * Spreads the elements over the tasks that follow, as `reshuffle` does, and promises nothing beyond that: engines may read
 * what is written so again, where a reshuffle is a point to which they come back.
 */
export function redistribute<T>(): PTransform<PCollection<T>, PCollection<T>> {
  return { name: 'Redistribute', expand: (input) => spread(input, BEAM_TRANSFORM.redistributeArbitrarily) };
}

/** As {@link redistribute}, where an engine may keep the values of a key together. */
export function redistributeByKey<K, V>(): PTransform<PCollection<KV<K, V>>, PCollection<KV<K, V>>> {
  return { name: 'RedistributeByKey', expand: (input) => spread(input, BEAM_TRANSFORM.redistributeByKey) };
}

const spread = <T>(input: PCollection<T>, urn: string): PCollection<T> =>
  new PCollection<T>(input.pipeline, reshuffle(input[PCOLLECTION], 'Spread', urn));
