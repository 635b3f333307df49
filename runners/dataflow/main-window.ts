import type { BoundedWindow, PaneInfo, Timestamp } from '../../sdk/model/index.js';
import { BATCH_CAPACITY, Batch } from '../kernel/index.js';
import type { SideWindow } from './side-input-table.js';

/** Room in the first batch that a window holds back; each further one is twice as large. */
const FIRST_ROOM = 16;

/** A window of the main input, those of the side inputs that belong to it, and the elements that wait for these. */
export class MainWindow {
  isReady = false;
  /** Timestamp of the least element that waits; infinite when none does. */
  least: Timestamp = Number.POSITIVE_INFINITY;
  /** Of the first element that waits. */
  epoch: number | undefined;
  /** What waits, in order; the last one may be `open` to more. */
  private held: Batch[] = [];
  private open: Batch | undefined;

  constructor(
    readonly window: BoundedWindow,
    /** In the order of the tables. */
    readonly sides: readonly SideWindow[],
  ) {}

  /** What waits, in order. */
  get batches(): readonly Batch[] {
    return this.held;
  }

  /** A batch of elements of this window waits as it is. */
  holdAll(batch: Batch): void {
    for (let i = 0; i < batch.length; i++) this.least = Math.min(this.least, batch.timestamps[i]!);
    this.held.push(batch);
    this.open = undefined;
  }

  hold(keyed: boolean, key: unknown, value: unknown, timestamp: Timestamp, pane: PaneInfo): void {
    if (this.open === undefined || isFull(this.open)) {
      this.open = new Batch(keyed, Math.min(BATCH_CAPACITY, FIRST_ROOM << Math.min(this.held.length, 10)));
      this.held.push(this.open);
    }
    append(this.open, key, value, timestamp, this.window, pane);
    if (timestamp < this.least) this.least = timestamp;
  }

  /** Nothing waits any more: answers what did. */
  letPass(): readonly Batch[] {
    const { held } = this;
    this.isReady = true;
    this.held = [];
    this.open = undefined;
    this.least = Number.POSITIVE_INFINITY;
    this.epoch = undefined;
    return held;
  }
}

export function isFull(batch: Batch): boolean {
  return batch.length === batch.timestamps.length;
}

/** Adds one element to a batch, whether that is keyed or not. */
export function append(
  to: Batch,
  key: unknown,
  value: unknown,
  timestamp: Timestamp,
  window: BoundedWindow,
  pane: PaneInfo,
): void {
  if (to.keys !== undefined) to.keys[to.length] = key;
  to.append(value, timestamp, window, pane);
}
