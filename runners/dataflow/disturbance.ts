import type { Batch, BatchReceiver, OutputGate } from '../kernel/index.js';
import type { ChannelSender, Marker } from './channel.js';
import type { Operator } from './operator.js';
import type { SideInputs } from './side-inputs.js';
import type { SourceOperator } from './source-operator.js';

/** What tests do to a dataflow that must come to the same all the same. In production nothing of it is there. */
export interface Disturbance {
  /** Every step is an operator and every operator a task of its own. */
  readonly unfused?: boolean;
  /** A bundle is closed after so many elements. */
  readonly bundleElements?: number;
  /** What is handed over in the place of a batch. */
  readonly rearrange?: (batch: Batch) => Iterable<Batch>;
  /** A barrier goes through whenever a batch was handed over and none is on its way. */
  readonly barriers?: boolean;
  /** Puts something in the place of an operator that works on elements that come in. */
  readonly replace?: (maker: OperatorMaker) => Operator;
  /** The same for what stands before a task with side inputs; each that is made goes on with the same channels. */
  readonly replaceSideInputs?: (make: () => SideInputs) => SideInputs;
  /** Does something to every source before it is run. */
  readonly source?: (source: SourceOperator) => void;
}

/** Makes the operator of a task as often as it is asked. */
export interface OperatorMaker {
  /** One that writes where the task's operator writes. */
  make(): Operator;
  /** One whose outputs and metrics nobody sees, and the gate that it looks at. */
  makeDiscarded(): { readonly operator: Operator; readonly gate: OutputGate };
  /** The task may have something to do. */
  readonly wake: () => void;
}

/** Hands other batches over than it is given, and says so. */
export class DisturbedSender implements ChannelSender {
  constructor(
    private readonly sender: ChannelSender,
    private readonly rearrange: NonNullable<Disturbance['rearrange']> = (batch) => [batch],
    private readonly handedOver: (() => void) | undefined,
  ) {}

  get full(): boolean {
    return this.sender.full;
  }

  accept(batch: Batch): boolean {
    for (const each of this.rearrange(batch)) this.sender.accept(each);
    this.handedOver?.();
    return !this.full;
  }

  mark(marker: Marker): void {
    this.sender.mark(marker);
  }
}

/** Where discarded attempts write. */
export const NOWHERE: BatchReceiver = { accept: () => true };
