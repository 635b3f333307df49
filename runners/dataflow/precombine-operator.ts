import {
  type BoundedWindow,
  type CombineFn,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type Timestamp,
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
  readonly window: BoundedWindow;
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
  private tables = new Map<BoundedWindow, Table>();
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
      const windows = batch.windowsAt(i);
      if (Array.isArray(windows))
        for (const window of windows as readonly BoundedWindow[]) this.add(window, keys[i], values[i]);
      else this.add(windows as BoundedWindow, keys[i], values[i]);
      if (this.keysHeld >= MAX_KEYS) this.leaveAll();
    }
    return i;
  }

  private add(window: BoundedWindow, key: unknown, value: unknown): void {
    const { combineFn, identity } = this.parts;
    this.taken++;
    // What is late is counted, or fires, by the element.
    if (!this.folding || window.maxTimestamp < this.watermark) {
      this.emit(window, key, combineFn.addInput(combineFn.createAccumulator(), value));
      return;
    }
    let table = this.tables.get(window);
    if (table === undefined) {
      table = { window, index: new Map(), keys: [], accumulators: [] };
      this.tables.set(window, table);
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

  onWatermark(timestamp: Timestamp): void {
    this.watermark = timestamp;
    for (const table of this.tables.values()) if (table.window.maxTimestamp < timestamp) this.leave(table);
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
        this.emit(table.window, table.keys[this.leavingFrom], table.accumulators[this.leavingFrom]);
      }
      this.leaving.shift();
      this.leavingFrom = 0;
    }
    return true;
  }

  private emit(window: BoundedWindow, key: unknown, accumulator: unknown): void {
    this.emitted++;
    for (const port of this.parts.ports) port.pushKeyed(key, accumulator, window.maxTimestamp, window, NO_FIRING_PANE);
  }

  private leaveAll(): void {
    for (const table of this.tables.values()) this.leave(table);
    if (this.taken < TRIAL_ELEMENTS) return;
    const emitted = this.emitted + this.leaving.reduce((sum, table) => sum + table.keys.length, 0);
    this.folding = emitted <= this.taken * WORTHWHILE;
  }

  private leave(table: Table): void {
    this.tables.delete(table.window);
    this.keysHeld -= table.keys.length;
    this.leaving.push(table);
  }
}
