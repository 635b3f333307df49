import type { PCollection } from '../pipeline/pcollection.js';
import type { CreateOptions, Pipeline } from '../pipeline/pipeline.js';
import { createIn } from '../pipeline/pipeline.js';
import type { PTransform } from '../pipeline/ptransform.js';

/**
 * The given values as a bounded collection: `p.apply('words', create(['a', 'b']))`. Up to 64 KB they stand in the plan,
 * encoded; more is made again by whoever builds the pipeline.
 */
export function create<T>(values: readonly T[], options: CreateOptions<T> = {}): PTransform<Pipeline, PCollection<T>> {
  return { name: 'Create', expand: (pipeline) => createIn(pipeline, values, options) };
}

/** One empty element at the beginning of time. */
export function impulse(): PTransform<Pipeline, PCollection<Uint8Array>> {
  return { name: 'Impulse', expand: (pipeline) => pipeline.impulse() };
}
