import { canonicalJson } from '../model/canonical-json.js';
import type { DurationMs } from '../model/time.js';
import type { TriggerSpec, WindowingStrategySpec } from '../model/windowing.js';
import { checkWindowOptions } from './check-windowing.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import { continuationTrigger } from './triggers.js';
import { globalWindow, type WindowFnDescriptor } from './window-fns.js';

/** What `windowInto` may say beside the windows; what it leaves open stays as it was before. */
export interface WindowOptions {
  /** How long after its end a window still takes elements. */
  readonly allowedLateness?: DurationMs;
  /** When a window fires. Needs `accumulation`, unless it is the default trigger. */
  readonly trigger?: TriggerSpec;
  /** Whether a later firing of a window holds what an earlier one held. */
  readonly accumulation?: 'discarding' | 'accumulating';
  /** Which timestamp a grouped result has. */
  readonly timestampCombiner?: 'endOfWindow' | 'latest' | 'earliest';
  /** Whether a window that ends without new elements fires once more. */
  readonly closingBehavior?: WindowingStrategySpec['closingBehavior'];
  /** Whether a window without new elements fires when its time has come. */
  readonly onTimeBehavior?: WindowingStrategySpec['onTimeBehavior'];
}

/** How a PCollection is windowed, before it has ids. */
export type Windowing = Omit<
  WindowingStrategySpec,
  'windowFn' | 'windowCoderId' | 'environmentId' | 'assignsToOneWindow'
> & {
  readonly windowFn: WindowFnDescriptor<never>;
};

export const DEFAULT_WINDOWING: Windowing = {
  windowFn: globalWindow(),
  mergeStatus: 'NON_MERGING',
  trigger: { kind: 'default' },
  accumulationMode: 'DISCARDING',
  outputTime: 'END_OF_WINDOW',
  closingBehavior: 'EMIT_IF_NONEMPTY',
  onTimeBehavior: 'FIRE_ALWAYS',
  allowedLatenessMs: 0,
};

const OUTPUT_TIME = {
  endOfWindow: 'END_OF_WINDOW',
  latest: 'LATEST_IN_PANE',
  earliest: 'EARLIEST_IN_PANE',
} as const;

/** The windowing after `windowInto(windowFn, options)`. */
export function rewindowed(before: Windowing, windowFn: WindowFnDescriptor<never>, options: WindowOptions): Windowing {
  checkWindowOptions(options);
  const { allowedLateness, trigger, accumulation, timestampCombiner, closingBehavior, onTimeBehavior } = options;
  if (trigger !== undefined && trigger.kind !== 'default' && accumulation === undefined)
    throw planError(PLAN_ERROR.windowing, `the trigger ${trigger.kind} may fire a window several times`, {
      hint: "say what later firings hold: { accumulation: 'discarding' } or { accumulation: 'accumulating' }",
    });
  return {
    ...before,
    windowFn,
    mergeStatus: windowFn.isMerging ? 'NEEDS_MERGE' : 'NON_MERGING',
    ...(trigger !== undefined && { trigger }),
    ...(accumulation !== undefined && {
      accumulationMode: accumulation === 'discarding' ? 'DISCARDING' : 'ACCUMULATING',
    }),
    ...(timestampCombiner !== undefined && { outputTime: OUTPUT_TIME[timestampCombiner] }),
    ...(closingBehavior !== undefined && { closingBehavior }),
    ...(onTimeBehavior !== undefined && { onTimeBehavior }),
    ...(allowedLateness !== undefined && { allowedLatenessMs: allowedLateness }),
  };
}

/** The windowing of what a GroupByKey puts out. */
export function afterGrouping(before: Windowing): Windowing {
  return {
    ...before,
    mergeStatus: before.windowFn.isMerging ? 'ALREADY_MERGED' : 'NON_MERGING',
    trigger: continuationTrigger(before.trigger),
  };
}

export function sameWindowing(a: Windowing, b: Windowing): boolean {
  return (
    a === b || (a.windowFn.factory === b.windowFn.factory && canonicalJson(asData(a)) === canonicalJson(asData(b)))
  );
}

/** Without the author's function, which is no data. */
function asData({ windowFn, ...rest }: Windowing): object {
  const { factory: _, ...data } = windowFn;
  return { ...rest, windowFn: data };
}
