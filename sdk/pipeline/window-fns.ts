import type { WindowFn } from '../model/do-fn.js';
import type { JsonObject } from '../model/json.js';
import type { FunctionSpec } from '../model/plan.js';
import type { DurationMs } from '../model/time.js';
import { BEAM_CODER, BEAM_WINDOW_FN } from '../model/urns.js';
import type { FixedWindowsPayload, SessionWindowsPayload, SlidingWindowsPayload } from '../model/windowing.js';
import { PLAN_ERROR, planError } from './plan-error.js';

/** A way to put elements into windows: made by {@link fixedWindows} and its like, used by `windowInto`. */
export interface WindowFnDescriptor<T = unknown> {
  /** Of a function of the author's without its reference, which belongs to a step. */
  readonly spec: FunctionSpec;
  /** Makes the author's own function. */
  readonly factory?: () => WindowFn<T>;
  /** Whether windows of a key that overlap become one (sessions). */
  readonly isMerging: boolean;
  readonly assignsToOneWindow: boolean;
  readonly windowCoderUrn: string;
  /** Set where a function of the author's does not say which of its windows is seen from one of a main input. */
  readonly hidesSideInputs?: true;
}

/** The one window that holds all of time. */
export function globalWindow(): WindowFnDescriptor {
  return {
    spec: { urn: BEAM_WINDOW_FN.global },
    isMerging: false,
    assignsToOneWindow: true,
    windowCoderUrn: BEAM_CODER.globalWindow,
  };
}

/** Windows of `size` that follow each other: [n·size + offset, (n+1)·size + offset). */
export function fixedWindows(size: DurationMs, options: { readonly offsetMs?: DurationMs } = {}): WindowFnDescriptor {
  const { offsetMs = 0 } = options;
  checkSpan('size of fixed windows', size);
  checkOffset(offsetMs, size);
  return intervals(BEAM_WINDOW_FN.fixed, { sizeMs: size, offsetMs } satisfies FixedWindowsPayload, true);
}

/** Windows of `size`, one beginning every `period`: each element is in about size/period of them. */
export function slidingWindows(
  size: DurationMs,
  period: DurationMs,
  options: { readonly offsetMs?: DurationMs } = {},
): WindowFnDescriptor {
  const { offsetMs = 0 } = options;
  checkSpan('size of sliding windows', size);
  checkSpan('period of sliding windows', period);
  checkOffset(offsetMs, period);
  const payload = { sizeMs: size, periodMs: period, offsetMs } satisfies SlidingWindowsPayload;
  // With a period longer than the size, some elements are in no window.
  return intervals(BEAM_WINDOW_FN.sliding, payload, size === period);
}

/** Elements of a key with less than `gap` between them share a window. */
export function sessionWindows(gap: DurationMs): WindowFnDescriptor {
  checkSpan('gap of session windows', gap);
  return {
    ...intervals(BEAM_WINDOW_FN.session, { gapMs: gap } satisfies SessionWindowsPayload, true),
    isMerging: true,
  };
}

export function intervals(urn: string, payload: JsonObject, assignsToOneWindow: boolean): WindowFnDescriptor {
  return { spec: { urn, payload }, isMerging: false, assignsToOneWindow, windowCoderUrn: BEAM_CODER.intervalWindow };
}

function checkSpan(what: string, span: DurationMs): void {
  if (!Number.isSafeInteger(span) || span <= 0)
    throw planError(PLAN_ERROR.windowing, `the ${what} is ${span}, not a positive whole number of milliseconds`, {
      hint: 'seconds(10), minutes(1) and their like give milliseconds',
    });
}

function checkOffset(offset: DurationMs, period: DurationMs): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= period)
    throw planError(PLAN_ERROR.windowing, `the offset of windows is ${offset}, not a whole number in [0, ${period})`);
}
