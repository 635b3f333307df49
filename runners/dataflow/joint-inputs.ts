import type { Timestamp } from '../../sdk/model/index.js';
import { Batch } from '../kernel/index.js';
import { type BarrierMarker, type ChannelReceiver, type Marker, olderOf } from './channel.js';
import { InputGate } from './input-gate.js';

/** One input of a task: its channels, and the barrier or the end that has come out of them and waits for other inputs. */
export class JointInput {
  private readonly gate: InputGate;
  barrier: BarrierMarker | undefined;
  ended = false;
  /** Has nothing to say about time for now. */
  idle = false;

  constructor(channels: readonly ChannelReceiver[]) {
    this.gate = new InputGate(channels);
  }

  get watermark(): Timestamp {
    return this.gate.watermark;
  }

  /** What comes next: a batch, or a marker that has been seen to. Nothing behind a barrier until that is taken. */
  take(): Batch | Marker | undefined {
    if (this.barrier !== undefined || this.ended) return undefined;
    const frame = this.gate.take();
    if (frame === undefined || frame instanceof Batch) return frame;
    switch (frame.kind) {
      case 'barrier':
        this.barrier = frame;
        break;
      case 'end':
        this.ended = true;
        break;
      default:
        this.idle = frame.kind === 'idle';
    }
    return frame;
  }
}

/**
 * The inputs of a task with side inputs. A barrier, or the end, is that of all of them. They go on where what stands behind
 * them is thrown away and restored.
 */
export class JointInputs {
  readonly main: JointInput;
  readonly sides: ReadonlyMap<string, JointInput>;
  private readonly all: readonly JointInput[];
  /** Epoch of the last barrier that has come out. */
  epoch: number | undefined;

  /** `sides`: by tag. */
  constructor(main: readonly ChannelReceiver[], sides: Iterable<readonly [string, readonly ChannelReceiver[]]>) {
    this.main = new JointInput(main);
    this.sides = new Map(Array.from(sides, ([tag, channels]) => [tag, new JointInput(channels)]));
    this.all = [this.main, ...this.sides.values()];
  }

  /** The barrier that has come out of all of them, once. */
  takeBarrier(): BarrierMarker | undefined {
    let joint: BarrierMarker | undefined;
    for (const { barrier } of this.all) {
      if (barrier === undefined) return undefined;
      joint = olderOf(joint, barrier);
    }
    for (const input of this.all) input.barrier = undefined;
    this.epoch = joint?.epoch;
    return joint;
  }

  get haveEnded(): boolean {
    return this.all.every(({ ended }) => ended);
  }
}
