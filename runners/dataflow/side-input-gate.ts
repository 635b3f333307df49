import { MIN_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import { Batch, type SnapshotReader, type SnapshotWriter } from '../kernel/index.js';
import type { Marker } from './channel.js';
import type { EpochLedger } from './epoch-ledger.js';
import type { TaskGate } from './input-gate.js';
import type { JointInput, JointInputs } from './joint-inputs.js';
import type { PushedBack } from './pushed-back.js';
import type { SideInputTable } from './side-input-table.js';
import { readInstant, writeInstant } from './snapshot-instant.js';

const PART = 'side-input-gate';

/**
 * The gate of a task with side inputs. It takes in all that comes, so that nothing upstream ever waits for a side input
 * that is made of what is upstream; elements of the main input come out when their side inputs are ready. Time comes out
 * no further than the elements that still wait; side inputs do not hold it.
 */
export class SideInputGate implements TaskGate {
  readonly isEmpty = false;
  private readonly sides: readonly { readonly table: SideInputTable; readonly input: JointInput }[];
  private announced: Timestamp = MIN_TIMESTAMP;
  /** What was last said about time; undefined when it has to be said once more. */
  private said: 'idle' | 'time' | undefined = 'time';

  constructor(
    private readonly inputs: JointInputs,
    tables: readonly SideInputTable[],
    private readonly pushedBack: PushedBack,
    private readonly ledger: EpochLedger,
  ) {
    this.sides = tables.map((table) => ({ table, input: inputs.sides.get(table.tag)! }));
  }

  get watermark(): Timestamp {
    return this.announced;
  }

  take(): Batch | Marker | undefined {
    for (;;) {
      const batch = this.pushedBack.take();
      if (batch !== undefined) return batch;
      const time = this.time();
      if (time !== undefined) return time;
      const progress = this.takeSides() || this.takeMain();
      if (!progress) return this.joint();
    }
  }

  /** All that is there: the later the contents, the better. */
  private takeSides(): boolean {
    let progress = false;
    for (const { table, input } of this.sides) {
      for (let frame = input.take(); frame !== undefined; frame = input.take()) {
        progress = true;
        if (frame instanceof Batch) table.add(frame);
        else if (frame.kind === 'watermark') table.advance(frame.timestamp);
      }
    }
    if (progress) this.pushedBack.release();
    return progress;
  }

  private takeMain(): boolean {
    const frame = this.inputs.main.take();
    if (frame instanceof Batch) this.pushedBack.add(frame);
    return frame !== undefined;
  }

  private joint(): Marker | undefined {
    const barrier = this.inputs.takeBarrier();
    if (barrier !== undefined) return { ...barrier, oldest: this.ledger.pass(barrier.epoch, barrier.oldest) };
    return this.inputs.haveEnded ? { kind: 'end' } : undefined;
  }

  private time(): Marker | undefined {
    const { least } = this.pushedBack;
    const { main } = this.inputs;
    if (main.idle && least === Number.POSITIVE_INFINITY) {
      if (this.said === 'idle') return undefined;
      this.said = 'idle';
      return { kind: 'idle' };
    }
    const timestamp = Math.max(this.announced, Math.min(main.watermark, least));
    if (timestamp === this.announced && this.said === 'time') return undefined;
    this.announced = timestamp;
    this.said = 'time';
    return { kind: 'watermark', timestamp };
  }

  /** The task has done everything up to this watermark. */
  handedOn(timestamp: Timestamp): void {
    this.pushedBack.giveUp(Math.min(timestamp, this.announced));
  }

  oldestHeldEpoch(): number | undefined {
    return this.ledger.oldest();
  }

  snapshot(to: SnapshotWriter): void {
    writeInstant(to, PART, this.announced);
    this.pushedBack.snapshot(to);
  }

  restore(from: SnapshotReader): void {
    this.announced = readInstant(from, PART) ?? MIN_TIMESTAMP;
    // Those that follow may have been made again too.
    if (this.announced > MIN_TIMESTAMP) this.said = undefined;
    this.pushedBack.restore(from);
    const { epoch } = this.inputs;
    if (epoch !== undefined) this.ledger.pass(epoch, epoch);
  }
}
