import { packedDoubles, packedIntegers, packedValues } from '../../sdk/coders/packed-array.js';
import {
  GlobalWindow,
  IntervalWindow,
  NO_FIRING_PANE,
  type PaneInfo,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';

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
  /** The windows of every element, unless `windowSpan` or `windowColumn` is there. */
  window: Windows = GlobalWindow.INSTANCE;
  /**
   * The window of each element begins at its timestamp and is so long: sessions before they are merged. They are made
   * when they are asked for, as none of them lives longer than its element is looked at.
   */
  windowSpan: number | undefined = undefined;
  private windowsOfEach: Windows[] | undefined = undefined;
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

  /** An empty batch with room for some `expected` elements of the kind of these first ones, and for `capacity` at most. */
  static like(value: unknown, key: unknown, keyed: boolean, expected: number, capacity: number): Batch {
    return new Batch(keyed, capacity, {
      values: roomFor(value, expected),
      keys: keyed ? roomFor(key, expected) : undefined,
      timestamps: new Float64Array(capacity),
    });
  }

  get keyed(): boolean {
    return this.keys !== undefined;
  }

  /** The windows of each element, where they are not the same for all. */
  get windowColumn(): Windows[] | undefined {
    if (this.windowSpan !== undefined) this.giveEach(this.length);
    return this.windowsOfEach;
  }

  set windowColumn(column: Windows[]) {
    this.windowsOfEach = column;
    this.windowSpan = undefined;
  }

  windowsAt(index: number): Windows {
    if (this.windowSpan !== undefined) return this.spanned(index, this.windowSpan);
    return this.windowsOfEach === undefined ? this.window : this.windowsOfEach[index]!;
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
    if (this.windowSpan !== undefined) this.appendSpanned(n, timestamp, windows);
    else if (this.windowsOfEach !== undefined) this.windowsOfEach[n] = windows;
    else if (windows !== this.window) this.splitWindows(n, timestamp, windows);
    if (this.paneColumn !== undefined) this.paneColumn[n] = pane;
    else if (pane !== this.pane) this.splitPanes(n, pane);
    this.length = n + 1;
  }

  /** Gives up the room that was not needed. Nothing is added any more. */
  seal(): void {
    const { length, values, keys } = this;
    if (values.length > length) values.length = length;
    if (keys !== undefined && keys.length > length) keys.length = length;
    if (this.windowsOfEach !== undefined && this.windowsOfEach.length > length) this.windowsOfEach.length = length;
  }

  private splitWindows(n: number, timestamp: Timestamp, windows: Windows): void {
    if (n === 0) {
      this.window = windows;
      return;
    }
    const { window } = this;
    if (window instanceof IntervalWindow) {
      const span = window.end - window.start;
      let begins = isSpanned(windows, timestamp, span);
      for (let i = 0; i < n && begins; i++) begins = isSpanned(window, this.timestamps[i]!, span);
      if (begins) {
        this.windowSpan = span;
        return;
      }
    }
    this.giveEach(n);
    this.windowsOfEach![n] = windows;
  }

  private appendSpanned(n: number, timestamp: Timestamp, windows: Windows): void {
    if (isSpanned(windows, timestamp, this.windowSpan!)) return;
    this.giveEach(n);
    this.windowsOfEach![n] = windows;
  }

  /** Makes the column of windows of the first `n` elements. */
  private giveEach(n: number): void {
    const column = packedValues<Windows>(Math.max(n, this.values.length));
    for (let i = 0; i < n; i++) column[i] = this.windowsAt(i);
    this.windowColumn = column;
  }

  private spanned(index: number, span: number): IntervalWindow {
    const start = this.timestamps[index]!;
    return new IntervalWindow(start, start + span);
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

/** An array of the kind that it would be if such values were added one by one, but without growing. */
function roomFor(first: unknown, length: number): unknown[] {
  if (typeof first !== 'number') return packedValues(length);
  return (first | 0) === first ? packedIntegers(length) : packedDoubles(length);
}

function isSpanned(windows: Windows, timestamp: Timestamp, span: number): boolean {
  return windows instanceof IntervalWindow && windows.start === timestamp && windows.end === timestamp + span;
}
