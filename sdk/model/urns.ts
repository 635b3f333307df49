/** Every URN that a plan of ours may hold, in one place. A released `millrace:` URN never changes its meaning. */

/** Beam's transforms that a runner implements. */
export const BEAM_TRANSFORM = {
  impulse: 'beam:transform:impulse:v1',
  parDo: 'beam:transform:pardo:v1',
  flatten: 'beam:transform:flatten:v1',
  groupByKey: 'beam:transform:group_by_key:v1',
  windowInto: 'beam:transform:window_into:v1',
  combinePerKey: 'beam:transform:combine_per_key:v1',
  combineGlobally: 'beam:transform:combine_globally:v1',
  combineGroupedValues: 'beam:transform:combine_grouped_values:v1',
  combinePerKeyPrecombine: 'beam:transform:combine_per_key_precombine:v1',
  combinePerKeyMergeAccumulators: 'beam:transform:combine_per_key_merge_accumulators:v1',
  combinePerKeyExtractOutputs: 'beam:transform:combine_per_key_extract_outputs:v1',
  combinePerKeyConvertToAccumulators: 'beam:transform:combine_per_key_convert_to_accumulators:v1',
  reshuffle: 'beam:transform:reshuffle:v1',
  redistributeArbitrarily: 'beam:transform:redistribute_arbitrarily:v1',
  redistributeByKey: 'beam:transform:redistribute_by_key:v1',
  testStream: 'beam:transform:teststream:v1',
  mapWindows: 'beam:transform:map_windows:v1',
  mergeWindows: 'beam:transform:merge_windows:v1',
  sdfPairWithRestriction: 'beam:transform:sdf_pair_with_restriction:v1',
  sdfSplitAndSizeRestrictions: 'beam:transform:sdf_split_and_size_restrictions:v1',
  sdfProcessSizedElementAndRestrictions: 'beam:transform:sdf_process_sized_element_and_restrictions:v1',
  sdfTruncateSizedRestrictions: 'beam:transform:sdf_truncate_sized_restrictions:v1',
} as const;

/** The transforms that every runner of ours executes. */
export const CORE_TRANSFORMS: ReadonlySet<string> = new Set([
  BEAM_TRANSFORM.impulse,
  BEAM_TRANSFORM.parDo,
  BEAM_TRANSFORM.flatten,
  BEAM_TRANSFORM.groupByKey,
  BEAM_TRANSFORM.windowInto,
  BEAM_TRANSFORM.combinePerKey,
  BEAM_TRANSFORM.combineGroupedValues,
  BEAM_TRANSFORM.reshuffle,
  BEAM_TRANSFORM.redistributeArbitrarily,
  BEAM_TRANSFORM.redistributeByKey,
]);

export const BEAM_WINDOW_FN = {
  global: 'beam:window_fn:global_windows:v1',
  fixed: 'beam:window_fn:fixed_windows:v1',
  sliding: 'beam:window_fn:sliding_windows:v1',
  session: 'beam:window_fn:session_windows:v1',
} as const;

export const BEAM_CODER = {
  bytes: 'beam:coder:bytes:v1',
  stringUtf8: 'beam:coder:string_utf8:v1',
  kv: 'beam:coder:kv:v1',
  bool: 'beam:coder:bool:v1',
  varint: 'beam:coder:varint:v1',
  double: 'beam:coder:double:v1',
  iterable: 'beam:coder:iterable:v1',
  stateBackedIterable: 'beam:coder:state_backed_iterable:v1',
  timer: 'beam:coder:timer:v1',
  intervalWindow: 'beam:coder:interval_window:v1',
  lengthPrefix: 'beam:coder:length_prefix:v1',
  globalWindow: 'beam:coder:global_window:v1',
  windowedValue: 'beam:coder:windowed_value:v1',
  paramWindowedValue: 'beam:coder:param_windowed_value:v1',
  customWindow: 'beam:coder:custom_window:v1',
  row: 'beam:coder:row:v1',
  shardedKey: 'beam:coder:sharded_key:v1',
  nullable: 'beam:coder:nullable:v1',
} as const;

