import { MAX_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import { Batch, type OutputGate, type OutputPort } from '../kernel/index.js';
import type { BarrierMarker, ChannelSender, Marker } from './channel.js';
import type { Clock } from './clock.js';
import type { TaskGate } from './input-gate.js';
import type { Operator } from './operator.js';
import type { Turning } from './ready-tasks.js';
import { TaskBundle } from './task-bundle.js';

/** How long a watermark waits for batches to become full, and how many polls of the source. */
const FILLING_MS = 10;
const FILLING_POLLS = 64;

export interface TaskEvents {
  /** The task may have something to do. */
  wake(task: Task): void;
  /** A barrier has passed; `oldestHeld` is the oldest epoch of which the task still holds something. */
  acknowledge(task: Task, epoch: number, oldestHeld: number | undefined): void;
  /** Time has reached its end in this task, and everything has fired. */
  finished(task: Task): void;
  ended(task: Task): void;
  failed(task: Task, error: unknown): void;
  /** Where a disturbance asks for it: a batch is on its way. */
  handedOver?(): void;
}

export interface TaskOptions {
  /** Of a source whose elements are spread over several tasks: watermarks wait for batches to become full. */
  readonly fillsBatches?: boolean;
  /** Elements after which a bundle is closed. */
  readonly bundleElements?: number;
}

/** One of the parallel instances of an operator: takes frames from its gate and keeps bundles, markers and order. */
export class Task implements Turning {
  private batch: Batch | undefined;
  private from = 0;
  /** A promise is in flight: nothing runs until it settles. */
  private waiting = false;
  private readonly bundle: TaskBundle;
  /** A watermark that waits for the bundle to close. */
  private heldWatermark: Marker | undefined;
  private saidIdle = false;
  /** The operator's own work has gone on since time was last handed on. */
  private timeUntold = false;
  /** Markers that wait for nothing but the closing of the bundle before them. */
  private readonly queued: Marker[] = [];
  /** A marker that was given to the operator and is to be handed on. */
  private pending: Marker | undefined;
  private sentWatermark = Number.NEGATIVE_INFINITY;
  /** Polls since time was last handed on, when the first of them was, and what had been handed on by then. */
  private polls = 0;
  private pollsSince = 0;
  private handedOnBefore = 0;
  private readonly fillsBatches: boolean;
  done = false;
  elementsIn = 0;
  place = -1;
  isReady = false;

  constructor(
    readonly id: string,
    readonly operatorId: string,
    readonly operator: Operator,
    private readonly gate: TaskGate,
    private readonly outputGate: OutputGate,
    private readonly ports: readonly OutputPort[],
    private readonly senders: readonly ChannelSender[],
    private readonly clock: Clock,
    private readonly events: TaskEvents,
    options: TaskOptions = {},
  ) {
    this.fillsBatches = options.fillsBatches ?? false;
    this.bundle = new TaskBundle(clock, () => this.wake(), options.bundleElements);
  }

  get watermark(): Timestamp {
    return this.gate.watermark;
  }

  /** Watermark last handed on. */
  get outputWatermark(): Timestamp {
    return this.sentWatermark;
  }

  /** Has no input of its own: barriers enter here. */
  get isRoot(): boolean {
    return this.gate.isEmpty;
  }

  /** A promise is in flight whose end will wake the task. */
  get isBusy(): boolean {
    return this.waiting || this.operator.isBusy === true;
  }

  get isTerminal(): boolean {
    return this.senders.length === 0;
  }

  async setup(): Promise<void> {
    await this.operator.setup?.();
  }

  /** Does a piece of work; false when there is none that could be done now. */
  run(): boolean {
    if (this.waiting || this.done) return false;
    this.outputGate.blocked = this.isFull();
    if (this.outputGate.blocked) return false;
    try {
      if (this.work()) return true;
      // Nothing more for now: what came out so far should not wait for company.
      if (!this.waiting) this.flush();
      return false;
    } catch (error) {
      this.events.failed(this, error);
      return false;
    }
  }

  private work(): boolean {
    const operator = this.operator;
    if (this.bundle.isOpen && (this.bundle.isOver || operator.bundleFull === true)) {
      this.closeBundle();
      return true;
    }
    // An element that comes to more than a bundle holds goes on in the next one.
    if (!this.bundle.isOpen && operator.hasRest === true && !this.openBundle()) return true;
    const fires = operator.hasOwnTime === true && operator.hasRest === true;
    if (!operator.resume()) {
      // Either the output is full, or the operator will wake the task.
      return this.outputGate.blocked;
    }
    if (fires) this.timeUntold = true;
    if (this.pending !== undefined) {
      const marker = this.pending;
      this.pending = undefined;
      this.passOn(marker);
      return true;
    }
    if (this.batch !== undefined) return this.processBatch();
    if (this.queued.length > 0) {
      if (this.bundle.isOpen) this.closeBundle();
      else this.take(this.queued.shift()!);
      return true;
    }
    if (this.heldWatermark !== undefined && !this.bundle.isOpen) {
      const held = this.heldWatermark;
      this.heldWatermark = undefined;
      this.take(held);
      return true;
    }
    if (this.timeUntold && !this.bundle.isOpen) {
      this.tellTime();
      return true;
    }
    if (operator.hasOwnTime === true && this.tellOwnTime()) return true;
    const frame = this.gate.take();
    if (frame === undefined) return operator.poll !== undefined && this.poll();
    if (frame instanceof Batch) {
      this.batch = frame;
      this.from = 0;
      return this.processBatch();
    }
    this.takeMarker(frame);
    return true;
  }

  private poll(): boolean {
    const { operator } = this;
    if (operator.hasBundles === true && !this.bundle.isOpen && operator.mayEmit === true && !this.openBundle())
      return true;
    if (this.polls === 0) {
      this.pollsSince = this.clock.now();
      this.handedOnBefore = this.outputGate.handedOn;
    }
    const before = operator.polled ?? 0;
    const outcome = operator.poll!();
    this.count((operator.polled ?? 0) - before);
    this.polls++;
    if (outcome === 'full' && this.isFilling()) return true;
    this.polls = 0;
    this.tellTime();
    return outcome !== 'idle' || this.pending !== undefined || (this.timeUntold && !this.bundle.isOpen);
  }

  /**
   * A watermark sends on what is buffered for each of the tasks that follow, and few of the elements may go to each: it
   * waits until one of the batches is full, but not long.
   */
  private isFilling(): boolean {
    if (!this.fillsBatches || this.saidIdle || this.ports.length === 0) return false;
    if (this.outputGate.handedOn !== this.handedOnBefore) return false;
    return this.polls < FILLING_POLLS && this.clock.now() - this.pollsSince < FILLING_MS;
  }

  /** Hands on how far the operator's own work has come; time waits for the bundle in which elements are. */
  private tellTime(): void {
    const { operator } = this;
    if (this.bundle.hasElements) {
      this.timeUntold = true;
      if (operator.outputWatermark!() >= MAX_TIMESTAMP) this.closeBundle();
      return;
    }
    this.timeUntold = false;
    if (operator.isIdle?.() === true) {
      if (!this.saidIdle) this.passOn({ kind: 'idle' });
      return;
    }
    const timestamp = operator.outputWatermark!();
    if (timestamp > this.sentWatermark || this.saidIdle) this.announce(timestamp);
  }

  /** Hands on how far time has come by what the operator has done of itself; closes the bundle in which it did. */
  private tellOwnTime(): boolean {
    const { operator } = this;
    if (this.bundle.isOpen) {
      if (this.timeUntold) this.closeBundle();
      return this.timeUntold;
    }
    const isIdle = operator.isIdle?.() === true;
    if (isIdle === this.saidIdle && (isIdle || operator.outputWatermark!() <= this.sentWatermark)) return false;
    this.tellTime();
    return true;
  }

  /** The operator has the chance to emit what the watermark makes due. */
  private announce(timestamp: Timestamp): void {
    this.operator.onOutputWatermark?.(timestamp);
    this.pending = { kind: 'watermark', timestamp };
  }

  private processBatch(): boolean {
    const batch = this.batch!;
    // What a source takes in is work, not elements.
    const { operator } = this;
    const takesElements = operator.poll === undefined;
    if (takesElements && operator.hasBundles === true && !this.bundle.isOpen && !this.openBundle()) return true;
    const next = this.operator.process(batch, this.from);
    if (takesElements) this.count(next - this.from);
    const progress = next > this.from || next === batch.length;
    this.from = next;
    if (next === batch.length) this.batch = undefined;
    return progress || this.outputGate.blocked;
  }

  private count(elements: number): void {
    if (elements === 0) return;
    this.elementsIn += elements;
    this.bundle.count(elements);
  }

  /** False when the bundle opens with a promise. */
  private openBundle(): boolean {
    this.bundle.open();
    const started = this.operator.startBundle!();
    if (started === undefined) return true;
    this.wait(started);
    return false;
  }

  /** Closes the bundle at the task's next turn, if there is one with elements in it; says so. */
  closeBundleNow(): boolean {
    if (!this.bundle.hasElements) return false;
    this.bundle.letEnd();
    return true;
  }

  private closeBundle(): void {
    this.bundle.close();
    const finished = this.operator.finishBundle!();
    if (finished === undefined) this.flush();
    else this.wait(finished.then(() => this.flush()));
  }

  /** A marker from the gate; it may have to wait until the bundle is closed. */
  private takeMarker(marker: Marker): void {
    // A bundle without elements has nothing that could come too late; it is closed at the end.
    if (!this.bundle.isOpen || (!this.bundle.hasElements && marker.kind !== 'end')) {
      this.take(marker);
      return;
    }
    const waits = marker.kind === 'idle' || (marker.kind === 'watermark' && marker.timestamp < MAX_TIMESTAMP);
    if (waits) {
      this.heldWatermark = marker;
      return;
    }
    // The bundle is closed first; the watermark that waited goes before the barrier.
    this.closeBundle();
    const held = this.heldWatermark;
    this.heldWatermark = undefined;
    if (held !== undefined) this.queued.push(held);
    this.queued.push(marker);
  }

  private take(marker: Marker): void {
    if (this.operator.holdMarker !== undefined) {
      this.operator.holdMarker(marker);
      return;
    }
    if (this.operator.hasOwnTime === true && (marker.kind === 'watermark' || marker.kind === 'idle')) {
      if (marker.kind === 'watermark') this.operator.onWatermark?.(marker.timestamp);
      else this.operator.onIdle?.();
      this.timeUntold = true;
      return;
    }
    if (marker.kind === 'watermark') {
      this.operator.onWatermark?.(marker.timestamp);
      const timestamp = this.operator.outputWatermark?.() ?? marker.timestamp;
      if (timestamp > this.sentWatermark || this.saidIdle) this.announce(timestamp);
      return;
    }
    if (marker.kind === 'barrier') this.operator.beforeBarrier?.();
    this.pending = marker;
  }

  /** Hands a marker on, behind everything that was emitted before it. */
  passOn(marker: Marker): void {
    this.flush();
    switch (marker.kind) {
      case 'watermark': {
        const { timestamp } = marker;
        if (timestamp <= this.sentWatermark && !this.saidIdle) return;
        this.saidIdle = false;
        this.sentWatermark = Math.max(timestamp, this.sentWatermark);
        this.gate.handedOn?.(this.sentWatermark);
        for (const sender of this.senders) sender.mark({ kind: 'watermark', timestamp: this.sentWatermark });
        if (timestamp >= MAX_TIMESTAMP) this.events.finished(this);
        return;
      }
      case 'idle':
        this.saidIdle = true;
        for (const sender of this.senders) sender.mark(marker);
        return;
      case 'barrier':
        this.passBarrier(marker);
        return;
      case 'end':
        this.done = true;
        for (const sender of this.senders) sender.mark(marker);
        this.events.ended(this);
    }
  }

  private passBarrier(marker: BarrierMarker): void {
    const { epoch, stop } = marker;
    const oldest = this.operator.onBarrier?.(epoch, stop, marker.oldest) ?? marker.oldest;
    this.events.acknowledge(this, epoch, this.oldestHeldEpoch());
    for (const sender of this.senders) sender.mark({ kind: 'barrier', epoch, oldest, stop });
  }

  private oldestHeldEpoch(): number | undefined {
    const operator = this.operator.oldestHeldEpoch?.();
    const gate = this.gate.oldestHeldEpoch?.();
    if (operator === undefined || gate === undefined) return operator ?? gate;
    return Math.min(operator, gate);
  }

  private flush(): void {
    for (const port of this.ports) port.flush();
  }

  private isFull(): boolean {
    for (const sender of this.senders) if (sender.full) return true;
    return false;
  }

  private wake(): void {
    this.events.wake(this);
  }

  private wait(promise: Promise<void>): void {
    this.waiting = true;
    promise.then(
      () => {
        this.waiting = false;
        this.wake();
      },
      (error: unknown) => this.events.failed(this, error),
    );
  }

  async teardown(): Promise<void> {
    this.bundle.stopTime();
    await this.operator.teardown?.();
  }
}
