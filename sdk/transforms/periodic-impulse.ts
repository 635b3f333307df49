import { valueCoder, varintCoder } from '../coders/index.js';
import type { PollResult, SourceContext, SourceOutput, SourceReader, SplittableDoFn } from '../model/splittable.js';
import type { DurationMs, Timestamp } from '../model/time.js';
import type { PCollection } from '../pipeline/pcollection.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { NO_END, type OffsetRange, OffsetRangeTracker } from './offset-range.js';

/** The instants from `start` on, `interval` apart, before `stop`. */
export interface Period {
  /**
   * The first instant; those that lie in the past come at once. When absent, the instants are the multiples of the
   * interval, from the moment on at which the pipeline starts.
   */
  readonly start?: Timestamp;
  /** The instants never end, when absent. */
  readonly stop?: Timestamp;
  readonly interval: DurationMs;
}

/**
 * An instant each `interval`, when the clock has come to it: the element is the instant, and has it as its timestamp. The
 * watermark stands at the next one.
 */
export function periodicImpulse(period: Period): PTransform<Pipeline, PCollection<Timestamp>> {
  checkPeriod(period);
  const isBounded = period.stop !== undefined;
  return {
    name: 'PeriodicImpulse',
    expand: (pipeline) => pipeline.read('Instants', () => new PeriodFn(isBounded), period, { coder: varintCoder() }),
  };
}

/** The instants of each period, of which all must have a `stop`, unless `isBounded` says that some have none. */
export function periodicSequence(
  options: { readonly isBounded?: boolean } = {},
): PTransform<PCollection<Period>, PCollection<Timestamp>> {
  const { isBounded = true } = options;
  return {
    name: 'PeriodicSequence',
    expand: (periods) => periods.read('Instants', () => new PeriodFn(isBounded), { coder: varintCoder() }),
  };
}

function checkPeriod({ start = 0, stop, interval }: Period): void {
  if (!Number.isSafeInteger(interval) || interval < 1)
    throw planError(PLAN_ERROR.argument, `interval is ${interval}, not a whole number of milliseconds from 1 on`);
  for (const instant of [start, stop ?? start])
    if (!Number.isSafeInteger(instant))
      throw planError(PLAN_ERROR.argument, `${instant} is no instant in whole milliseconds`);
  if (stop !== undefined && stop < start)
    throw planError(PLAN_ERROR.argument, `the period stops at ${stop}, before its start at ${start}`);
}

/** Reads instants by their number from the start on. */
class PeriodFn implements SplittableDoFn<Period, Timestamp, OffsetRange, number> {
  readonly restrictionCoder = valueCoder<OffsetRange>();

  constructor(readonly isBounded: boolean) {}

  initialRestriction(period: Period): OffsetRange {
    checkPeriod(period);
    const { start = 0, stop, interval } = period;
    if (stop === undefined && this.isBounded)
      throw planError(PLAN_ERROR.argument, 'the period has no stop', {
        hint: 'periodicSequence({ isBounded: false })',
      });
    return { from: 0, to: stop === undefined ? NO_END : Math.ceil((stop - start) / interval) };
  }

  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }

  open(period: Period, tracker: OffsetRangeTracker, context: SourceContext): SourceReader<Timestamp> {
    return new PeriodReader(period, tracker, context);
  }
}

class PeriodReader implements SourceReader<Timestamp> {
  readonly #start: Timestamp;
  #next: number;

  constructor(
    private readonly period: Period,
    private readonly tracker: OffsetRangeTracker,
    private readonly context: SourceContext,
  ) {
    this.#start = period.start ?? 0;
    this.#next = tracker.currentRestriction().from;
    // What goes on after a rest begins where it was; only the very first reader looks for its place.
    if (period.start === undefined && this.#next === 0) this.#next = Math.ceil(context.now() / period.interval);
  }

  poll(out: SourceOutput<Timestamp>, budget: number): PollResult {
    const { interval } = this.period;
    const now = this.context.now();
    const { to } = this.tracker.currentRestriction();
    const due = Math.min(Math.floor((now - this.#start) / interval), this.#next + budget - 1);
    if (this.#next >= to) {
      // Refused, which is how the tracker learns that this was all.
      this.tracker.tryClaimUpTo(this.#next);
      return 'done';
    }
    if (due < this.#next) return { kind: 'resumeAfter', delayMs: Math.max(1, this.#instant(this.#next) - now) };
    const last = this.tracker.tryClaimUpTo(due);
    if (last === undefined) return 'done';
    for (; this.#next <= last; this.#next++) out.emit(this.#instant(this.#next), this.#instant(this.#next));
    return 'more';
  }

  watermark(): Timestamp {
    return Math.max(this.context.initialWatermark, this.#instant(this.#next));
  }

  close(): void {
    // Nothing is held open.
  }

  #instant(number: number): Timestamp {
    return this.#start + number * this.period.interval;
  }
}
