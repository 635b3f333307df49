import type { Coder } from './coder.js';
import type { DoFnContext } from './do-fn.js';
import type { Timestamp } from './time.js';
import type { BoundedWindow } from './window.js';

/**
 * A source of any kind: a DoFn whose work on one element is described by a restriction that can be split. What Beam
 * calls a splittable DoFn; the work itself is a {@link SourceReader} that is polled, so that a time slice costs nothing
 * and a file or a consumer stays open between slices.
 *
 * I: what is read (a file name, a subscription). R: the restriction. P: a position inside it. O: what comes out.
 */
export interface SplittableDoFn<I, O, R, P> {
  readonly isBounded: boolean;
  readonly restrictionCoder: Coder<R>;
  /** Set where readers have a `checkpoint`: a runner that cannot say when output is acknowledged must refuse the plan. */
  readonly requestsFinalization?: boolean;
  /** Set where a reader cannot be closed after every slice of work and opened again: such runners must refuse the plan. */
  readonly readersStayOpen?: boolean;
  setup?(context: DoFnContext): void | Promise<void>;
  teardown?(): void | Promise<void>;
  initialRestriction(element: I): R | Promise<R>;
  /** Cuts a restriction for parallel work; about `parts` pieces are wanted. One piece when absent. */
  split?(element: I, restriction: R, parts: number): readonly R[] | Promise<readonly R[]>;
  /** Work in the restriction, in any unit of the source's own (bytes, records); 1 when absent. */
  size?(element: I, restriction: R): number;
  newTracker(restriction: R): RestrictionTracker<R, P>;
  /** Starts or continues work on a restriction. `watermark` is what an earlier reader of the same work had reached. */
  open(
    element: I,
    tracker: RestrictionTracker<R, P>,
    context: SourceContext,
  ): SourceReader<O> | Promise<SourceReader<O>>;
  /** What is left of the work when the pipeline is drained; by default bounded work is finished and unbounded work is dropped. */
  truncate?(element: I, restriction: R): R | undefined;
}

export interface SourceContext extends DoFnContext {
  /** The watermark from which a resumed restriction goes on; MIN_TIMESTAMP for fresh work. */
  readonly initialWatermark: Timestamp;
  /** Those of the element that is worked on. */
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  /** Processing time in milliseconds since the epoch; tests hand in a clock of their own. */
  now(): number;
  /** Where in the pipeline's options the run is named: a stable identity for consumer groups and temporary names. */
  readonly job: string;
}

/** Guards the positions of a restriction: nothing is emitted for a position that was not claimed. */
export interface RestrictionTracker<R, P> {
  /** Claims a position; false when it lies beyond what is still ours. */
  tryClaim(position: P): boolean;
  /**
   * Claims every position up to and including `position`, in one call. Answers the last position that could be claimed,
   * or undefined when none could.
   */
  tryClaimUpTo?(position: P): P | undefined;
  /**
   * Cuts off what lies behind the given fraction of the remaining work (0: as soon as possible). The tracker keeps the
   * primary; the residual is answered, or undefined when nothing can be cut off.
   */
  trySplit(fractionOfRemainder: number): R | undefined;
  currentRestriction(): R;
  /**
   * What `trySplit(0)` would answer, without cutting anything off: the restriction less all that was claimed, or undefined
   * when all was. A snapshot goes on from here. Where it is absent, the work is really cut at every snapshot.
   */
  remainder?(): R | undefined;
  /** Parts of the work done and left, in the unit of `size`. */
  progress(): { readonly completed: number; readonly remaining: number };
  /** Throws when the reader said that it was done although claimed work is left. */
  checkDone(): void;
}

/** Where a reader writes. All that is written between two watermarks is at or after the earlier one, or late. */
export interface SourceOutput<O> {
  emit(value: O, timestamp: Timestamp): void;
  /** Emits to an output other than the main one. */
  emitTagged?(tag: string, value: unknown, timestamp: Timestamp): void;
}

/**
 * What a poll comes to.
 * `more`: there is more right now. `done`: the restriction is finished.
 * `resumeAfter`: nothing for `delayMs`. `wakeWhen`: nothing until the promise settles.
 */
export type PollResult =
  | 'more'
  | 'done'
  | {
      readonly kind: 'resumeAfter';
      readonly delayMs: number;
      /** The work asked for the pause: whoever cannot keep the reader open that long cuts here, bounded work too. */
      readonly checkpoint?: true;
    }
  | { readonly kind: 'wakeWhen'; readonly promise: Promise<unknown> };

export interface SourceReader<O> {
  /**
   * Emits up to about `budget` elements without waiting. What was claimed has been emitted when it answers: between two
   * polls the work may be cut, written down, or ended.
   */
  poll(out: SourceOutput<O>, budget: number): PollResult;
  /** No element before this instant will come; MAX_TIMESTAMP when idle partitions are all there are is `isIdle`. */
  watermark(): Timestamp;
  /** True when the source has no data now and must not hold time back. */
  isIdle?(): boolean;
  /**
   * The state of the outside cursor at this moment (called at a barrier). The answer runs once everything emitted so far
   * has been acknowledged downstream: Kafka commits offsets there. Never called twice, and in order.
   */
  checkpoint?(): (() => void | Promise<void>) | undefined;
  /** How far behind the end of what there is to read, in records, where that is known. */
  lag?(): number | undefined;
  /** Work of its own is under way that will end and wake it, whatever happens outside: a test in virtual time waits for it. */
  isWorking?(): boolean;
  close(): void | Promise<void>;
}
