/** Transforms that are made of the verbs. */
export { type CoGrouped, coGroupByKey, type KeyedInputs } from './co-group-by-key.js';
export {
  type Compare,
  count,
  type Held,
  type MeanAccumulator,
  max,
  mean,
  min,
  reduce,
  sum,
  toList,
} from './combiners.js';
export { create, impulse } from './create.js';
export { distinct, keys, swapKV, values } from './elements.js';
export { flatten } from './flatten.js';
export { generateSequence, type SequenceOptions } from './generate-sequence.js';
export { type BatchOptions, groupIntoBatches } from './group-into-batches.js';
export { GrowableOffsetRangeTracker } from './growable-offset-range.js';
export { latest, latestPerKey } from './latest.js';
export { type MapBatchOptions, mapBatch } from './map-batch.js';
export { NO_END, type OffsetRange, OffsetRangeTracker } from './offset-range.js';
export { partition } from './partition.js';
export { type Period, periodicImpulse, periodicSequence } from './periodic-impulse.js';
export { redistribute, redistributeByKey } from './redistribute.js';
export { type RefreshingOptions, refreshingSideInput } from './refreshing-side-input.js';
export { splittable } from './splittable.js';
export {
  type RestrictionClaims,
  type Resume,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  type WorkEnd,
} from './splittable-fn.js';
export type { EstimatedRestriction } from './splittable-tracker.js';
export { largest, smallest, top } from './top.js';
export { waitOn } from './wait-on.js';
export {
  type EstimatorBegin,
  type ManualWatermarkEstimator,
  type MonotonicWatermarkEstimator,
  manualWatermark,
  monotonicWatermark,
  type WallTimeWatermarkEstimator,
  type WatermarkEstimator,
  type WatermarkEstimators,
  wallTimeWatermark,
} from './watermark-estimators.js';
