import type { Coder } from '../model/coder.js';
import type { BundleFinalizer, DoFnContext, OutputTag } from '../model/do-fn.js';
import { MillraceError } from '../model/errors.js';
import type { RestrictionTracker } from '../model/splittable.js';
import type { DurationMs, Timestamp } from '../model/time.js';
import type { BoundedWindow } from '../model/window.js';
import type { WatermarkEstimator, WatermarkEstimators } from './watermark-estimators.js';

/**
 * A splittable DoFn as Beam has it: `process` claims one position of the restriction after the other, and emits what each
 * stands for. {@link splittable} makes a source of it.
 *
 * `process` is a generator. It yields between two pieces of work, and there the runner may hand on what has come out, let
 * others have their turn, split the restriction, write it down, or stop. So whatever was claimed must have been emitted
 * when it yields:
 *
 * ```ts
 * *process(word, tracker, context) {
 *   let at = tracker.currentRestriction().from;
 *   while (tracker.tryClaim(at)) {
 *     context.output(word[at++]);
 *     yield;
 *   }
 * }
 * ```
 *
 * A promise that is yielded is waited for, and what it comes to is the value of the `yield`. `return resumeAfter(delayMs)`
 * leaves the rest of the restriction for later; any other return says that every position was asked for, and it is an
 * error when one was not.
 *
 * I: the element. O: what comes out. R: the restriction. P: a position in it. E: the watermark estimator.
 */
export interface SplittableFn<I, O, R, P, E extends WatermarkEstimator = WatermarkEstimator> {
  /** Whether the work on each element comes to an end; `true` when absent. */
  readonly isBounded?: boolean;
  /** The lossless one when absent. */
  readonly restrictionCoder?: Coder<R>;
  /** Without one the watermark stays at the element's timestamp until the work is done. */
  readonly watermarkEstimator?: WatermarkEstimators<E>;
  /** Set where `afterCommit` is used. */
  readonly requestsFinalization?: boolean;
  setup?(context: DoFnContext): void | Promise<void>;
  teardown?(): void | Promise<void>;
  initialRestriction(element: I): R | Promise<R>;
  /** Cuts a restriction for parallel work; about `parts` pieces are wanted. One piece when absent. */
  split?(element: I, restriction: R, parts: number): readonly R[] | Promise<readonly R[]>;
  /** Work in the restriction, in any unit; what the tracker says is left of it when absent. */
  size?(element: I, restriction: R): number;
  newTracker(restriction: R): RestrictionTracker<R, P>;
  process(element: I, tracker: RestrictionClaims<R, P>, context: SplittableContext<O, E>): SplittableWork;
  /** What is left of the work when the pipeline is drained; by default bounded work is finished and unbounded work is dropped. */
  truncate?(element: I, restriction: R): R | undefined;
}

/** What `process` may do with a tracker: splitting is the runner's. */
export type RestrictionClaims<R, P> = Pick<
  RestrictionTracker<R, P>,
  'tryClaim' | 'tryClaimUpTo' | 'currentRestriction' | 'progress'
>;

/** What `process` answers: nothing is yielded between two pieces of work, a promise where something is waited for. */
export type SplittableWork = Generator<undefined | PromiseLike<unknown>, WorkEnd, unknown>;

// biome-ignore lint/suspicious/noConfusingVoidType: a generator that returns nothing returns void.
export type WorkEnd = Resume | undefined | void;

/** What `process` sees beside its element, and where it writes. */
export interface SplittableContext<O, E = WatermarkEstimator> extends DoFnContext, BundleFinalizer {
  /** Those of the element. */
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  readonly watermarkEstimator: E;
  /** Processing time in milliseconds since the epoch. */
  now(): number;
  /** Emits in the element's window, with its timestamp where no other is given. */
  output(value: O, timestamp?: Timestamp): void;
  outputTagged<T>(tag: OutputTag<T>, value: T, timestamp?: Timestamp): void;
}

/** Made by {@link resumeAfter}. */
export interface Resume {
  readonly resumeAfterMs: number;
}

/**
 * What `process` returns to leave the rest of its restriction for later: a checkpoint of its own. The rest is worked on
 * not before `delayMs` have passed, perhaps somewhere else.
 */
export function resumeAfter(delayMs: DurationMs): Resume {
  if (typeof delayMs === 'number' && delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY)
    return { resumeAfterMs: delayMs };
  throw new MillraceError('RESUME_DELAY', 'function', `the work is to be resumed after ${String(delayMs)} ms`, {
    hint: 'a delay is a number of milliseconds that is not negative: resumeAfter(seconds(1))',
  });
}
