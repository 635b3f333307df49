import type { Timestamp } from '../../sdk/model/index.js';
import type { Batch, SnapshotReader, SnapshotWriter } from '../kernel/index.js';
import type { Marker } from './channel.js';

/**
 * What a task runs. An operator is resumable: `process` answers the index of the first element that it has not taken
 * (before the end only when the output is full), and `resume` goes on with what earlier calls left over.
 */
export interface Operator {
  setup?(): void | Promise<void>;
  process(batch: Batch, from: number): number;
  /** Goes on with what is left over; true when nothing is. Called before every `process` and every marker. */
  resume(): boolean;
  /** Time has come this far. What fires may be left for `resume`. */
  onWatermark?(timestamp: Timestamp): void;
  /** The watermark that may be handed on, where it is not the input's. Absent where `undefined`. */
  readonly outputWatermark?: (() => Timestamp) | undefined;
  /**
   * Things happen of themselves, as time goes on: what is due is done by {@link resume}, and {@link outputWatermark} is told
   * to those that follow whenever it has risen.
   */
  readonly hasOwnTime?: boolean;
  /** The input has nothing to say about time for now. Only for operators that have their own time. */
  onIdle?(): void;
  /** A watermark is going to be handed on, when `resume` says that nothing is left before it. */
  onOutputWatermark?(timestamp: Timestamp): void;
  /** Bundles: only for operators to whose user they can matter. */
  readonly hasBundles?: boolean;
  startBundle?(): void | Promise<void>;
  finishBundle?(): void | Promise<void>;
  /** The bundle has come to as much as one should hold, of few elements that came in. */
  readonly bundleFull?: boolean;
  /** An element is not done yet: {@link resume} goes on with it, in a bundle where there are bundles. */
  readonly hasRest?: boolean;
  /** A barrier has come: what may not be held across it is emitted, by `resume` where the output is full. */
  beforeBarrier?(): void;
  /**
   * A barrier has come; called with no bundle open and nothing left over, before it is handed on. The oldest of what came
   * since the last one was read in the epoch `oldest`; answers the same of what was emitted.
   */
  onBarrier?(epoch: number, stop: boolean, oldest: number): number;
  /** All that was emitted in epochs up to this one is acknowledged. */
  finalise?(epoch: number): Promise<void>;
  /** Writes down all that is held. Called at a barrier, where nothing is left over and no bundle is open. */
  snapshot?(to: SnapshotWriter): void;
  /** Takes over what was written down, after `setup` and before anything else. */
  restore?(from: SnapshotReader): void;
  /** The oldest epoch of which something is still held; undefined when nothing is. */
  oldestHeldEpoch?(): number | undefined;
  /**
   * Keeps a marker among what is in flight; the operator hands it on itself when its turn comes. Absent: markers are
   * handed on when `resume` says that nothing is left.
   */
  holdMarker?(marker: Marker): void;
  /** A stop was asked for; its barrier may still be far. */
  onStop?(): void;
  /** Work of the operator's own, beside what comes in. */
  readonly poll?: (() => PollOutcome) | undefined;
  /** Whether a poll can come to elements: no bundle is opened where it cannot. */
  readonly mayEmit?: boolean;
  /** Elements that came of polls so far. */
  readonly polled?: number;
  /** Has nothing to say about time for now. */
  readonly isIdle?: (() => boolean) | undefined;
  /** Something is under way that no time has to pass for, and that will wake the task: a call, an opening. */
  readonly isBusy?: boolean;
  teardown?(): void | Promise<void>;
}

/** `full`: call again, it was worth a whole batch. `progress`: call again. `idle`: nothing until woken. */
export type PollOutcome = 'full' | 'progress' | 'idle';
