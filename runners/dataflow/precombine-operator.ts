import {
  type BoundedWindow,
  type CombineFn,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import {
  type AccumulatorLayout,
  type Batch,
  type FailedStep,
  functionError,
  type KeyedSink,
  type KeyTable,
  type MakeKeyTable,
  type OutputGate,
  type OutputPort,
} from '../kernel/index.js';
import { Fifo } from './fifo.js';
import type { Operator } from './operator.js';

/** Keys held at most, over all windows: of accumulators that are values … */
const MAX_KEYS = 65_536;
/** … and of those that are columns, some 40 bytes a key. */
const MAX_KEYS_IN_COLUMNS = 2 ** 20;
/** Tables held at most: each costs a kilobyte before it has a key, and elements in no order have one each. */
const MAX_TABLES = 1_024;
/** After so many elements it is decided whether folding pays. */
const TRIAL_ELEMENTS = 20_000;
/** It pays when at most this part of the elements comes out. */
const WORTHWHILE = 0.7;

interface Table {
  /** Those of all its elements. */
  readonly windows: Windows;
  /** When the first of them ends. */
  readonly maxTimestamp: Timestamp;
  readonly keys: KeyTable;
}

export interface PrecombineParts {
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
  readonly makeTable: MakeKeyTable;
  readonly layout: AccumulatorLayout;
  readonly step: FailedStep;
  readonly ports: readonly OutputPort[];
  readonly gate: OutputGate;
}

/**
 * Folds the values of a key before they cross a channel, in a bounded table. It is emptied when it is full, at barriers,
 * and window by window as the watermark passes their ends, so that it never makes anything late. Where folding reduces
 * little it stops, and turns each value into an accumulator of its own.
 */
export class PrecombineOperator implements Operator, KeyedSink {
  private readonly tables = new Map<Windows, Table>();
  table: KeyTable;
  tableWindows: Windows | undefined;
  /** Of tables that were emptied, and of values that went through. */
  private taken = 0;
  private emitted = 0;
  private folding = true;
  private watermark: Timestamp = MIN_TIMESTAMP;
  private readonly leaving = new Fifo<Table>();
  private leavingFrom = 0;

  private readonly maxKeys: number;

  constructor(private readonly parts: PrecombineParts) {
    this.maxKeys = parts.layout.kind === 'opaque' ? MAX_KEYS : MAX_KEYS_IN_COLUMNS;
    this.table = parts.makeTable();
  }

  process(batch: Batch, from: number): number {
    const { values } = batch;
    const keys = batch.keys!;
    for (let i = from; i < batch.length; i++) {
      if (this.parts.gate.blocked) return i;
      const windows = batch.windowsAt(i);
      if (windows === this.tableWindows) this.table.put(keys[i], values[i]);
      else this.fold(keys[i], values[i], windows);
    }
    return batch.length;
  }

  fold(key: unknown, value: unknown, windows: Windows): void {
    const table = this.find(windows);
    // What is late is counted, or fires, by the element.
    if (this.folding && table.maxTimestamp >= this.watermark) {
      if (table.keys !== this.table) this.table.settle();
      this.tableWindows = windows;
      this.table = table.keys;
      table.keys.fold(key, value);
      return;
    }
    this.taken++;
    this.emit(table, key, this.single(key, value));
  }

  /** The accumulator of one value. */
  private single(key: unknown, value: unknown): unknown {
    const { combineFn, step } = this.parts;
    try {
      return combineFn.addInput(combineFn.createAccumulator(), value);
    } catch (error) {
      throw functionError(error, step, { value: { key, value } });
    }
  }

  private find(windows: Windows): Table {
    let table = this.tables.get(windows);
    if (table === undefined) {
      const all = Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows as BoundedWindow];
      const maxTimestamp = Math.min(...all.map((window) => window.maxTimestamp));
      const isKept = this.folding && maxTimestamp >= this.watermark;
      table = { windows, maxTimestamp, keys: isKept ? this.parts.makeTable() : this.table };
      if (isKept) this.tables.set(windows, table);
    }
    return table;
  }

  onWatermark(timestamp: Timestamp): void {
    this.watermark = timestamp;
    for (const table of this.tables.values()) if (table.maxTimestamp < timestamp) this.leave(table);
  }

  beforeBarrier(): void {
    this.leaveAll();
  }

  /** Looked at between batches: a table may hold more keys than it should by those of one batch. */
  resume(): boolean {
    this.table.settle();
    if (this.tables.size > MAX_TABLES || this.keysHeld() >= this.maxKeys) this.leaveAll();
    const { gate } = this.parts;
    for (let table = this.leaving.first; table !== undefined; table = this.leaving.first) {
      const { keys } = table;
      for (; this.leavingFrom < keys.size; this.leavingFrom++) {
        if (gate.blocked) return false;
        this.emit(table, keys.keyAt(this.leavingFrom), keys.accumulatorAt(this.leavingFrom));
      }
      this.leaving.shift();
      this.leavingFrom = 0;
    }
    return true;
  }

  private keysHeld(): number {
    let held = 0;
    for (const { keys } of this.tables.values()) held += keys.size;
    return held;
  }

  private emit({ windows, maxTimestamp }: Table, key: unknown, accumulator: unknown): void {
    this.emitted++;
    for (const port of this.parts.ports) port.pushKeyed(key, accumulator, maxTimestamp, windows, NO_FIRING_PANE);
  }

  private leaveAll(): void {
    for (const table of this.tables.values()) this.leave(table);
    if (this.taken < TRIAL_ELEMENTS) return;
    let { emitted } = this;
    for (const { keys } of this.leaving) emitted += keys.size;
    this.folding = emitted <= this.taken * WORTHWHILE;
  }

  private leave(table: Table): void {
    this.tables.delete(table.windows);
    this.tableWindows = undefined;
    this.taken += table.keys.folds;
    this.leaving.push(table);
  }

  /** Nothing is held at a barrier. */
  snapshot(): void {}

  restore(): void {}
}
