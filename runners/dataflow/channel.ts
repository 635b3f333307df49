import type { Timestamp } from '../../sdk/model/index.js';
import { Batch, type BatchReceiver } from '../kernel/index.js';

/** What travels between batches, in order with them. */
export type Marker =
  /** No element before this instant will follow. Ends idleness. */
  | { readonly kind: 'watermark'; readonly timestamp: Timestamp }
  /** The producer has nothing for now and must not hold time back. */
  | { readonly kind: 'idle' }
  /**
   * All before it belongs to `epoch` or an earlier one; the oldest of what came since the last barrier was read in the epoch
   * `oldest`. With `stop`, nothing but `end` follows.
   */
  | { readonly kind: 'barrier'; readonly epoch: number; readonly oldest: number; readonly stop: boolean }
  /** Nothing follows. */
  | { readonly kind: 'end' };

export type BarrierMarker = Extract<Marker, { kind: 'barrier' }>;

/** One barrier of two that several inputs deliver. */
export function olderOf(a: BarrierMarker | undefined, b: BarrierMarker): BarrierMarker {
  return a !== undefined && a.oldest < b.oldest ? a : b;
}

export type Frame = Batch | Marker;

export interface ChannelSender extends BatchReceiver {
  /** Takes a batch always; answers false when the channel is full now. */
  accept(batch: Batch): boolean;
  mark(marker: Marker): void;
  readonly full: boolean;
}

export interface ChannelReceiver {
  readonly empty: boolean;
  take(): Frame | undefined;
}

/** Batches that a local channel holds before it counts as full. */
const LOCAL_CAPACITY = 8;

/** Taken frames at the head of the queue before the rest is moved to the front. */
const COMPACT_AT = 64;

/** A bounded queue between two tasks of one thread; batches are handed over by reference. */
export class LocalChannel implements ChannelSender, ChannelReceiver {
  private frames: (Frame | undefined)[] = [];
  private head = 0;
  private batches = 0;

  constructor(
    /** Called when a frame came in, so that the consumer is run. */
    private readonly onFrame: () => void,
    /** Called when the channel is full no more, so that the producer is run. */
    private readonly onSpace: () => void,
    private readonly capacity: number = LOCAL_CAPACITY,
  ) {}

  get full(): boolean {
    return this.batches >= this.capacity;
  }

  get empty(): boolean {
    return this.head === this.frames.length;
  }

  accept(batch: Batch): boolean {
    this.frames.push(batch);
    this.batches++;
    this.onFrame();
    return !this.full;
  }

  mark(marker: Marker): void {
    const last = this.frames.length - 1;
    // A watermark that nobody has seen yet is overtaken by the next one.
    if (marker.kind === 'watermark' && last >= this.head) {
      const before = this.frames[last]!;
      if (!(before instanceof Batch) && before.kind === 'watermark') {
        this.frames[last] = marker;
        return;
      }
    }
    this.frames.push(marker);
    this.onFrame();
  }

  take(): Frame | undefined {
    if (this.head === this.frames.length) return undefined;
    const frame = this.frames[this.head]!;
    // Let go of at once: a channel whose consumer is slow is never empty.
    this.frames[this.head] = undefined;
    this.head++;
    if (this.head === this.frames.length || this.head === COMPACT_AT) {
      this.frames = this.frames.slice(this.head);
      this.head = 0;
    }
    if (frame instanceof Batch) {
      const wasFull = this.full;
      this.batches--;
      if (wasFull) this.onSpace();
    }
    return frame;
  }
}
