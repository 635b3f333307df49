/** Authoring: how a pipeline is put together. */
export type { AsyncOptions, RetryOptions } from './async-options.js';
export { type BuildOptions, type BuiltPlan, buildPlan } from './build-plan.js';
export {
  type CalendarOptions,
  type CalendarWeeksOptions,
  calendarDays,
  calendarMonths,
  calendarWeeks,
  calendarYears,
  type Weekday,
} from './calendar-windows.js';
export { customWindows } from './custom-windows.js';
export { definePipeline, isPipelineDefinition, type PipelineDefinition } from './define-pipeline.js';
export {
  type OptionDeclaration,
  type OptionDeclarations,
  type OptionKind,
  type OptionSettings,
  type OptionsOf,
  option,
} from './options.js';
export { type NamedTag, outputTag, type TagType } from './output-tag.js';
export { parseOptions } from './parse-options.js';
export {
  type CombineGloballyOptions,
  type ParDoOutputs,
  PCollection,
  type ReadOptions,
  type ReturnsPromise,
  type TimestampOptions,
} from './pcollection.js';
export { type CreateOptions, Pipeline } from './pipeline.js';
export { PLAN_ERROR } from './plan-error.js';
export type { PTransform, Transform } from './ptransform.js';
export {
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  type SingletonOptions,
} from './side-inputs.js';
export {
  bagState,
  combiningState,
  eventTimer,
  type MapStateOptions,
  mapState,
  multimapState,
  orderedListState,
  processingTimer,
  type StateOptions,
  setState,
  valueState,
} from './state-specs.js';
export { type CollectionTraits, traitsOf } from './traits.js';
export {
  afterAll,
  afterAny,
  afterCount,
  afterEach,
  afterProcessingTime,
  afterSynchronizedProcessingTime,
  afterWatermark,
  always,
  defaultTrigger,
  never,
  orFinally,
  type ProcessingTimeOptions,
  repeatedly,
} from './trigger-builders.js';
export type { ParDoDeclarations } from './verbs/declare.js';
export type { CombinePerKeyOptions, Fanout } from './verbs/fanout.js';
export type { ChoosingCombineFn, CodedCombineFn } from './verbs/keyed.js';
export type { SideInputs } from './verbs/side-inputs.js';
export {
  fixedWindows,
  globalWindow,
  sessionWindows,
  slidingWindows,
  type WindowFnDescriptor,
} from './window-fns.js';
export type { Windowing, WindowOptions } from './windowing.js';
