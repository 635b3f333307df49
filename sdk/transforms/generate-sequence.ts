import { valueCoder, varintCoder } from '../coders/index.js';
import type { PollResult, SourceContext, SourceOutput, SourceReader, SplittableDoFn } from '../model/splittable.js';
import { MIN_TIMESTAMP, type Timestamp } from '../model/time.js';
import type { PCollection } from '../pipeline/pcollection.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { NO_END, type OffsetRange, OffsetRangeTracker } from './offset-range.js';

export interface SequenceOptions {
  /** The first number; 0 when absent. */
  readonly from?: number;
  /** The number before which the sequence ends; it never ends when absent. */
  readonly to?: number;
  /** At most so many numbers a second from each task; as fast as they are taken, when absent. */
  readonly ratePerSecond?: number;
  /**
   * The timestamp of a number; may not descend. When absent, numbers of a bounded sequence without a rate stand at the
   * beginning of time, others have the time at which they are made.
   */
  readonly timestampFn?: (n: number) => Timestamp;
}

/** The whole numbers from `from` on. */
export function generateSequence(options: SequenceOptions = {}): PTransform<Pipeline, PCollection<number>> {
  return {
    name: 'GenerateSequence',
    expand: (pipeline) => {
      const { from = 0, to = NO_END } = options;
      return pipeline.read('Numbers', () => new SequenceFn(options), { from, to }, { coder: varintCoder() });
    },
  };
}

/** Reads the numbers of an offset range; splits into ranges. */
export class SequenceFn implements SplittableDoFn<OffsetRange, number, OffsetRange, number> {
  readonly isBounded: boolean;
  readonly restrictionCoder = valueCoder<OffsetRange>();
  readonly #options: SequenceOptions;

  constructor(options: SequenceOptions) {
    const { from = 0, to = NO_END, ratePerSecond } = options;
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to)
      throw planError(PLAN_ERROR.argument, `there are no whole numbers from ${from} to ${to}`);
    if (ratePerSecond !== undefined && !(ratePerSecond > 0))
      throw planError(PLAN_ERROR.argument, `ratePerSecond is ${ratePerSecond}, not a positive number`);
    this.#options = options;
    this.isBounded = options.to !== undefined;
  }

  initialRestriction(range: OffsetRange): OffsetRange {
    return range;
  }

  split(_: OffsetRange, { from, to }: OffsetRange, parts: number): OffsetRange[] {
    // An endless sequence is one piece, and so is one with a rate, which holds for all of it.
    if (to === NO_END || this.#options.ratePerSecond !== undefined) return [{ from, to }];
    const size = Math.max(1, Math.ceil((to - from) / parts));
    const pieces: OffsetRange[] = [];
    for (let at = from; at < to; at += size) pieces.push({ from: at, to: Math.min(at + size, to) });
    return pieces.length === 0 ? [{ from, to }] : pieces;
  }

  size(_: OffsetRange, { from, to }: OffsetRange): number {
    return to - from;
  }

  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }

  open(_: OffsetRange, tracker: OffsetRangeTracker, context: SourceContext): SourceReader<number> {
    return new SequenceReader(this.#options, this.isBounded, tracker, context);
  }
}

class SequenceReader implements SourceReader<number> {
  readonly #tracker: OffsetRangeTracker;
  readonly #timestampOf: (n: number) => Timestamp;
  readonly #ratePerMs: number | undefined;
  readonly #usesClock: boolean;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #first: number;
  #next: number;
  #watermark: Timestamp;

  constructor(options: SequenceOptions, isBounded: boolean, tracker: OffsetRangeTracker, context: SourceContext) {
    const { ratePerSecond, timestampFn } = options;
    this.#tracker = tracker;
    this.#first = tracker.currentRestriction().from;
    this.#next = this.#first;
    this.#ratePerMs = ratePerSecond === undefined ? undefined : ratePerSecond / 1_000;
    this.#usesClock = timestampFn === undefined && !(isBounded && ratePerSecond === undefined);
    this.#timestampOf = timestampFn ?? (() => MIN_TIMESTAMP);
    this.#now = () => context.now();
    this.#startedAt = context.now();
    this.#watermark = context.initialWatermark;
  }

  poll(out: SourceOutput<number>, budget: number): PollResult {
    const due = this.#due(budget);
    if (due < 1) return { kind: 'resumeAfter', delayMs: Math.max(1, Math.ceil(1 / this.#ratePerMs!)) };
    const last = this.#tracker.tryClaimUpTo(this.#next + due - 1);
    if (last === undefined) return 'done';
    if (this.#usesClock) this.#emitNow(out, last);
    else {
      const timestampOf = this.#timestampOf;
      for (let n = this.#next; n <= last; n++) out.emit(n, timestampOf(n));
    }
    this.#next = last + 1;
    return 'more';
  }

  watermark(): Timestamp {
    if (this.#usesClock) this.#watermark = Math.max(this.#watermark, this.#now());
    else if (this.#next < this.#tracker.currentRestriction().to)
      this.#watermark = Math.max(this.#watermark, this.#timestampOf(this.#next));
    return this.#watermark;
  }

  close(): void {
    // Nothing is held open.
  }

  /** How many numbers may be emitted now. */
  #due(budget: number): number {
    if (this.#ratePerMs === undefined) return budget;
    const allowed = Math.floor((this.#now() - this.#startedAt) * this.#ratePerMs) + 1;
    return Math.min(budget, allowed - (this.#next - this.#first));
  }

  #emitNow(out: SourceOutput<number>, last: number): void {
    // Never before a watermark that was answered already.
    const now = Math.max(this.#now(), this.#watermark);
    for (let n = this.#next; n <= last; n++) out.emit(n, now);
  }
}
