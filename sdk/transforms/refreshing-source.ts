import { valueCoder } from '../coders/index.js';
import type { AsyncFn } from '../model/do-fn.js';
import type { PollResult, SourceContext, SourceOutput, SourceReader, SplittableDoFn } from '../model/splittable.js';
import type { DurationMs, Timestamp } from '../model/time.js';
import { type OffsetRange, OffsetRangeTracker } from './offset-range.js';

export interface RefreshingSpec {
  readonly interval: DurationMs;
  readonly times: number;
  readonly attempts: number;
  readonly retryDelay: DurationMs;
  /** Whether a load that failed leaves the value as it was. */
  readonly keep: boolean;
}

/** What became of a load. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Loads a value every so often, one load after the other; its restriction is the numbers of the loads. */
export class RefreshingSource<T> implements SplittableDoFn<RefreshingSpec, T, OffsetRange, number> {
  readonly isBounded = false;
  readonly restrictionCoder = valueCoder<OffsetRange>();

  constructor(private readonly load: AsyncFn<number, T>) {}

  initialRestriction({ times }: RefreshingSpec): OffsetRange {
    return { from: 0, to: times };
  }

  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }

  open(spec: RefreshingSpec, tracker: OffsetRangeTracker, context: SourceContext): SourceReader<T> {
    return new RefreshingReader(spec, tracker, context, this.load);
  }
}

class RefreshingReader<T> implements SourceReader<T> {
  readonly #spec: RefreshingSpec;
  readonly #tracker: OffsetRangeTracker;
  readonly #context: SourceContext;
  readonly #load: AsyncFn<number, T>;
  #number: number;
  #attempt = 0;
  /** When the next call is due. */
  #due: number;
  #loading: Promise<void> | undefined;
  #outcome: Outcome<T> | undefined;
  #watermark: Timestamp;

  constructor(spec: RefreshingSpec, tracker: OffsetRangeTracker, context: SourceContext, load: AsyncFn<number, T>) {
    this.#spec = spec;
    this.#tracker = tracker;
    this.#context = context;
    this.#load = load;
    this.#number = tracker.currentRestriction().from;
    this.#due = context.now();
    this.#watermark = context.initialWatermark;
  }

  poll(out: SourceOutput<T>): PollResult {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    if (outcome !== undefined) {
      this.#loading = undefined;
      this.#take(outcome, out);
    }
    if (this.#loading !== undefined) return { kind: 'wakeWhen', promise: this.#loading };
    const isFirstAttempt = this.#attempt === 0;
    const isOver = this.#number >= this.#tracker.currentRestriction().to;
    const now = this.#context.now();
    if (!isOver && now < this.#due) return { kind: 'resumeAfter', delayMs: this.#due - now };
    if (isFirstAttempt && !this.#tracker.tryClaim(this.#number)) return 'done';
    this.#begin(now);
    return 'more';
  }

  #begin(now: number): void {
    if (this.#attempt === 0) this.#due = now + this.#spec.interval;
    this.#attempt++;
    const { signal } = this.#context;
    const settled = (outcome: Outcome<T>): void => {
      this.#outcome = outcome;
    };
    try {
      const loading = this.#load(this.#number, { signal, attempt: this.#attempt });
      this.#loading = Promise.resolve(loading).then(
        (value) => settled({ value }),
        (error: unknown) => settled({ error }),
      );
    } catch (error) {
      settled({ error });
    }
  }

  #take(outcome: Outcome<T>, out: SourceOutput<T>): void {
    const { attempts, retryDelay, keep } = this.#spec;
    const now = this.#context.now();
    if ('value' in outcome) {
      this.#watermark = Math.max(this.#watermark, now);
      out.emit(outcome.value, this.#watermark);
    } else if (this.#attempt < attempts) {
      this.#due = now + retryDelay;
      return;
    } else {
      if (!keep || this.#number === 0) throw outcome.error;
      this.#context.log('warn', `load ${this.#number} failed, the value stays as it was: ${String(outcome.error)}`);
      this.#due = Math.max(this.#due, now);
    }
    this.#number++;
    this.#attempt = 0;
  }

  watermark(): Timestamp {
    return this.#watermark;
  }

  isWorking(): boolean {
    return this.#loading !== undefined && this.#outcome === undefined;
  }

  close(): void {
    // A load that is under way is told by its signal; nobody takes what it answers.
  }
}
