import type { MessagePort } from 'node:worker_threads';
import type { BundleRef, ErrorEnvelope, LogRecord, MetricResult, Plan, Progress } from '../../sdk/model/index.js';
import type { Marker } from '../dataflow/index.js';
import type { ThreadLayout } from './crossings.js';
import type { Link } from './thread-links.js';

/** What a thread gets from the thread that made it; all else goes over the port of its pipeline. */
export type ThreadMessage =
  | { readonly kind: 'begin'; readonly data: ThreadData; readonly port: MessagePort }
  /** Ends the thread, whatever the program has left open. */
  | { readonly kind: 'exit' };

/** What a thread begins its part of a pipeline with: plain data and shared memory. */
export interface ThreadData {
  readonly thread: number;
  readonly layout: ThreadLayout;
  readonly plan: Plan;
  /** Absent when the plan holds no function of the author's. */
  readonly bundle?: BundleRef;
  /** The links that begin or end at this thread. */
  readonly links: readonly Link[];
  readonly mailboxes: SharedArrayBuffer;
  readonly spinMicroseconds: number;
  readonly form?: 'compiled' | 'interpreted';
  readonly batchCapacity?: number;
}

/** What the main thread calls in a thread. */
export interface ThreadMethods {
  /** Loads the program and sets its tasks up. */
  setup(nothing: null): Promise<void>;
  /** Works until the tasks have ended, failed or were aborted; then tears down, and hands on what was written to the console. */
  run(nothing: null): Promise<ThreadResult>;
  inject(marker: Marker): void;
  drain(nothing: null): void;
  /** A stop was asked for; its barrier follows. */
  stopping(nothing: null): void;
  finalise(epoch: number): Promise<void>;
  /** Epochs up to this one are finalised in all threads. */
  commit(epoch: number): void;
  /** The metrics of this thread as they stand. */
  metrics(nothing: null): Promise<readonly MetricResult[]>;
  /** Ends the work at once; {@link run} answers after the teardown. */
  abort(reason: ErrorEnvelope): void;
}

/** What a thread calls in the main thread. */
export interface MainMethods {
  /** All tasks of the thread have passed the barrier of an epoch. */
  acknowledge(barrier: { readonly epoch: number; readonly oldestHeld: number | undefined }): void;
  /** Time has reached its end in all tasks of the thread. */
  finished(nothing: null): void;
  failed(error: ErrorEnvelope): void;
  progress(progress: Progress): void;
  log(record: LogRecord): void;
}

export interface ThreadResult {
  readonly metrics: readonly MetricResult[];
  readonly progress: Progress;
  /** What went wrong while the thread was ended, when nothing had before. */
  readonly error?: ErrorEnvelope;
  /** Whether the program has left nothing open in the thread: no timer, no socket, no file that is watched. */
  readonly isClean: boolean;
}
