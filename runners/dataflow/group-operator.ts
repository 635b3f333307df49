import { MIN_TIMESTAMP, type Timestamp, type Windows } from '../../sdk/model/index.js';
import type { Batch, KeyedSink, KeyTable, SnapshotReader, SnapshotWriter } from '../kernel/index.js';
import { EpochLedger } from './epoch-ledger.js';
import { readWatermark, writeWatermark } from './group-coding.js';
import type { GroupSpec } from './group-spec.js';
import type { Operator } from './operator.js';

/** What the layouts of grouping have in common: folding, the watermark, and the epochs of what is held. */
export abstract class GroupOperator implements Operator, KeyedSink {
  protected watermark: Timestamp = MIN_TIMESTAMP;
  protected readonly ledger = new EpochLedger();
  /** The table of the elements in `tableWindows`: neighbours mostly stand in the same windows. */
  table: KeyTable;
  tableWindows: Windows | undefined;

  constructor(protected readonly spec: GroupSpec) {
    this.table = spec.makeTable();
  }

  abstract fold(key: unknown, value: unknown, windows: Windows): void;

  abstract onWatermark(timestamp: Timestamp): void;

  abstract resume(): boolean;

  /** Writes down what is held of every key. */
  protected abstract save(to: SnapshotWriter): void;

  protected abstract load(from: SnapshotReader): void;

  process(batch: Batch, from: number): number {
    const { values } = batch;
    const keys = batch.keys!;
    for (let i = from; i < batch.length; i++) {
      const windows = batch.windowsAt(i);
      if (windows !== this.tableWindows) this.fold(keys[i], values[i], windows);
      else this.table.put(keys[i], values[i]);
    }
    return batch.length;
  }

  /** Elements in these windows go into this table from now on. */
  protected use(windows: Windows | undefined, table: KeyTable): void {
    if (table !== this.table) this.table.settle();
    this.tableWindows = windows;
    this.table = table;
  }

  onBarrier(epoch: number, _stop: boolean, oldest: number): number {
    const emitted = this.ledger.pass(epoch, oldest);
    return this.spec.holdsNoEpoch === true ? oldest : emitted;
  }

  snapshot(to: SnapshotWriter): void {
    this.table.settle();
    if (this.watermark !== MIN_TIMESTAMP) writeWatermark(to, this.watermark);
    this.save(to);
  }

  restore(from: SnapshotReader): void {
    this.watermark = readWatermark(from);
    this.load(from);
  }

  oldestHeldEpoch(): number | undefined {
    return this.spec.holdsNoEpoch === true ? undefined : this.ledger.oldest();
  }
}
