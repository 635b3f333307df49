import { type BoundedWindow, MIN_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import type { Batch } from '../kernel/index.js';
import { EpochLedger } from './epoch-ledger.js';
import type { GroupSpec } from './group-spec.js';
import type { Operator } from './operator.js';

/** What the layouts of grouping have in common: keys, folding, the watermark, and the epochs of what is held. */
export abstract class GroupOperator implements Operator {
  protected watermark: Timestamp = MIN_TIMESTAMP;
  protected readonly ledger = new EpochLedger();

  constructor(protected readonly spec: GroupSpec) {}

  abstract process(batch: Batch, from: number): number;

  abstract onWatermark(timestamp: Timestamp): void;

  abstract resume(): boolean;

  /** What stands for a key in a Map: itself where that is enough. */
  protected idOf(key: unknown): unknown {
    return typeof key === 'string' || typeof key === 'number' ? key : this.spec.identity(key);
  }

  /** An accumulator with one more value in it, or with another accumulator where values were folded before. */
  protected fold(accumulator: unknown, value: unknown): unknown {
    const { combineFn, precombined } = this.spec;
    return precombined ? combineFn.mergeAccumulators(accumulator, value) : combineFn.addInput(accumulator, value);
  }

  onBarrier(epoch: number): void {
    this.ledger.current = epoch + 1;
  }

  oldestHeldEpoch(): number | undefined {
    return this.ledger.oldest();
  }
}

/** A grouping to which an element in several windows is as many elements. */
export abstract class PerWindowGroupOperator extends GroupOperator {
  override process(batch: Batch, from: number): number {
    const { values } = batch;
    const keys = batch.keys!;
    const column = batch.windowColumn;
    for (let i = from; i < batch.length; i++) {
      const windows = column === undefined ? batch.window : column[i]!;
      if (Array.isArray(windows)) {
        for (const window of windows as readonly BoundedWindow[]) this.add(window, keys[i], values[i]);
      } else {
        this.add(windows as BoundedWindow, keys[i], values[i]);
      }
    }
    return batch.length;
  }

  protected abstract add(window: BoundedWindow, key: unknown, value: unknown): void;
}
