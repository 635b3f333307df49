import {
  GlobalWindow,
  type KV,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type PaneInfo,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import type { OutputGate, OutputPort } from '../kernel/index.js';
import type { Marker } from './channel.js';
import type { Operator, PollOutcome } from './operator.js';

/** An element as a test stream puts it out. */
export interface TestElement {
  readonly value: unknown;
  readonly timestamp: Timestamp;
  /** The global one, where absent. */
  readonly windows?: Windows;
  /** None, where absent. */
  readonly pane?: PaneInfo;
}

/** One output of a test stream: emits what it is told, when it is told. Like an impulse it stays until the pipeline ends. */
export class TestStreamOperator implements Operator {
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
    private readonly ports: readonly OutputPort[],
    private readonly gate: OutputGate,
    private readonly wake: () => void,
  ) {}

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
        this.emit(elements[this.next]!);
      }
      return 'progress';
    }
    const marker = this.injected.shift();
    if (marker === undefined) return 'idle';
    this.passOn(marker);
    return 'progress';
  }

  private emit({ value, timestamp, windows = GlobalWindow.INSTANCE, pane = NO_FIRING_PANE }: TestElement): void {
    for (const port of this.ports) {
      if (port.keyed) {
        const { key, value: keyed } = value as KV<unknown, unknown>;
        port.pushKeyed(key, keyed, timestamp, windows, pane);
      } else {
        port.push(value, timestamp, windows, pane);
      }
    }
  }

  outputWatermark(): Timestamp {
    return this.watermark;
  }

  onBarrier(_epoch: number, stop: boolean, oldest: number): number {
    if (stop) this.stopped = true;
    return oldest;
  }
}
