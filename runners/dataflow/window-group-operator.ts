import { type BoundedWindow, ON_TIME_AND_ONLY_PANE, type Timestamp, type Windows } from '../../sdk/model/index.js';
import type { KeyTable, SnapshotReader, SnapshotWriter } from '../kernel/index.js';
import { Fifo } from './fifo.js';
import { readWindow, writeWindow } from './group-coding.js';
import { GroupOperator } from './group-operator.js';
import { defaultTriggerPane, type GroupSpec } from './group-spec.js';
import { TimeHeap } from './heap.js';
import { WindowMap } from './window-map.js';

/** One window and what it holds. */
class WindowTable {
  /** Panes fired so far, by key; only where late data is allowed. */
  readonly panes: number[] = [];
  /** Keys that late data has changed. */
  readonly dirty = new Set<number>();
  fired = false;

  constructor(
    readonly window: BoundedWindow,
    readonly keys: KeyTable,
    /** Epoch of the oldest element that is held. */
    readonly epoch: number,
  ) {}
}

const PART = 'window-group';
const VERSION = 1;

/** A window that is being emitted: the keys from `next` on, or those in `only`. */
interface Firing {
  readonly table: WindowTable;
  readonly only: readonly number[] | undefined;
  next: number;
}

/**
 * Grouping for windows that do not merge, under the default trigger: window → table of keys, one timer for each window.
 * A window fires when the watermark has passed its end; with allowed lateness it is kept until that has passed too, and
 * late elements fire again, those of one batch together.
 */
export class WindowGroupOperator extends GroupOperator {
  private readonly tables = new WindowMap<WindowTable>();
  private readonly timers = new TimeHeap<WindowTable>();
  private readonly expiries = new TimeHeap<WindowTable>();
  private readonly firings = new Fifo<Firing>();
  private readonly lateTables = new Set<WindowTable>();
  private readonly latenessMs: number;
  private readonly accumulating: boolean;

  constructor(spec: GroupSpec) {
    super(spec);
    this.latenessMs = spec.windowing.allowedLatenessMs;
    this.accumulating = spec.windowing.accumulationMode === 'ACCUMULATING';
  }

  override fold(key: unknown, value: unknown, windows: Windows): void {
    if (!Array.isArray(windows)) this.add(windows as BoundedWindow, key, value);
    else for (const window of windows as readonly BoundedWindow[]) this.add(window, key, value);
  }

  private add(window: BoundedWindow, key: unknown, value: unknown): void {
    const table = this.find(window);
    if (table === undefined) {
      this.spec.droppedLate.inc();
      return;
    }
    const at = table.keys.fold(key, value);
    if (table.fired) {
      table.dirty.add(at);
      this.lateTables.add(table);
    }
  }

  /** The table of a window; undefined when the window has expired. */
  private find(window: BoundedWindow): WindowTable | undefined {
    let table = this.tables.get(window);
    if (table === undefined) {
      if (window.maxTimestamp + this.latenessMs < this.watermark) return undefined;
      // A window that is late from its first element on has no firing on time.
      table = this.open(window, window.maxTimestamp < this.watermark);
    }
    if (!table.fired) this.use(window, table.keys);
    return table;
  }

  private open(window: BoundedWindow, fired: boolean): WindowTable {
    const table = new WindowTable(window, this.spec.makeTable(), this.ledger.add());
    this.tables.add(table);
    if (fired) this.markFired(table);
    else this.timers.push(window.maxTimestamp, table);
    return table;
  }

  override onWatermark(timestamp: Timestamp): void {
    this.watermark = timestamp;
    this.tableWindows = undefined;
    while (this.timers.first < timestamp) this.firings.push({ table: this.timers.pop()!, only: undefined, next: 0 });
    while (this.expiries.first < timestamp) this.drop(this.expiries.pop()!);
  }

  override resume(): boolean {
    this.table.settle();
    if (this.lateTables.size > 0) {
      for (const table of this.lateTables) {
        this.firings.push({ table, only: [...table.dirty], next: 0 });
        table.dirty.clear();
      }
      this.lateTables.clear();
    }
    for (let firing = this.firings.first; firing !== undefined; firing = this.firings.first) {
      if (!this.emit(firing)) return false;
      this.firings.shift();
      if (firing.only === undefined) this.afterOnTime(firing.table);
    }
    return true;
  }

  private emit(firing: Firing): boolean {
    const { table, only } = firing;
    const { ports, gate } = this.spec;
    const { window, keys } = table;
    const timestamp = window.maxTimestamp;
    const count = only === undefined ? keys.size : only.length;
    for (let i = firing.next; i < count; i++) {
      if (gate.blocked) {
        firing.next = i;
        return false;
      }
      const at = only === undefined ? i : only[i]!;
      const key = keys.keyAt(at);
      const value = keys.extract(at);
      const pane = this.latenessMs === 0 ? ON_TIME_AND_ONLY_PANE : this.nextPane(table, at, only !== undefined);
      if (!this.accumulating && this.latenessMs > 0) keys.reset(at);
      for (const port of ports) {
        if (port.keyed) port.pushKeyed(key, value, timestamp, window, pane);
        else port.push({ key, value }, timestamp, window, pane);
      }
    }
    return true;
  }

  private nextPane(table: WindowTable, at: number, late: boolean) {
    const index = table.panes[at] ?? 0;
    table.panes[at] = index + 1;
    return defaultTriggerPane(index, late, false);
  }

  private afterOnTime(table: WindowTable): void {
    if (table.window.maxTimestamp + this.latenessMs < this.watermark) this.drop(table);
    else this.markFired(table);
  }

  private markFired(table: WindowTable): void {
    table.fired = true;
    // What is late is emitted before the next barrier; only panes that accumulate hold on to what was read.
    if (!this.accumulating) this.ledger.remove(table.epoch);
    this.expiries.push(table.window.maxTimestamp + this.latenessMs, table);
  }

  private drop(table: WindowTable): void {
    if (!table.fired || this.accumulating) this.ledger.remove(table.epoch);
    this.tables.remove(table);
  }

  protected override save(to: SnapshotWriter): void {
    const { coding } = this.spec;
    const part = to.part(PART, VERSION);
    for (const { window, keys, panes, fired } of this.tables) {
      for (let at = 0; at < keys.size; at++) {
        const key = keys.keyAt(at);
        part.entry(coding.keyGroup(key), (sink) => {
          writeWindow(window, sink);
          sink.byte(fired ? 1 : 0);
          coding.writeKey(key, sink);
          sink.varint(panes[at] ?? 0);
          coding.writeAccumulator(keys.accumulatorAt(at), sink);
        });
      }
    }
  }

  protected override load(snapshot: SnapshotReader): void {
    const { coding } = this.spec;
    for (const { from } of snapshot.part(PART, VERSION)) {
      const window = readWindow(from);
      const fired = from.byte() === 1;
      const table = this.tables.get(window) ?? this.open(window, fired);
      const key = coding.readKey(from);
      const panes = from.varint();
      const at = table.keys.merge(key, coding.readAccumulator(from));
      if (panes > 0) table.panes[at] = panes;
    }
  }
}
