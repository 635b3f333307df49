import type { DurationMs } from '../model/time.js';
import type { TriggerSpec } from '../model/windowing.js';
import { PLAN_ERROR, planError } from './plan-error.js';

/** Fires when the watermark has passed the end of the window, and again for every element that is late. */
export function defaultTrigger(): TriggerSpec {
  return { kind: 'default' };
}

/**
 * Fires when the watermark has passed the end of the window: the pane on time.
 *
 * @param firings `early`: when panes come before that, `late`: when they come after it. Both are repeated.
 * @example
 * windowInto(fixedWindows(minutes(1)), {
 *   trigger: afterWatermark({ early: afterProcessingTime(seconds(5)), late: afterCount(1) }),
 *   allowedLateness: minutes(10),
 *   accumulation: 'accumulating',
 * })
 */
export function afterWatermark(
  firings: { readonly early?: TriggerSpec; readonly late?: TriggerSpec } = {},
): TriggerSpec {
  const { early, late } = firings;
  return {
    kind: 'afterEndOfWindow',
    ...(early !== undefined && { earlyFirings: early }),
    ...(late !== undefined && { lateFirings: late }),
  };
}

export interface ProcessingTimeOptions {
  /** Then wait for the next of the instants that are multiples of this span, so that keys fire together. */
  readonly alignTo?: DurationMs;
  /** Moves those instants on by so much. */
  readonly offsetMs?: DurationMs;
}

/** Fires once, when so much time has passed on the clock since the first element of the pane came. */
export function afterProcessingTime(delay: DurationMs, options: ProcessingTimeOptions = {}): TriggerSpec {
  const { alignTo, offsetMs = 0 } = options;
  checkSpan('delay', delay, 0);
  if (alignTo !== undefined) checkSpan('alignment', alignTo, 1);
  checkSpan('offset of the alignment', offsetMs, 0);
  return {
    kind: 'afterProcessingTime',
    timestampTransforms: [
      ...(delay > 0 ? [{ kind: 'delay' as const, delayMs: delay }] : []),
      ...(alignTo === undefined ? [] : [{ kind: 'alignTo' as const, periodMs: alignTo, offsetMs }]),
    ],
  };
}

/** Fires once, when what came at the instant of the pane's first element is there: what follows a grouping by processing time. */
export function afterSynchronizedProcessingTime(): TriggerSpec {
  return { kind: 'afterSynchronizedProcessingTime' };
}

/** Fires once, when a pane has so many elements. */
export function afterCount(count: number): TriggerSpec {
  if (!Number.isSafeInteger(count) || count < 1)
    throw planError(PLAN_ERROR.windowing, `a trigger is to fire after ${count} elements, not a whole number from 1 on`);
  return { kind: 'elementCount', count };
}

/** Begins its trigger anew whenever that has finished. */
export function repeatedly(trigger: TriggerSpec): TriggerSpec {
  return { kind: 'repeat', subtrigger: trigger };
}

/** Fires as the first trigger does until that has finished, then as the next one, and so on. */
export function afterEach(...triggers: readonly [TriggerSpec, ...TriggerSpec[]]): TriggerSpec {
  return { kind: 'afterEach', subtriggers: some('afterEach', triggers) };
}

/** Fires once, when all of the triggers are ready. */
export function afterAll(...triggers: readonly [TriggerSpec, ...TriggerSpec[]]): TriggerSpec {
  return { kind: 'afterAll', subtriggers: some('afterAll', triggers) };
}

/** Fires once, when one of the triggers is ready (Beam's AfterFirst). */
export function afterAny(...triggers: readonly [TriggerSpec, ...TriggerSpec[]]): TriggerSpec {
  return { kind: 'afterAny', subtriggers: some('afterAny', triggers) };
}

/** Fires as `main` does, and a last time when `until` is ready. `until` counts from the beginning, over all panes. */
export function orFinally(main: TriggerSpec, until: TriggerSpec): TriggerSpec {
  return { kind: 'orFinally', main, finally: until };
}

/** Fires at every element. */
export function always(): TriggerSpec {
  return { kind: 'always' };
}

/** Leaves it at the pane of a window that is closed, when the allowed lateness is over. */
export function never(): TriggerSpec {
  return { kind: 'never' };
}

function some(what: string, triggers: readonly TriggerSpec[]): readonly TriggerSpec[] {
  if (triggers.length > 0) return triggers;
  throw planError(PLAN_ERROR.windowing, `${what} is made of no triggers`, { hint: `${what}(afterCount(100), …)` });
}

function checkSpan(what: string, span: DurationMs, least: number): void {
  if (!Number.isSafeInteger(span) || span < least)
    throw planError(
      PLAN_ERROR.windowing,
      `the ${what} of a trigger is ${span}, not a whole number of milliseconds from ${least} on`,
      { hint: 'seconds(10), minutes(1) and their like give milliseconds' },
    );
}
