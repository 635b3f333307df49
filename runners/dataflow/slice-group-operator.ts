import {
  type BoundedWindow,
  listOf,
  ON_TIME_AND_ONLY_PANE,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import type { KeyTable, SnapshotReader, SnapshotWriter } from '../kernel/index.js';
import { Fifo } from './fifo.js';
import { readWindow, writeWindow } from './group-coding.js';
import { GroupOperator } from './group-operator.js';
import { TimeHeap } from './heap.js';

const PART = 'slice-group';
const VERSION = 1;

/** The elements that stand in the same windows. */
interface Slice {
  readonly windows: readonly BoundedWindow[];
  readonly table: KeyTable;
  readonly epoch: number;
  /** Windows that have not fired. */
  open: number;
  /** Windows that had expired at the present watermark. */
  expired: number;
  /** At which watermark `expired` was counted. */
  countedAt: Timestamp;
}

interface PendingWindow {
  readonly window: BoundedWindow;
  readonly slices: Slice[];
}

interface Firing {
  readonly window: BoundedWindow;
  readonly table: KeyTable;
  next: number;
}

/**
 * Grouping for sliding windows under the default trigger without allowed lateness. An element is folded once, into the
 * slice of all that stand in the same windows; a window that fires merges its slices (Krishnamurthy, Wu, Franklin:
 * On-the-fly sharing for streamed aggregation, 2006).
 */
export class SliceGroupOperator extends GroupOperator {
  /** By start of the newest window; as sliding windows follow each other, their number says the rest. */
  private readonly slices = new Map<Timestamp, Slice[]>();
  private readonly pending = new Map<Timestamp, PendingWindow>();
  private readonly timers = new TimeHeap<PendingWindow>();
  private readonly due = new Fifo<PendingWindow>();
  private firing: Firing | undefined;

  override fold(key: unknown, value: unknown, windows: Windows): void {
    const slice = this.find(windows);
    if (slice.expired > 0) {
      this.spec.droppedLate.inc(slice.expired);
      if (slice.expired === slice.windows.length) return;
    } else {
      this.use(windows, slice.table);
    }
    slice.table.fold(key, value);
  }

  private find(given: Windows): Slice {
    const windows = listOf(given);
    const slice = this.known(windows);
    if (slice === undefined) return this.open(windows, this.expiredOf(windows));
    if (slice.countedAt !== this.watermark) {
      slice.expired = this.expiredOf(windows);
      slice.countedAt = this.watermark;
    }
    return slice;
  }

  private known(windows: readonly BoundedWindow[]): Slice | undefined {
    return this.slices.get(newestOf(windows).start)?.find((each) => each.windows.length === windows.length);
  }

  private expiredOf(windows: readonly BoundedWindow[]): number {
    return windows.reduce((count, window) => count + (window.maxTimestamp < this.watermark ? 1 : 0), 0);
  }

  /** `expired`: how many of the windows have fired and take nothing more. They are the oldest ones. */
  private open(windows: readonly BoundedWindow[], expired: number): Slice {
    const open = windows.length - expired;
    const epoch = open > 0 ? this.ledger.add() : 0;
    // Of what is late in all of its windows nothing is kept.
    const table = open > 0 ? this.spec.makeTable() : this.table;
    const slice: Slice = { windows, table, epoch, open, expired, countedAt: this.watermark };
    if (open === 0) return slice;
    const newest = newestOf(windows);
    const same = this.slices.get(newest.start);
    if (same === undefined) this.slices.set(newest.start, [slice]);
    else same.push(slice);
    for (const window of newestFirst(windows).slice(0, open)) {
      let pending = this.pending.get(window.start);
      if (pending === undefined) {
        pending = { window, slices: [] };
        this.pending.set(window.start, pending);
        this.timers.push(window.maxTimestamp, pending);
      }
      pending.slices.push(slice);
    }
    return slice;
  }

  override onWatermark(timestamp: Timestamp): void {
    this.watermark = timestamp;
    this.tableWindows = undefined;
    while (this.timers.first < timestamp) this.due.push(this.timers.pop()!);
  }

  override resume(): boolean {
    this.table.settle();
    for (;;) {
      if (this.firing === undefined) {
        const pending = this.due.shift();
        if (pending === undefined) return true;
        this.firing = { window: pending.window, table: this.merge(pending), next: 0 };
      }
      if (!this.emit(this.firing)) return false;
      this.firing = undefined;
    }
  }

  /** All slices of a window together; slices that have no other window left are let go. */
  private merge({ window, slices }: PendingWindow): KeyTable {
    this.pending.delete(window.start);
    const merged = this.spec.makeTable();
    for (const slice of slices) {
      merged.mergeAll(slice.table);
      slice.open--;
      if (slice.open === 0) this.drop(slice);
    }
    return merged;
  }

  private drop(slice: Slice): void {
    this.ledger.remove(slice.epoch);
    const { start } = newestOf(slice.windows);
    const same = this.slices.get(start)!;
    if (same.length === 1) this.slices.delete(start);
    else same.splice(same.indexOf(slice), 1);
  }

  private emit(firing: Firing): boolean {
    const { ports, gate } = this.spec;
    const { window, table } = firing;
    for (; firing.next < table.size; firing.next++) {
      if (gate.blocked) return false;
      const key = table.keyAt(firing.next);
      const value = table.extract(firing.next);
      for (const port of ports) {
        if (port.keyed) port.pushKeyed(key, value, window.maxTimestamp, window, ON_TIME_AND_ONLY_PANE);
        else port.push({ key, value }, window.maxTimestamp, window, ON_TIME_AND_ONLY_PANE);
      }
    }
    return true;
  }

  protected override save(to: SnapshotWriter): void {
    const { coding } = this.spec;
    const part = to.part(PART, VERSION);
    for (const { windows, table, open } of [...this.slices.values()].flat()) {
      for (let at = 0; at < table.size; at++) {
        const key = table.keyAt(at);
        part.entry(coding.keyGroup(key), (sink) => {
          sink.varint(windows.length);
          for (const window of windows) writeWindow(window, sink);
          sink.varint(windows.length - open);
          coding.writeKey(key, sink);
          coding.writeAccumulator(table.accumulatorAt(at), sink);
        });
      }
    }
  }

  protected override load(snapshot: SnapshotReader): void {
    const { coding } = this.spec;
    for (const { from } of snapshot.part(PART, VERSION)) {
      const windows = Array.from({ length: from.varint() }, () => readWindow(from));
      const expired = from.varint();
      const slice = this.known(windows) ?? this.open(windows, expired);
      const key = coding.readKey(from);
      slice.table.merge(key, coding.readAccumulator(from));
    }
  }
}

function newestOf(windows: readonly BoundedWindow[]): BoundedWindow {
  let newest = windows[0]!;
  for (const window of windows) if (window.start > newest.start) newest = window;
  return newest;
}

function newestFirst(windows: readonly BoundedWindow[]): BoundedWindow[] {
  return [...windows].sort((a, b) => b.start - a.start);
}
