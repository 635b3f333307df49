import {
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type MillraceError,
  type RestrictionTracker,
  type SourceContext,
  type SourceReader,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import {
  BATCH_CAPACITY,
  type Batch,
  type ElementOutput,
  functionError,
  type OutputGate,
  type StepSpec,
} from '../kernel/index.js';
import type { Clock } from './clock.js';
import type { Operator, PollOutcome } from './operator.js';
import type { AnySplittable, SourceWork } from './split-operator.js';
import { WaitingWork } from './waiting-work.js';

/** Work that no reader was opened for yet. */
interface Waiting {
  readonly work: SourceWork;
  readonly timestamp: Timestamp;
  readonly windows: Windows;
}

/** A reader at work on a restriction. */
interface Active {
  readonly work: SourceWork;
  readonly tracker: RestrictionTracker<unknown, unknown>;
  readonly reader: SourceReader<unknown>;
  readonly output: ElementOutput;
  /** Has nothing for now; something will wake it. */
  asleep: boolean;
}

interface Finaliser {
  readonly epoch: number;
  readonly run: () => void | Promise<void>;
}

export interface SourceOperatorParts {
  readonly step: StepSpec;
  readonly splittable: AnySplittable;
  readonly context: Omit<SourceContext, 'initialWatermark' | 'now'>;
  /** Makes an output for what is read of an element in these windows. */
  readonly openOutput: (windows: Windows) => ElementOutput;
  readonly gate: OutputGate;
  readonly clock: Clock;
  readonly wake: () => void;
}

/**
 * Works on restrictions through readers that are polled. Bounded work is done one restriction after the other; of
 * unbounded work all is open at once. Its watermark is the least of its readers, of what waits, and of its input.
 */
export class SourceOperator implements Operator {
  private readonly waiting = new WaitingWork<Waiting>();
  private readonly active: Active[] = [];
  private readonly finalisers: Finaliser[] = [];
  private opening: Waiting | undefined;
  private failure: { readonly error: unknown } | undefined;
  private inputWatermark: Timestamp = MIN_TIMESTAMP;
  private epoch = 1;
  private stopped = false;
  private draining = false;
  private next = 0;
  /** Readers that wait for a promise of their own. */
  private awaiting = 0;
  private readonly closing = new Set<Promise<void>>();
  /** Elements emitted. */
  polled = 0;

  constructor(private readonly parts: SourceOperatorParts) {}

  async setup(): Promise<void> {
    try {
      await this.parts.splittable.setup?.(this.parts.context);
    } catch (error) {
      throw this.place(error);
    }
  }

  process(batch: Batch, from: number): number {
    for (let i = from; i < batch.length; i++) {
      const work = batch.values[i] as SourceWork;
      this.waiting.push({ work, timestamp: batch.timestamps[i]!, windows: batch.windowsAt(i) });
    }
    if (this.draining) this.truncateWaiting();
    return batch.length;
  }

  resume(): boolean {
    if (this.failure !== undefined) throw this.failure.error;
    return true;
  }

  onWatermark(timestamp: Timestamp): void {
    this.inputWatermark = timestamp;
  }

  /** What an unbounded source waits for may never come, unless its reader says that it will. */
  get isBusy(): boolean {
    if (this.opening !== undefined || (this.awaiting > 0 && this.parts.splittable.isBounded)) return true;
    return this.active.some(({ reader }) => reader.isWorking?.() === true);
  }

  /** Whether the next poll can come to anything. */
  get mayEmit(): boolean {
    return !this.stopped && (!this.waiting.isEmpty || this.active.some(({ asleep }) => !asleep));
  }

  poll(): PollOutcome {
    if (this.stopped) return 'idle';
    this.openNext();
    const { active } = this;
    const before = this.polled;
    let outcome: PollOutcome = 'idle';
    // Readers that have little are asked in one go: a batch and a watermark are for all of them together.
    for (let tried = active.length; tried > 0 && active.length > 0 && !this.parts.gate.blocked; tried--) {
      if (this.next >= active.length) this.next = 0;
      const reader = active[this.next++]!;
      if (reader.asleep) continue;
      outcome = 'progress';
      this.pollReader(reader, BATCH_CAPACITY - (this.polled - before));
      if (this.polled - before >= BATCH_CAPACITY) return 'full';
    }
    return outcome;
  }

  private pollReader(active: Active, budget: number): void {
    const before = active.output.count;
    let result: ReturnType<SourceReader<unknown>['poll']>;
    try {
      result = active.reader.poll(active.output, budget);
      if (result === 'done') active.tracker.checkDone();
    } catch (error) {
      throw this.place(error, { value: active.work.element });
    }
    this.polled += active.output.count - before;
    if (result === 'more') return;
    if (result === 'done' || (this.draining && !this.parts.splittable.isBounded)) {
      this.finish(active);
      return;
    }
    active.asleep = true;
    const wake = (): void => {
      active.asleep = false;
      this.parts.wake();
    };
    if (result.kind === 'resumeAfter') {
      this.parts.clock.after(result.delayMs, wake);
      return;
    }
    this.awaiting++;
    result.promise.then(
      () => {
        this.awaiting--;
        wake();
      },
      (error: unknown) => {
        this.awaiting--;
        this.fail(error, active.work);
      },
    );
  }

  /** The reader stays open until its last finaliser has run. */
  private finish(active: Active): void {
    const at = this.active.indexOf(active);
    this.active.splice(at, 1);
    if (at < this.next) this.next--;
    const last = active.reader.checkpoint?.();
    if (last === undefined) {
      this.close(active.reader);
      return;
    }
    const run = async (): Promise<void> => {
      try {
        await last();
      } finally {
        await active.reader.close();
      }
    };
    this.finalisers.push({ epoch: this.epoch, run });
  }

  private close(reader: SourceReader<unknown>): void {
    const closed = reader.close();
    if (closed === undefined) return;
    const done = closed.catch((error: unknown) => this.fail(error)).finally(() => this.closing.delete(done));
    this.closing.add(done);
  }

  private openNext(): void {
    const { isBounded } = this.parts.splittable;
    while (this.opening === undefined && this.failure === undefined && !(isBounded && this.active.length > 0)) {
      const waiting = this.waiting.shift();
      if (waiting === undefined) return;
      this.open(waiting);
    }
  }

  /** Most readers are there at once; while one is not, no other is opened. */
  private open(waiting: Waiting): void {
    const { splittable, context, clock } = this.parts;
    const { work, timestamp } = waiting;
    try {
      const tracker = splittable.newTracker(work.restriction);
      const now = (): number => clock.now();
      const opened = splittable.open(work.element, tracker, { ...context, initialWatermark: timestamp, now });
      if (!('then' in opened)) {
        this.begin(waiting, tracker, opened);
        return;
      }
      this.opening = waiting;
      opened.then(
        (reader) => {
          this.opening = undefined;
          this.begin(waiting, tracker, reader);
          this.parts.wake();
        },
        (error: unknown) => {
          this.opening = undefined;
          this.fail(error, work);
        },
      );
    } catch (error) {
      this.fail(error, work);
    }
  }

  private begin({ work, windows }: Waiting, tracker: Active['tracker'], reader: Active['reader']): void {
    this.active.push({ work, tracker, reader, output: this.parts.openOutput(windows), asleep: false });
  }

  /** Ends the intake: bounded work is finished, unbounded work is cut off where it stands. */
  drain(): void {
    if (this.draining) return;
    this.draining = true;
    this.truncateWaiting();
    if (!this.parts.splittable.isBounded) {
      for (const active of this.active) {
        active.tracker.trySplit(0);
        active.asleep = false;
      }
    }
    this.parts.wake();
  }

  private truncateWaiting(): void {
    const { splittable } = this.parts;
    for (const waiting of this.waiting.takeAll()) {
      const { element, restriction } = waiting.work;
      const left = splittable.truncate?.(element, restriction) ?? (splittable.isBounded ? restriction : undefined);
      if (left !== undefined) this.waiting.push({ ...waiting, work: { element, restriction: left } });
    }
  }

  outputWatermark(): Timestamp {
    let least = this.inputWatermark;
    if (this.opening !== undefined && this.opening.timestamp < least) least = this.opening.timestamp;
    if (this.waiting.least < least) least = this.waiting.least;
    for (const { reader } of this.active) {
      if (reader.isIdle?.() === true) continue;
      const watermark = reader.watermark();
      if (watermark < least) least = watermark;
    }
    // Time is at its end only when all work is done.
    return least >= MAX_TIMESTAMP && this.active.length > 0 ? MAX_TIMESTAMP - 1 : least;
  }

  isIdle(): boolean {
    if (this.active.length === 0 || !this.waiting.isEmpty || this.opening !== undefined) return false;
    return this.active.every(({ reader }) => reader.isIdle?.() === true);
  }

  onBarrier(epoch: number, stop: boolean): void {
    this.epoch = epoch + 1;
    for (const { reader } of this.active) {
      const run = reader.checkpoint?.();
      if (run !== undefined) this.finalisers.push({ epoch, run });
    }
    if (stop) this.stopped = true;
  }

  /** All that was emitted in epochs up to this one is acknowledged. */
  async finalise(epoch: number): Promise<void> {
    while (this.finalisers.length > 0 && this.finalisers[0]!.epoch <= epoch) {
      const { run } = this.finalisers.shift()!;
      try {
        await run();
      } catch (error) {
        throw this.place(error);
      }
    }
  }

  /** Records behind the end of what there is to read, where that is known. */
  lag(): number | undefined {
    let sum: number | undefined;
    for (const { reader } of this.active) {
      const lag = reader.lag?.();
      if (lag !== undefined) sum = (sum ?? 0) + lag;
    }
    return sum;
  }

  async teardown(): Promise<void> {
    for (const { reader } of this.active) await reader.close();
    await Promise.all(this.closing);
    await this.parts.splittable.teardown?.();
  }

  private fail(error: unknown, work?: SourceWork): void {
    this.failure ??= { error: this.place(error, work === undefined ? undefined : { value: work.element }) };
    this.parts.wake();
  }

  private place(error: unknown, element?: { readonly value: unknown }): MillraceError {
    const { step } = this.parts;
    return functionError(error, { name: step.transform.uniqueName, source: step.source }, element);
  }
}
