import {
  type BoundedWindow,
  type CombineFn,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import type { Batch, OutputGate, OutputPort } from '../kernel/index.js';
import type { Operator } from './operator.js';

/** Keys held at most, over all windows. */
const MAX_KEYS = 65_536;
/** After so many elements it is decided whether folding pays. */
const TRIAL_ELEMENTS = 20_000;
/** It pays when at most this part of the elements comes out. */
const WORTHWHILE = 0.7;

interface Table {
  /** Those of all its elements. */
  readonly windows: Windows;
  /** When the first of them ends. */
  readonly maxTimestamp: Timestamp;
  readonly index: Map<unknown, number>;
  readonly keys: unknown[];
  readonly accumulators: unknown[];
}

export interface PrecombineParts {
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
  readonly identity: (key: unknown) => unknown;
  readonly ports: readonly OutputPort[];
  readonly gate: OutputGate;
}

/**
 * Folds the values of a key before they cross a channel, in a bounded table. It is emptied when it is full, at barriers,
 * and window by window as the watermark passes their ends, so that it never makes anything late. Where folding reduces
 * little it stops, and turns each value into an accumulator of its own.
 */
export class PrecombineOperator implements Operator {
  private readonly tables = new Map<Windows, Table>();
  private last: Table | undefined;
  private keysHeld = 0;
  private taken = 0;
  private emitted = 0;
  private folding = true;
  private watermark: Timestamp = MIN_TIMESTAMP;
  private readonly leaving: Table[] = [];
  private leavingFrom = 0;

  constructor(private readonly parts: PrecombineParts) {}

  process(batch: Batch, from: number): number {
    const { values } = batch;
    const keys = batch.keys!;
    let i = from;
    for (; i < batch.length && !this.parts.gate.blocked && this.leaving.length === 0; i++) {
      this.add(batch.windowsAt(i), keys[i], values[i]);
      if (this.keysHeld >= MAX_KEYS) this.leaveAll();
    }
    return i;
  }

  private add(windows: Windows, key: unknown, value: unknown): void {
    const { combineFn, identity } = this.parts;
    this.taken++;
    const table = this.last?.windows === windows ? this.last : this.find(windows);
    // What is late is counted, or fires, by the element.
    if (!this.folding || table.maxTimestamp < this.watermark) {
      this.emit(table, key, combineFn.addInput(combineFn.createAccumulator(), value));
      return;
    }
    const id = typeof key === 'string' || typeof key === 'number' ? key : identity(key);
    let at = table.index.get(id);
    if (at === undefined) {
      at = table.keys.length;
      table.index.set(id, at);
      table.keys.push(key);
      table.accumulators.push(combineFn.createAccumulator());
      this.keysHeld++;
    }
    table.accumulators[at] = combineFn.addInput(table.accumulators[at], value);
  }

  private find(windows: Windows): Table {
    let table = this.tables.get(windows);
    if (table === undefined) {
      const all = Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows as BoundedWindow];
      const maxTimestamp = Math.min(...all.map((window) => window.maxTimestamp));
      table = { windows, maxTimestamp, index: new Map(), keys: [], accumulators: [] };
      if (maxTimestamp >= this.watermark) this.tables.set(windows, table);
    }
    this.last = table;
    return table;
  }

  onWatermark(timestamp: Timestamp): void {
    this.watermark = timestamp;
    for (const table of this.tables.values()) if (table.maxTimestamp < timestamp) this.leave(table);
  }

  beforeBarrier(): void {
    this.leaveAll();
  }

  resume(): boolean {
    const { gate } = this.parts;
    while (this.leaving.length > 0) {
      const table = this.leaving[0]!;
      for (; this.leavingFrom < table.keys.length; this.leavingFrom++) {
        if (gate.blocked) return false;
        this.emit(table, table.keys[this.leavingFrom], table.accumulators[this.leavingFrom]);
      }
      this.leaving.shift();
      this.leavingFrom = 0;
    }
    return true;
  }

  private emit({ windows, maxTimestamp }: Table, key: unknown, accumulator: unknown): void {
    this.emitted++;
    for (const port of this.parts.ports) port.pushKeyed(key, accumulator, maxTimestamp, windows, NO_FIRING_PANE);
  }

  private leaveAll(): void {
    for (const table of this.tables.values()) this.leave(table);
    if (this.taken < TRIAL_ELEMENTS) return;
    const emitted = this.emitted + this.leaving.reduce((sum, table) => sum + table.keys.length, 0);
    this.folding = emitted <= this.taken * WORTHWHILE;
  }

  private leave(table: Table): void {
    this.tables.delete(table.windows);
    this.last = undefined;
    this.keysHeld -= table.keys.length;
    this.leaving.push(table);
  }
}
