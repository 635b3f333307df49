import {
  type BoundedWindow,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type MillraceError,
  type PollResult,
  type SourceContext,
  type SourceReader,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import {
  type Batch,
  type ElementOutput,
  functionError,
  type OutputGate,
  type SnapshotReader,
  type SnapshotWriter,
  type StepSpec,
} from '../kernel/index.js';
import type { Clock } from './clock.js';
import { EpochLedger } from './epoch-ledger.js';
import { Finalisers } from './finalisers.js';
import { type HeldWork, OpenReader, type PauseHost } from './open-reader.js';
import type { Operator, PollOutcome } from './operator.js';
import { readWork, type WorkCoder, type WorkLeft, writeWork } from './source-snapshot.js';
import type { AnySplittable, SourceWork } from './split-operator.js';
import { WaitingWork } from './waiting-work.js';

export interface SourceOperatorParts {
  readonly step: StepSpec;
  readonly splittable: AnySplittable;
  readonly context: Omit<SourceContext, 'initialWatermark' | 'timestamp' | 'window' | 'now'>;
  /** How work is written down. */
  readonly coder: () => WorkCoder;
  /** Makes an output for what is read of an element in these windows. */
  readonly openOutput: (windows: Windows) => ElementOutput;
  readonly gate: OutputGate;
  readonly clock: Clock;
  readonly wake: () => void;
  /** Elements to be read before others have their turn. */
  readonly batchCapacity: number;
}

/**
 * Works on restrictions through readers that are polled. Bounded work is done one restriction after the other; of
 * unbounded work all is open at once. Its watermark is the least of its readers, of what waits, and of its input.
 */
export class SourceOperator implements Operator {
  private readonly waiting = new WaitingWork<HeldWork>();
  private readonly active: OpenReader[] = [];
  private readonly finalisers = new Finalisers();
  private readonly ledger = new EpochLedger();
  private opening: HeldWork | undefined;
  private failure: { readonly error: unknown } | undefined;
  private inputWatermark: Timestamp = MIN_TIMESTAMP;
  private stopped = false;
  private draining = false;
  private next = 0;
  private readonly closing = new Set<Promise<void>>();
  /** Elements emitted. */
  polled = 0;

  private readonly pauses: PauseHost = {
    after: (delayMs, then) => this.parts.clock.after(delayMs, then),
    awake: () => this.parts.wake(),
  };

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
      const timestamp = batch.timestamps[i]!;
      // Work is done for each window of its own: it was split so.
      const window = batch.windowsAt(i) as BoundedWindow;
      this.add({ work, timestamp, elementTimestamp: timestamp, window });
    }
    return batch.length;
  }

  /** Of what comes after a drain only that is worked on which truncation leaves. */
  private add(left: WorkLeft, epoch?: number): void {
    const kept = this.draining ? this.truncated(left) : left;
    if (kept !== undefined) this.waiting.push({ ...kept, epoch: this.ledger.add(epoch) });
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
    if (this.opening !== undefined) return true;
    const { isBounded } = this.parts.splittable;
    return this.active.some(({ reader, isAwaiting }) => (isAwaiting && isBounded) || reader.isWorking?.() === true);
  }

  /** Whether the next poll can come to anything. */
  get mayEmit(): boolean {
    return !this.stopped && (!this.waiting.isEmpty || this.active.some(({ isAsleep }) => !isAsleep));
  }

  poll(): PollOutcome {
    if (this.stopped) return 'idle';
    this.openNext();
    const { active } = this;
    const { batchCapacity } = this.parts;
    const before = this.polled;
    let outcome: PollOutcome = 'idle';
    // Readers that have little are asked in one go: a batch and a watermark are for all of them together.
    for (let tried = active.length; tried > 0 && active.length > 0 && !this.parts.gate.blocked; tried--) {
      if (this.next >= active.length) this.next = 0;
      const reader = active[this.next++]!;
      if (reader.isAsleep) continue;
      outcome = 'progress';
      this.pollReader(reader, batchCapacity - (this.polled - before));
      if (this.polled - before >= batchCapacity) return 'full';
    }
    return outcome;
  }

  private pollReader(active: OpenReader, budget: number): void {
    const before = active.output.count;
    let result: PollResult;
    try {
      result = active.reader.poll(active.output, budget);
      if (result === 'done') active.tracker.checkDone();
    } catch (error) {
      throw this.place(error, active.work.work);
    }
    this.polled += active.output.count - before;
    if (result === 'more') return;
    if (result === 'done' || active.isCut) this.finish(active);
    else active.sleep(result, this.pauses, (error) => this.fail(error, active.work.work));
  }

  /** The reader stays open until its last finaliser has run. */
  private finish(active: OpenReader): void {
    const at = this.active.indexOf(active);
    this.active.splice(at, 1);
    if (at < this.next) this.next--;
    active.stopTime();
    this.ledger.remove(active.work.epoch);
    const last = active.reader.checkpoint?.();
    if (last === undefined) {
      this.close(active.reader);
      return;
    }
    this.finalisers.add(async () => {
      try {
        await last();
      } finally {
        await active.reader.close();
      }
    });
  }

  private close(reader: SourceReader<unknown>): void {
    const closed = reader.close();
    if (closed === undefined) return;
    const done = closed.catch((error: unknown) => this.fail(error)).finally(() => this.closing.delete(done));
    this.closing.add(done);
  }

  /** While bounded work rests because it asked to, other work goes on. */
  private openNext(): void {
    const { isBounded } = this.parts.splittable;
    while (this.opening === undefined && this.failure === undefined) {
      if (isBounded && this.active.some(({ rests }) => !rests)) return;
      const waiting = this.waiting.shift();
      if (waiting === undefined) return;
      this.open(waiting);
    }
  }

  /** Most readers are there at once; while one is not, no other is opened. */
  private open(left: HeldWork): void {
    const { splittable, context, clock } = this.parts;
    const { work, timestamp, elementTimestamp, window } = left;
    try {
      const tracker = splittable.newTracker(work.restriction);
      const now = (): number => clock.now();
      const whole = { ...context, initialWatermark: timestamp, timestamp: elementTimestamp, window, now };
      const opened = splittable.open(work.element, tracker, whole);
      if (!('then' in opened)) {
        this.begin(left, tracker, opened);
        return;
      }
      this.opening = left;
      opened.then(
        (reader) => {
          this.opening = undefined;
          this.begin(left, tracker, reader);
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

  private begin(left: HeldWork, tracker: OpenReader['tracker'], reader: OpenReader['reader']): void {
    const active = new OpenReader(left, tracker, reader, this.parts.openOutput(left.window));
    this.active.push(active);
    // It was opened when the drain came, and what was to be left of it was not known.
    if (this.draining && left === this.openedBeforeDrain) this.cutOff(active);
  }

  /** Ends the intake: bounded work is finished, unbounded work is cut off where it stands, unless truncation says otherwise. */
  drain(): void {
    if (this.draining) return;
    this.draining = true;
    this.openedBeforeDrain = this.opening;
    for (const left of this.waiting.takeAll()) {
      this.add(left, left.epoch);
      this.ledger.remove(left.epoch);
    }
    for (const active of [...this.active]) this.cutOff(active);
    this.parts.wake();
  }

  private openedBeforeDrain: HeldWork | undefined;

  private cutOff(active: OpenReader): void {
    const { splittable } = this.parts;
    if (splittable.isBounded && splittable.truncate === undefined) return;
    const rest = active.splitOff(0);
    active.letEnd();
    if (rest !== undefined) this.add(rest, rest.epoch);
  }

  /** Leaves the oldest reader this fraction of what is left of its work, where its tracker can: the rest waits to be done. */
  divide(fraction: number): void {
    const rest = this.active[0]?.splitOff(fraction);
    if (rest !== undefined) this.add(rest, rest.epoch);
  }

  private truncated(left: WorkLeft): WorkLeft | undefined {
    const { splittable } = this.parts;
    const { element, restriction } = left.work;
    if (splittable.truncate === undefined) return splittable.isBounded ? left : undefined;
    const rest = splittable.truncate(element, restriction);
    return rest === undefined ? undefined : { ...left, work: { element, restriction: rest } };
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

  onBarrier(epoch: number, stop: boolean, oldest: number): number {
    for (const { reader } of this.active) {
      const run = reader.checkpoint?.();
      if (run !== undefined) this.finalisers.add(run);
    }
    this.finalisers.close(epoch);
    if (stop) this.stopped = true;
    return Math.min(this.ledger.pass(epoch, oldest), epoch);
  }

  oldestHeldEpoch(): number | undefined {
    return this.ledger.oldest();
  }

  /** All that was emitted in epochs up to this one is acknowledged. */
  async finalise(epoch: number): Promise<void> {
    try {
      await this.finalisers.run(epoch);
    } catch (error) {
      throw this.place(error);
    }
  }

  /** The rest of all work. Readers go on, but for those whose trackers can only tell what is left by cutting it off. */
  snapshot(to: SnapshotWriter): void {
    const all = this.opening === undefined ? [] : [this.opening];
    for (const active of [...this.active]) {
      const left = this.rest(active);
      if (left !== undefined) all.push(left);
    }
    writeWork([...all, ...this.waiting], this.parts.coder(), to);
  }

  private rest(active: OpenReader): HeldWork | undefined {
    try {
      const rest = active.rest();
      if (rest?.isCut !== true) return rest?.work;
      // It goes on here too; the snapshot finds it among what waits.
      this.waiting.push({ ...rest.work, epoch: this.ledger.add(rest.work.epoch) });
      return undefined;
    } catch (error) {
      throw this.place(error, active.work.work);
    }
  }

  restore(from: SnapshotReader): void {
    for (const left of readWork(this.parts.coder(), from)) this.add(left);
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
    for (const active of this.active) active.stopTime();
    for (const { reader } of this.active) await reader.close();
    await Promise.all(this.closing);
    await this.parts.splittable.teardown?.();
  }

  private fail(error: unknown, work?: SourceWork): void {
    this.failure ??= { error: this.place(error, work) };
    this.parts.wake();
  }

  private place(error: unknown, work?: SourceWork): MillraceError {
    const { step } = this.parts;
    const element = work === undefined ? undefined : { value: work.element };
    return functionError(error, { name: step.transform.uniqueName, source: step.source }, element);
  }
}