/** The lossless coder for any JS value: what a PCollection has when nothing else was said. */
export const MILLRACE_CODER = {
  value: 'millrace:coder:value:v1',
  /** The same values in their one deterministic form: what keys have. */
  key: 'millrace:coder:key:v1',
  /** What a window of the author's is: bounds, last instant, id. */
  window: 'millrace:coder:window:v1',
} as const;

/** The kinds of DoFn that a `beam:transform:pardo:v1` of ours holds. */
export const MILLRACE_DO_FN = {
  /** (element) => output */
  map: 'millrace:do_fn:map:v1',
  /** (element) => boolean */
  filter: 'millrace:do_fn:filter:v1',
  /** (element) => Iterable<output> */
  flatMap: 'millrace:do_fn:flat_map:v1',
  /** (element) => key; emits {key, value: element} */
  keyBy: 'millrace:do_fn:key_by:v1',
  /** (element) => Timestamp */
  withTimestamps: 'millrace:do_fn:with_timestamps:v1',
  /** a DoFn object */
  doFn: 'millrace:do_fn:do_fn:v1',
  /** a SplittableDoFn object */
  splittable: 'millrace:do_fn:splittable:v1',
  /** (element) => Promise<output>; options in the payload */
  mapAsync: 'millrace:do_fn:map_async:v1',
  /** literal elements that stand in the plan, encoded */
  create: 'millrace:do_fn:create:v1',
} as const;

export const MILLRACE_COMBINE_FN = {
  /** a CombineFn object */
  combineFn: 'millrace:combine_fn:combine_fn:v1',
} as const;

export const MILLRACE_WINDOW_FN = {
  /** a WindowFn object */
  custom: 'millrace:window_fn:custom:v1',
  /** days, weeks, months or years of a time zone */
  calendar: 'millrace:window_fn:calendar:v1',
} as const;

/** The forms in which an engine keeps side inputs. */
export const BEAM_SIDE_INPUT = {
  iterable: 'beam:side_input:iterable:v1',
  multimap: 'beam:side_input:multimap:v1',
} as const;

/** What is made of a side input. */
export const MILLRACE_VIEW_FN = {
  /** The only element; `{ "default": base64 }` of the element's coder is there where there may be none. */
  singleton: 'millrace:view_fn:singleton:v1',
  iterable: 'millrace:view_fn:iterable:v1',
  /** With an index and a length. */
  list: 'millrace:view_fn:list:v1',
  /** Of KVs: one value to a key. */
  map: 'millrace:view_fn:map:v1',
  multimap: 'millrace:view_fn:multimap:v1',
} as const;

/** Which window of a side input belongs to one of the main input. */
export const MILLRACE_WINDOW_MAPPING = {
  /**
   * That of the side input's windowing into which the last instant of the main window falls; of a window function of the
   * author's, the one that it answers.
   */
  byMaxTimestamp: 'millrace:window_mapping:by_max_timestamp:v1',
} as const;

export const MILLRACE_ENVIRONMENT = {
  /** Node, with the author's bundle (or, for inline pipelines, this process). */
  node: 'millrace:env:node:v1',
} as const;

export const REQUIREMENT = {
  stateful: 'beam:requirement:pardo:stateful:v1',
  finalization: 'beam:requirement:pardo:finalization:v1',
  stableInput: 'beam:requirement:pardo:stable_input:v1',
  timeSortedInput: 'beam:requirement:pardo:time_sorted_input:v1',
  splittableDoFn: 'beam:requirement:pardo:splittable_dofn:v1',
  onWindowExpiration: 'beam:requirement:pardo:on_window_expiration:v1',
} as const;

/**
 * Annotation of a grouping that keeps nothing which a source would have to read again: a local runner commits past what it
 * holds. Engines need not know it.
 */
export const HOLDS_NO_EPOCH = 'millrace:holds_no_epoch';
