import type { NoDeclarations, SideInputViews, StateCells, TimerIds, Timers } from './declarations.js';
import type { Metrics } from './metrics.js';
import type { Timestamp } from './time.js';
import type { BoundedWindow, PaneInfo } from './window.js';

/** The tag under which an additional output of a DoFn is written and read. */
export interface OutputTag<T> {
  readonly name: string;
  /** Never set: carries the type. */
  readonly __type?: T;
}

export interface DoFnContext {
  /** Full name of the step. */
  readonly step: string;
  readonly metrics: Metrics;
  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  /** Aborted when the pipeline is cancelled or has failed: hand it to what waits. */
  readonly signal: AbortSignal;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where a call writes that belongs to one instant and window, and what it finds there. */
export interface WindowContext<O, out D = NoDeclarations> extends DoFnContext {
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  /** Emits to the main output with the context's own timestamp and window. */
  output(value: O): void;
  /** Emits with another timestamp, not before the context's own less the allowed skew. */
  outputWithTimestamp(value: O, timestamp: Timestamp): void;
  outputTagged<T>(tag: OutputTag<T>, value: T): void;
  /** The cells of the key and window. Touch them during the call only. */
  readonly state: StateCells<D>;
  /** The timers of the key and window. */
  readonly timers: Timers<D>;
  readonly sideInputs: SideInputViews<D>;
}

/** What `process` sees of its element, and where it writes. One object for all elements: read it during the call only. */
export interface ProcessContext<O, out D = NoDeclarations> extends WindowContext<O, D>, BundleFinalizer {
  readonly pane: PaneInfo;
}

/** For steps that declare `requestsFinalization`. */
export interface BundleFinalizer {
  /**
   * Calls back once when all that the bundle has emitted is safe: acknowledged downstream, so that it will not be made
   * again. Never twice; and not at all when the pipeline fails before. What the callback throws is logged.
   */
  afterCommit(callback: CommitCallback): void;
}

export type CommitCallback = () => void | Promise<void>;

/** What a timer sees when it fires. Its `timestamp` is the output timestamp that it was set with. */
export interface TimerContext<O, out D = NoDeclarations> extends WindowContext<O, D> {
  readonly key: unknown;
  /** Which timer of the family. */
  readonly tag: string;
  /** The instant that it was set to, in its own time domain. */
  readonly firingTime: Timestamp;
}

/** What is seen when a window expires, the last time that the state of a key is there. */
export interface ExpirationContext<O, out D = NoDeclarations> extends WindowContext<O, D> {
  readonly key: unknown;
}

export interface FinishBundleContext<O> extends DoFnContext, BundleFinalizer {
  output(value: O, timestamp: Timestamp, window: BoundedWindow): void;
  outputTagged<T>(tag: OutputTag<T>, value: T, timestamp: Timestamp, window: BoundedWindow): void;
}

/** Nothing, and no promise either. */
// biome-ignore lint/suspicious/noConfusingVoidType: a promise may stand where `void` alone is asked for.
export type NoPromise = void | undefined;

/**
 * A transform of single elements with a life: setup once, then bundles of elements, teardown at the end. An instance
 * belongs to one task and is thrown away after a failure. The life-cycle methods may return a promise, which is awaited;
 * `process` may not (use an asynchronous step: `mapAsync`).
 */
export interface DoFn<I, O, D = NoDeclarations> {
  setup?(context: DoFnContext): void | Promise<void>;
  startBundle?(context: DoFnContext): void | Promise<void>;
  // A property, whose parameters are compared strictly: what is declared must be what the DoFn works with.
  readonly process: (element: I, context: ProcessContext<O, D>) => NoPromise;
  /** By the id of the timer: called when it fires. */
  readonly onTimer?: { readonly [Id in TimerIds<D>]: (context: TimerContext<O, D>) => NoPromise };
  /** Called once for each key and window that has state or had a timer, before its state is given up. */
  readonly onWindowExpiration?: (context: ExpirationContext<O, D>) => NoPromise;
  /** Everything that the bundle wrote to the outside must be acknowledged when this returns or resolves. */
  finishBundle?(context: FinishBundleContext<O>): void | Promise<void>;
  teardown?(): void | Promise<void>;
}

/**
 * A function that merges values of a key, an associative and commutative fold (Beam's CombineFn). `addInput` and
 * `mergeAccumulators` may change and return their first argument; `extractOutput` must not alias the accumulator.
 */
export interface CombineFn<I, A, O> {
  createAccumulator(): A;
  addInput(accumulator: A, input: I): A;
  mergeAccumulators(accumulator: A, other: A): A;
  extractOutput(accumulator: A): O;
}

/**
 * A window function of the author's: says in which windows an element stands. Windows are told apart by their bounds and
 * their id. An instance belongs to one task.
 */
export interface WindowFn<T> {
  /** The windows of an element that stands in `window` so far; of none it is dropped. */
  assign(element: T, timestamp: Timestamp, window: BoundedWindow): BoundedWindow | readonly BoundedWindow[];
  /**
   * Given the windows of a key that has several, in order of start, answers which of them become one. Windows that stay as they are need
   * not be named; a result covers all that it is made from.
   */
  merge?(windows: readonly BoundedWindow[]): readonly MergedWindows[];
  /** Of a side input in these windows: the one that is seen from a window of the main input. */
  sideInputWindow?(mainWindow: BoundedWindow): BoundedWindow;
  /**
   * How far the last instant of a window of the main input may lie behind that of the one that it sees; 0 where absent. Windows
   * of the side input are kept for so long after their end: `Number.POSITIVE_INFINITY` keeps all of them.
   */
  readonly sideInputLookbackMs?: number;
  /**
   * Whether its windows are more than intervals: have an id, or a last instant that is not the one before their end.
   * Engines need to know it beforehand.
   */
  readonly ownWindows?: boolean;
  /** Whether no element stands in more than one of them. */
  readonly assignsToOneWindow?: boolean;
}

/** Windows of a key that become another. */
export interface MergedWindows {
  readonly from: readonly BoundedWindow[];
  readonly to: BoundedWindow;
}

/** What an {@link AsyncFn} is given beside its element. */
export interface AsyncContext {
  /** Aborted at the time-out of the attempt, and when the pipeline ends before the call has. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
}
/** Answers a promise, or anything that has a `then` like one. */
export type AsyncFn<I, O> = (element: I, context: AsyncContext) => PromiseLike<O>;
