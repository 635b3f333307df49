import { GlobalWindow, MIN_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import type { OutputGate, OutputPort } from '../kernel/index.js';
import type { Marker } from './channel.js';
import type { Operator, PollOutcome } from './operator.js';
import { batchOutput } from './reader-output.js';

/** An element as a test stream puts it out. */
export interface TestElement {
  readonly value: unknown;
  readonly timestamp: Timestamp;
}

/** One output of a test stream: emits what it is told, when it is told. Like an impulse it stays until the pipeline ends. */
export class TestStreamOperator implements Operator {
  private readonly output;
  private readonly injected: Marker[] = [];
  private elements: readonly TestElement[] = [];
  private next = 0;
  private watermark: Timestamp = MIN_TIMESTAMP;
  private stopped = false;
  /** Set by the task that runs it. */
  passOn: (marker: Marker) => void = () => {};

  constructor(
    /** The output of the test stream that this is. */
    readonly tag: string,
    ports: readonly OutputPort[],
    private readonly gate: OutputGate,
    private readonly wake: () => void,
  ) {
    this.output = batchOutput(ports)(GlobalWindow.INSTANCE);
  }

  process(): number {
    throw new Error('a test stream has no input');
  }

  resume(): boolean {
    return true;
  }

  /** Elements that come together; what came before has gone out. */
  add(elements: readonly TestElement[]): void {
    this.elements = elements;
    this.next = 0;
    this.wake();
  }

  advance(watermark: Timestamp): void {
    if (watermark <= this.watermark) return;
    this.watermark = watermark;
    this.wake();
  }

  /** The pipeline was stopped: nothing more may come. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** Lets a barrier or the end into the dataflow. */
  inject(marker: Marker): void {
    this.injected.push(marker);
  }

  poll(): PollOutcome {
    const { elements } = this;
    if (this.next < elements.length) {
      for (; this.next < elements.length && !this.gate.blocked; this.next++) {
        const { value, timestamp } = elements[this.next]!;
        this.output.emit(value, timestamp);
      }
      return 'progress';
    }
    const marker = this.injected.shift();
    if (marker === undefined) return 'idle';
    this.passOn(marker);
    return 'progress';
  }

  outputWatermark(): Timestamp {
    return this.watermark;
  }

  onBarrier(_epoch: number, stop: boolean): void {
    if (stop) this.stopped = true;
  }
}
