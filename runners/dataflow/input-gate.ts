import { MIN_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import { Batch, type SnapshotReader, type SnapshotWriter } from '../kernel/index.js';
import { type BarrierMarker, type ChannelReceiver, type Marker, olderOf } from './channel.js';

/** Where a task takes its input from. */
export interface TaskGate {
  readonly watermark: Timestamp;
  /** Whether there are no channels at all. */
  readonly isEmpty: boolean;
  /** The next batch, or the next marker that holds for all inputs together; undefined when there is none for now. */
  take(): Batch | Marker | undefined;
  /** The task has handed on a watermark, with everything that came of it. */
  handedOn?(timestamp: Timestamp): void;
  /** The oldest epoch of which something is held back; undefined when nothing is. */
  oldestHeldEpoch?(): number | undefined;
  /** Writes down what is held back, where an operator writes down what it holds. */
  snapshot?(to: SnapshotWriter): void;
  restore?(from: SnapshotReader): void;
}

interface Input {
  readonly channel: ChannelReceiver;
  watermark: Timestamp;
  idle: boolean;
  /** Has delivered the barrier that others have not. */
  aligned: boolean;
  ended: boolean;
}

/**
 * Joins the channels of a task: the watermark is the least of those that are not idle, a barrier counts when every
 * channel has delivered it (those that have wait), the end when all have ended.
 */
export class InputGate implements TaskGate {
  private readonly inputs: Input[];
  private next = 0;
  private aligned = 0;
  /** The barrier that some inputs have delivered. */
  private barrier: BarrierMarker | undefined;
  private ended = 0;
  private combined: Timestamp = MIN_TIMESTAMP;
  private saidIdle = false;

  constructor(channels: readonly ChannelReceiver[]) {
    this.inputs = channels.map((channel) => ({
      channel,
      watermark: MIN_TIMESTAMP,
      idle: false,
      aligned: false,
      ended: false,
    }));
  }

  get watermark(): Timestamp {
    return this.combined;
  }

  get isEmpty(): boolean {
    return this.inputs.length === 0;
  }

  take(): Batch | Marker | undefined {
    let tried = 0;
    while (tried < this.inputs.length) {
      const input = this.inputs[this.next]!;
      const frame = input.aligned ? undefined : input.channel.take();
      if (frame === undefined) {
        tried++;
        this.advance();
        continue;
      }
      if (frame instanceof Batch) {
        this.advance();
        return frame;
      }
      const marker = this.combine(input, frame);
      if (marker !== undefined) return marker;
      tried = 0;
    }
    return undefined;
  }

  private advance(): void {
    this.next = this.next + 1 === this.inputs.length ? 0 : this.next + 1;
  }

  private combine(input: Input, marker: Marker): Marker | undefined {
    switch (marker.kind) {
      case 'watermark':
        input.watermark = marker.timestamp;
        input.idle = false;
        return this.time();
      case 'idle':
        input.idle = true;
        return this.time();
      case 'barrier':
        input.aligned = true;
        this.aligned++;
        this.barrier = olderOf(this.barrier, marker);
        return this.aligned < this.inputs.length ? undefined : this.takeBarrier();
      case 'end':
        input.ended = true;
        this.ended++;
        return this.ended === this.inputs.length ? marker : undefined;
    }
  }

  private takeBarrier(): Marker | undefined {
    const { barrier } = this;
    this.barrier = undefined;
    this.aligned = 0;
    for (const each of this.inputs) each.aligned = false;
    return barrier;
  }

  private time(): Marker | undefined {
    let least = Number.POSITIVE_INFINITY;
    for (const input of this.inputs) if (!input.idle && input.watermark < least) least = input.watermark;
    if (least === Number.POSITIVE_INFINITY) {
      if (this.saidIdle) return undefined;
      this.saidIdle = true;
      return { kind: 'idle' };
    }
    const wasIdle = this.saidIdle;
    this.saidIdle = false;
    if (least <= this.combined) return wasIdle ? { kind: 'watermark', timestamp: this.combined } : undefined;
    this.combined = least;
    return { kind: 'watermark', timestamp: least };
  }
}
