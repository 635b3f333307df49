import { MIN_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import { Batch, type SnapshotReader, type SnapshotWriter } from '../kernel/index.js';
import { type BarrierMarker, type ChannelReceiver, type Marker, olderOf } from './channel.js';
import type { EpochLedger } from './epoch-ledger.js';
import { InputGate, type TaskGate } from './input-gate.js';
import type { PushedBack } from './pushed-back.js';
import type { SideInputTable } from './side-input-table.js';

/** The channels of one side input, and what comes of them. */
interface SideInput {
  readonly table: SideInputTable;
  readonly gate: InputGate;
}

/** Barriers and ends are those of all inputs together: whoever has delivered one waits for the others. */
class Joint {
  aligned = false;
  ended = false;
  get waits(): boolean {
    return this.aligned || this.ended;
  }
}

/**
 * The gate of a task with side inputs. It takes in all that comes, so that nothing upstream ever waits for a side input
 * that is made of what is upstream; elements of the main input come out when their side inputs are ready. Time comes out
 * no further than the elements that still wait; side inputs do not hold it.
 */
export class SideInputGate implements TaskGate {
  readonly isEmpty = false;
  private readonly main: InputGate;
  private readonly mainJoint = new Joint();
  private readonly sides: readonly (SideInput & { readonly joint: Joint })[];
  private readonly joints: readonly Joint[];
  private barrier: BarrierMarker | undefined;
  private mainIdle = false;
  private saidIdle = false;
  private announced: Timestamp = MIN_TIMESTAMP;

  constructor(
    main: readonly ChannelReceiver[],
    sides: readonly { readonly table: SideInputTable; readonly channels: readonly ChannelReceiver[] }[],
    private readonly pushedBack: PushedBack,
    private readonly ledger: EpochLedger,
  ) {
    this.main = new InputGate(main);
    this.sides = sides.map(({ table, channels }) => ({ table, gate: new InputGate(channels), joint: new Joint() }));
    this.joints = [this.mainJoint, ...this.sides.map(({ joint }) => joint)];
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
    for (const { table, gate, joint } of this.sides) {
      while (!joint.waits) {
        const frame = gate.take();
        if (frame === undefined) break;
        progress = true;
        if (frame instanceof Batch) table.add(frame);
        else if (frame.kind === 'watermark') table.watermark = frame.timestamp;
        else this.join(joint, frame);
      }
    }
    if (progress) this.pushedBack.release();
    return progress;
  }

  private takeMain(): boolean {
    if (this.mainJoint.waits) return false;
    const frame = this.main.take();
    if (frame === undefined) return false;
    if (frame instanceof Batch) this.pushedBack.add(frame);
    else if (frame.kind === 'watermark') this.mainIdle = false;
    else if (frame.kind === 'idle') this.mainIdle = true;
    else this.join(this.mainJoint, frame);
    return true;
  }

  private join(joint: Joint, marker: Marker): void {
    if (marker.kind === 'barrier') {
      joint.aligned = true;
      this.barrier = olderOf(this.barrier, marker);
    } else if (marker.kind === 'end') joint.ended = true;
  }

  private joint(): Marker | undefined {
    const { barrier } = this;
    if (barrier !== undefined && this.joints.every(({ aligned }) => aligned)) {
      for (const joint of this.joints) joint.aligned = false;
      this.barrier = undefined;
      return { ...barrier, oldest: this.ledger.pass(barrier.epoch, barrier.oldest) };
    }
    return this.joints.every(({ ended }) => ended) ? { kind: 'end' } : undefined;
  }

  private time(): Marker | undefined {
    const { least } = this.pushedBack;
    if (this.mainIdle && least === Number.POSITIVE_INFINITY) {
      if (this.saidIdle) return undefined;
      this.saidIdle = true;
      return { kind: 'idle' };
    }
    const timestamp = Math.max(this.announced, Math.min(this.main.watermark, least));
    if (timestamp === this.announced && !this.saidIdle) return undefined;
    this.announced = timestamp;
    this.saidIdle = false;
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
    this.pushedBack.snapshot(to);
  }

  restore(from: SnapshotReader): void {
    this.pushedBack.restore(from);
  }
}
