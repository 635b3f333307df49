import { valueCoder } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import type { AsyncFn } from '../model/do-fn.js';
import type { SideInput } from '../model/side-input.js';
import type { PollResult, SourceContext, SourceOutput, SourceReader, SplittableDoFn } from '../model/splittable.js';
import type { DurationMs, Timestamp } from '../model/time.js';
import type { RetryOptions } from '../pipeline/async-options.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { asSingleton } from '../pipeline/side-inputs.js';
import { globalWindow } from '../pipeline/window-fns.js';
import { NO_END, type OffsetRange, OffsetRangeTracker } from './offset-range.js';

export interface RefreshingOptions<T> {
  /** After so many loads the value stays as it is, and the pipeline may end; it is loaded for ever, when absent. */
  readonly times?: number;
  /** After how long an attempt to load is given up; never, when absent. */
  readonly timeoutMs?: DurationMs;
  /** How often a load that failed is tried again; without it, one that fails ends the pipeline. */
  readonly retry?: RetryOptions;
  /** How the value is encoded where it leaves a thread; losslessly, when absent. */
  readonly coder?: Coder<T>;
}

/**
 * A value that is loaded at the start, and again every `interval` by the clock: a slowly changing side input of anything
 * that stands in any windows.
 *
 * `const rates = p.apply('Rates', refreshingSideInput(minutes(5), () => fetchRates()))`
 *
 * Elements wait for the first load, and never for a later one: they see the value whose load was finished last. One load
 * runs at a time; where it takes longer than the interval, loads are left out. The loads go on for as long as the
 * pipeline runs, so that a pipeline with bounded input does not end by itself: give `times`, or drain it.
 */
export function refreshingSideInput<T>(
  interval: DurationMs,
  load: AsyncFn<number, T>,
  options: RefreshingOptions<T> = {},
): PTransform<Pipeline, SideInput<T>> {
  const { times = NO_END, timeoutMs, retry, coder } = options;
  if (!Number.isSafeInteger(interval) || interval <= 0)
    throw planError(PLAN_ERROR.argument, `the interval is ${interval}, not a positive whole number of milliseconds`);
  if (!Number.isSafeInteger(times) || times < 1)
    throw planError(PLAN_ERROR.argument, `times is ${times}, not a whole number from 1 on`);
  return {
    name: 'RefreshingSideInput',
    expand: (pipeline) => {
      const loaded = pipeline
        .read('Ticks', () => new Ticks(), { interval, times })
        .windowInto('Global', globalWindow(), {
          trigger: { kind: 'repeat', subtrigger: { kind: 'elementCount', count: 1 } },
          accumulation: 'discarding',
        })
        .mapAsync('Load', load, {
          concurrency: 1,
          ...(timeoutMs !== undefined && { timeoutMs }),
          ...(retry !== undefined && { retry }),
        });
      return asSingleton(coder === undefined ? loaded : loaded.withCoder(coder));
    },
  };
}

interface TickSpec {
  readonly interval: DurationMs;
  readonly times: number;
}

/** Emits 0, 1, 2 …, one each interval, the first at once; what was missed is left out. */
class Ticks implements SplittableDoFn<TickSpec, number, OffsetRange, number> {
  readonly isBounded = false;
  readonly restrictionCoder = valueCoder<OffsetRange>();

  initialRestriction({ times }: TickSpec): OffsetRange {
    return { from: 0, to: times };
  }

  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }

  open({ interval }: TickSpec, tracker: OffsetRangeTracker, context: SourceContext): SourceReader<number> {
    let next = tracker.currentRestriction().from;
    let due = context.now();
    let watermark: Timestamp = context.initialWatermark;
    return {
      poll(out: SourceOutput<number>): PollResult {
        const now = context.now();
        const isOver = next >= tracker.currentRestriction().to;
        if (!isOver && now < due) return { kind: 'resumeAfter', delayMs: due - now };
        if (!tracker.tryClaim(next)) return 'done';
        watermark = Math.max(watermark, now);
        out.emit(next++, watermark);
        due = Math.max(due + interval, now + 1);
        return 'more';
      },
      watermark: () => watermark,
      close() {},
    };
  }
}
