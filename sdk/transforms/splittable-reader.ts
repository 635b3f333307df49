import type { CommitCallback, LogLevel, OutputTag } from '../model/do-fn.js';
import { MillraceError, thrownText } from '../model/errors.js';
import type { Metrics } from '../model/metrics.js';
import type { PollResult, SourceContext, SourceOutput, SourceReader } from '../model/splittable.js';
import { MAX_TIMESTAMP, type Timestamp } from '../model/time.js';
import type { BoundedWindow } from '../model/window.js';
import type { Resume, SplittableContext, SplittableFn, SplittableWork, WorkEnd } from './splittable-fn.js';
import type { SplittableTracker } from './splittable-tracker.js';
import type { WatermarkEstimator } from './watermark-estimators.js';

/** Pieces of work between two looks at the clock, and how long others may have to wait for their turn. */
const PIECES_BETWEEN_LOOKS = 16;
const TURN_MS = 10;

/** What came of a promise that `process` has yielded. */
type Settled = { readonly value: unknown } | { readonly error: unknown };

/** Drives the generator of a splittable function: a poll is so many pieces of its work. */
export class SplittableReader<I, O, R, P, E extends WatermarkEstimator>
  implements SourceReader<O>, SplittableContext<O, E>
{
  readonly step: string;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  readonly checkpoint?: () => (() => Promise<void>) | undefined;
  #work: SplittableWork | undefined;
  #waitsFor: Promise<void> | undefined;
  #settled: Settled | undefined;
  #out: SourceOutput<O> | undefined;
  #emitted = 0;
  #isDone = false;
  #callbacks: CommitCallback[] = [];

  constructor(
    private readonly fn: SplittableFn<I, O, R, P, E>,
    private readonly element: I,
    private readonly tracker: SplittableTracker<R, P>,
    private readonly context: SourceContext,
    private readonly estimator: E | undefined,
  ) {
    const { step, metrics, signal, timestamp, window } = context;
    this.step = step;
    this.metrics = metrics;
    this.signal = signal;
    this.timestamp = timestamp;
    this.window = window;
    if (fn.requestsFinalization === true) this.checkpoint = () => this.#commit();
  }

  poll(out: SourceOutput<O>, budget: number): PollResult {
    if (this.#waitsFor !== undefined) return { kind: 'wakeWhen', promise: this.#waitsFor };
    if (this.#isDone || this.#isEmptied) return 'done';
    this.#out = out;
    this.#emitted = 0;
    const startedAt = this.context.now();
    this.#work ??= this.#begin();
    for (let pieces = 1; ; pieces++) {
      const step = this.#next(this.#work);
      if (step.done === true) return this.#end(step.value ?? undefined);
      if (step.value !== undefined) return this.#wait(step.value);
      if (this.#emitted + pieces >= budget) return 'more';
      if (pieces % PIECES_BETWEEN_LOOKS === 0 && this.context.now() - startedAt >= TURN_MS) return 'more';
    }
  }

  /** Cut off whole while it rested: there is nothing to begin with. */
  get #isEmptied(): boolean {
    return this.#work === undefined && this.tracker.isEmptied;
  }

  #begin(): SplittableWork {
    this.tracker.isAtWork = true;
    const work: unknown = this.fn.process(this.element, this.tracker.authors, this);
    if (typeof work === 'object' && work !== null && 'next' in work && 'throw' in work) return work as SplittableWork;
    throw new MillraceError(
      'FUNCTION_NO_GENERATOR',
      'function',
      'process of a splittable function returned no generator',
      {
        hint: 'write it with a star, and yield after each claimed piece of work: *process(element, tracker, context)',
      },
    );
  }

  #next(work: SplittableWork): IteratorResult<undefined | PromiseLike<unknown>, WorkEnd> {
    const settled = this.#settled;
    this.#settled = undefined;
    if (settled === undefined) return work.next(undefined);
    return 'error' in settled ? work.throw(settled.error) : work.next(settled.value);
  }

  #wait(promise: PromiseLike<unknown>): PollResult {
    this.#waitsFor = Promise.resolve(promise).then(
      (value) => this.#settle({ value }),
      (error: unknown) => this.#settle({ error }),
    );
    return { kind: 'wakeWhen', promise: this.#waitsFor };
  }

  #settle(settled: Settled): void {
    this.#waitsFor = undefined;
    this.#settled = settled;
  }

  #end(resume: Resume | undefined): PollResult {
    this.#work = undefined;
    this.tracker.isAtWork = false;
    if (resume !== undefined) {
      const { authors } = this.tracker;
      const rest = authors.trySplit(0);
      if (rest !== undefined) {
        authors.checkDone();
        this.tracker.goOnWith(this.fn.newTracker(rest));
        return { kind: 'resumeAfter', delayMs: resume.resumeAfterMs, checkpoint: true };
      }
    }
    this.#isDone = true;
    return 'done';
  }

  watermark(): Timestamp {
    const watermark = this.estimator?.currentWatermark() ?? this.context.initialWatermark;
    // Time is at its end only when the work is.
    return watermark >= MAX_TIMESTAMP && !this.#isDone ? MAX_TIMESTAMP - 1 : watermark;
  }

  close(): void {
    this.#work?.return(undefined);
    this.#work = undefined;
  }

  // Fields: `process` may take them out of its context.
  readonly output = (value: O, timestamp: Timestamp = this.timestamp): void => {
    this.#emitted++;
    this.estimator?.observe?.(timestamp);
    this.#out!.emit(value, timestamp);
  };

  readonly outputTagged = <T>(tag: OutputTag<T>, value: T, timestamp: Timestamp = this.timestamp): void => {
    this.#emitted++;
    this.estimator?.observe?.(timestamp);
    const out = this.#out!;
    if (out.emitTagged === undefined)
      throw new MillraceError('OUTPUT_TAG_UNKNOWN', 'function', `the step has no output '${tag.name}'`, {
        hint: 'declare it where the step is applied: { outputs: [tag] }',
      });
    out.emitTagged(tag.name, value, timestamp);
  };

  get watermarkEstimator(): E {
    if (this.estimator === undefined)
      throw new MillraceError('ESTIMATOR_UNDECLARED', 'function', 'the function declares no watermark estimator', {
        hint: 'set watermarkEstimator, for example to manualWatermark()',
      });
    return this.estimator;
  }

  readonly now = (): number => {
    return this.context.now();
  };

  readonly log = (level: LogLevel, message: string, fields?: Record<string, unknown>): void => {
    this.context.log(level, message, fields);
  };

  readonly afterCommit = (callback: CommitCallback): void => {
    if (this.checkpoint === undefined)
      throw new MillraceError('FINALIZATION_UNDECLARED', 'function', 'afterCommit is not declared', {
        hint: 'set requestsFinalization to true on the function',
      });
    this.#callbacks.push(callback);
  };

  #commit(): (() => Promise<void>) | undefined {
    if (this.#callbacks.length === 0) return undefined;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    return async () => {
      for (const callback of callbacks) {
        try {
          await callback();
        } catch (error) {
          this.log('warn', `a callback after the commit threw: ${thrownText(error)}`);
        }
      }
    };
  }
}
