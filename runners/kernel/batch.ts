import { GlobalWindow, NO_FIRING_PANE, type PaneInfo, type Timestamp, type Windows } from '../../sdk/model/index.js';

/** Elements that a full batch holds. */
export const BATCH_CAPACITY = 1024;

/** The columns of a batch that no two elements share; all of one length. */
export interface Columns {
  readonly values: unknown[];
  readonly keys: unknown[] | undefined;
  readonly timestamps: Float64Array;
}

/**
 * A run of elements as columns. A column that is the same for every element (one window, no pane) is stored once.
 * A batch that was handed on is never changed again, so several consumers may read the same one.
 */
export class Batch {
  length = 0;
  readonly values: unknown[];
  /** The keys of a keyed batch, whose `values` are then the values of the KVs. */
  readonly keys: unknown[] | undefined;
  readonly timestamps: Float64Array;
  /** The windows of every element, unless `windowColumn` is there. */
  window: Windows = GlobalWindow.INSTANCE;
  windowColumn: Windows[] | undefined = undefined;
  /** The pane of every element, unless `paneColumn` is there. */
  pane: PaneInfo = NO_FIRING_PANE;
  paneColumn: PaneInfo[] | undefined = undefined;

  constructor(keyed: boolean, capacity: number = BATCH_CAPACITY, columns?: Columns) {
    this.values = columns === undefined ? [] : columns.values;
    this.keys = columns === undefined ? (keyed ? [] : undefined) : columns.keys;
    this.timestamps = columns === undefined ? new Float64Array(capacity) : columns.timestamps;
  }

  /** A batch of columns that were made elsewhere, and are its own from now on. */
  static of(columns: Columns): Batch {
    const batch = new Batch(columns.keys !== undefined, 0, columns);
    batch.length = columns.values.length;
    return batch;
  }

  get keyed(): boolean {
    return this.keys !== undefined;
  }

  windowsAt(index: number): Windows {
    return this.windowColumn === undefined ? this.window : this.windowColumn[index]!;
  }

  paneAt(index: number): PaneInfo {
    return this.paneColumn === undefined ? this.pane : this.paneColumn[index]!;
  }

  /** The element as a pipeline sees it: a KV where the batch is keyed. */
  valueAt(index: number): unknown {
    return this.keys === undefined ? this.values[index] : { key: this.keys[index], value: this.values[index] };
  }

  /** Adds an element at the end; there must be room. */
  append(value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    const n = this.length;
    this.values[n] = value;
    this.timestamps[n] = timestamp;
    if (this.windowColumn !== undefined) this.windowColumn[n] = windows;
    else if (windows !== this.window) this.splitWindows(n, windows);
    if (this.paneColumn !== undefined) this.paneColumn[n] = pane;
    else if (pane !== this.pane) this.splitPanes(n, pane);
    this.length = n + 1;
  }

  private splitWindows(n: number, windows: Windows): void {
    if (n === 0) {
      this.window = windows;
      return;
    }
    const column: Windows[] = new Array(n).fill(this.window);
    column[n] = windows;
    this.windowColumn = column;
  }

  private splitPanes(n: number, pane: PaneInfo): void {
    if (n === 0) {
      this.pane = pane;
      return;
    }
    const column: PaneInfo[] = new Array(n).fill(this.pane);
    column[n] = pane;
    this.paneColumn = column;
  }
}
