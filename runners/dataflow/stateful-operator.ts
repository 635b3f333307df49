import {
  type BoundedWindow,
  type Counter,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type PaneInfo,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import {
  type Batch,
  notKeyed,
  type OutputGate,
  type SnapshotReader,
  type SnapshotWriter,
  type StatefulRuntime,
  windowExpiry,
} from '../kernel/index.js';
import type { Clock } from './clock.js';
import type { EpochLedger } from './epoch-ledger.js';
import { Finalisers } from './finalisers.js';
import type { Operator } from './operator.js';
import { Alarm } from './state/alarm.js';
import { ExpiringWindows } from './state/expiring-windows.js';
import type { LiveState } from './state/live-state.js';
import type { LiveTimer } from './state/live-timer.js';
import { type SnapshotCoders, StateSnapshot, type Waiting } from './state/state-snapshot.js';
import { TimeBuckets } from './state/time-buckets.js';

export interface StatefulParts {
  readonly runtime: StatefulRuntime;
  readonly state: LiveState;
  readonly ledger: EpochLedger;
  readonly gate: OutputGate;
  readonly clock: Clock;
  readonly wake: () => void;
  readonly warn: (message: string) => void;
  /** Elements of windows that had expired, or that came too late to be sorted. */
  readonly droppedLate: Counter;
  /** Elements of a key are processed in order of their timestamps, when the watermark has passed them. */
  readonly timeSorted: boolean;
  readonly coders: SnapshotCoders;
}

/** Forgotten state is cleared away this often at most: who reads it finds nothing already. */
const FORGET_INTERVAL_MS = 1_000;

/** Timers that fire, and the like, before whoever drives it has a look at the rest of the world. */
const TURN = 4_096;

interface Pair {
  readonly key: unknown;
  readonly value: unknown;
}

/** What comes in where pairs travel as they are. */
function pairOf(value: unknown): Pair {
  if (typeof value !== 'object' || value === null) throw notKeyed(value);
  return value as Pair;
}

interface Held extends Waiting {
  readonly epoch: number;
}

/**
 * A DoFn with state or timers: elements by key, and what comes of time. In event time everything happens in its order when
 * the watermark passes it: elements that were to be sorted, timers, and then the end of windows. Timers by the clock fire
 * while their window is there; at the end of all input those that are still set fire before it goes.
 */
export class StatefulOperator implements Operator {
  readonly hasBundles: boolean;
  readonly hasOwnTime = true;
  private watermark: Timestamp = MIN_TIMESTAMP;
  private isInputIdle = false;
  private isStopped = false;
  private readonly sorted = new TimeBuckets<Held>();
  private readonly finalisers = new Finalisers();
  /** The windows of the last element, those of them that are still there, and the only one where there is one. */
  private windows: Windows | undefined;
  private present: readonly BoundedWindow[] = [];
  private single: BoundedWindow | undefined;
  private gone = 0;
  private readonly alarm: Alarm;
  /** When the alarm was heard. Timers that are set meanwhile fire when it rings again, so that others have their turn. */
  private heardAt: Timestamp | undefined;
  private readonly forgetting: Alarm;
  private readonly expiring: ExpiringWindows;
  private readonly snapshots: StateSnapshot;
  private readonly latenessMs: number;

  constructor(private readonly parts: StatefulParts) {
    const { runtime, state, clock, wake, coders } = parts;
    this.hasBundles = runtime.hasBundles;
    this.latenessMs = runtime.allowedLatenessMs;
    this.alarm = new Alarm(clock, wake);
    this.forgetting = new Alarm(clock, () => this.forgetOld());
    this.expiring = new ExpiringWindows(runtime, state, (timer) => this.fire(timer), parts.warn);
    this.snapshots = new StateSnapshot(state, coders);
  }

  setup(): void | Promise<void> {
    return this.guard(() => this.parts.runtime.setup());
  }

  startBundle(): void | Promise<void> {
    return this.guard(() => this.parts.runtime.startBundle());
  }

  finishBundle(): void | Promise<void> {
    return this.guard(() => this.parts.runtime.finishBundle());
  }

  get bundleFull(): boolean {
    return this.hasBundles && this.parts.runtime.bundleFull;
  }

  process(batch: Batch, from: number): number {
    const { runtime, state, gate } = this.parts;
    const { keys, values, timestamps, length, window, windowColumn, pane, paneColumn } = batch;
    let element: Pair | undefined;
    state.tick();
    let i = from;
    try {
      for (; i < length && !gate.blocked; i++) {
        const windows = windowColumn === undefined ? window : windowColumn[i]!;
        if (windows !== this.windows) this.look(windows);
        element = keys === undefined ? pairOf(values[i]) : { key: keys[i], value: values[i] };
        const { single } = this;
        const at = paneColumn === undefined ? pane : paneColumn[i]!;
        if (single !== undefined) runtime.processKeyed(element.key, element, timestamps[i]!, single, at);
        else this.take(element, timestamps[i]!, at);
      }
    } catch (error) {
      throw runtime.failure(error, element);
    }
    runtime.leave();
    state.leave();
    this.setAlarms();
    return i;
  }

  /** An element in several windows, in none that is still there, or that has to be sorted. */
  private take(element: Pair, timestamp: Timestamp, pane: PaneInfo): void {
    const { runtime, droppedLate, ledger, timeSorted } = this.parts;
    if (this.gone > 0) droppedLate.inc(this.gone);
    for (const window of this.present) {
      if (!timeSorted) {
        runtime.processKeyed(element.key, element, timestamp, window, pane);
      } else if (timestamp + this.latenessMs < this.watermark) {
        droppedLate.inc();
      } else {
        const until = Math.min(timestamp + this.latenessMs, windowExpiry(window, this.latenessMs));
        this.sorted.push(until, { value: element, timestamp, windows: window, pane, epoch: ledger.add() });
      }
    }
  }

  /** Which of the windows of an element are still there: neighbours mostly stand in the same ones. */
  private look(windows: Windows): void {
    const all = Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows as BoundedWindow];
    this.present = all.filter((window) => windowExpiry(window, this.latenessMs) >= this.watermark);
    this.gone = all.length - this.present.length;
    this.single = all.length === 1 && this.gone === 0 && !this.parts.timeSorted ? this.present[0] : undefined;
    this.windows = windows;
  }

  onWatermark(timestamp: Timestamp): void {
    this.isInputIdle = false;
    this.watermark = timestamp;
    this.windows = undefined;
  }

  onIdle(): void {
    this.isInputIdle = true;
  }

  /** With something still to come, idleness is not handed on: it would be late. */
  isIdle(): boolean {
    return this.isInputIdle && this.held() === Number.POSITIVE_INFINITY;
  }

  outputWatermark(): Timestamp {
    return Math.min(this.watermark, this.held());
  }

  private held(): Timestamp {
    const { state, runtime } = this.parts;
    let least = Math.min(state.timers.hold, this.sorted.first - this.latenessMs);
    if (this.isStopped) least = Math.min(least, this.nextEvent);
    // What is emitted when a window expires has its last instant.
    if (runtime.expires && this.latenessMs > 0) least = Math.min(least, state.expiries.first - this.latenessMs);
    return least;
  }

  get hasRest(): boolean {
    return this.hasBundles && this.isDue;
  }

  resume(): boolean {
    if (!this.isDue) return true;
    const { gate, state } = this.parts;
    state.tick();
    for (let done = 0; this.isDue && !gate.blocked; done++) {
      // Others have their turn in between, as if the output were full.
      if (done === TURN) gate.blocked = true;
      else this.advance();
    }
    state.leave();
    const isDone = !this.isDue;
    this.setAlarms();
    return isDone;
  }

  private get isDue(): boolean {
    if (this.isStopped) return false;
    return this.alarm.hasRung || this.nextEvent < this.watermark;
  }

  /** When the next thing happens in event time. */
  private get nextEvent(): Timestamp {
    const { timers, expiries } = this.parts.state;
    return Math.min(this.sorted.first, timers.firstEvent, expiries.first);
  }

  /** Does one thing that is due. */
  private advance(): void {
    const { state } = this.parts;
    const { timers, expiries } = state;
    if (this.alarm.hasRung) {
      this.heardAt ??= this.parts.clock.now();
      if (timers.firstByClock <= this.heardAt) {
        this.fire(timers.takeByClock()!);
        return;
      }
      this.alarm.reset();
      this.heardAt = undefined;
      return;
    }
    const waiting = this.sorted.first;
    const timer = timers.firstEvent;
    const expiry = expiries.first;
    if (waiting <= timer && waiting <= expiry) this.processSorted(this.sorted.shift()!);
    else if (timer <= expiry) this.fire(timers.takeEvent()!);
    else this.expiring.advance(this.watermark >= MAX_TIMESTAMP);
  }

  private processSorted({ value, timestamp, windows, pane, epoch }: Held): void {
    const { runtime, ledger } = this.parts;
    try {
      if (this.hasBundles) runtime.enter();
      runtime.processKeyed(value.key, value, timestamp, windows, pane);
    } catch (error) {
      throw runtime.failure(error, value);
    }
    runtime.leave();
    ledger.remove(epoch);
  }

  private fire(timer: LiveTimer): void {
    const { runtime, state } = this.parts;
    runtime.fire(timer);
    if (!timer.isSet) state.putDown(timer);
  }

  private setAlarms(): void {
    const { timers, firstForgotten } = this.parts.state;
    this.alarm.setTo(timers.firstByClock);
    this.forgetting.setTo(firstForgotten);
  }

  private forgetOld(): void {
    const { state, clock } = this.parts;
    state.forgetOld();
    this.forgetting.reset();
    this.forgetting.setTo(Math.max(state.firstForgotten, clock.now() + FORGET_INTERVAL_MS));
  }

  /** Timers that set themselves again might never let a barrier through. What is due stays due for whoever goes on. */
  onStop(): void {
    this.isStopped = true;
  }

  onBarrier(epoch: number, stop: boolean, oldest: number): number {
    for (const callback of this.parts.runtime.takeCallbacks()) this.finalisers.add(callback);
    this.finalisers.close(epoch);
    if (stop) this.isStopped = true;
    return this.parts.ledger.pass(epoch, oldest);
  }

  finalise(epoch: number): Promise<void> {
    return this.finalisers.run(epoch);
  }

  oldestHeldEpoch(): number | undefined {
    return this.parts.ledger.oldest();
  }

  snapshot(to: SnapshotWriter): void {
    this.snapshots.write(
      to,
      this.watermark,
      [...this.sorted.entries()].map(([, element]) => element),
    );
  }

  restore(from: SnapshotReader): void {
    const { ledger, state } = this.parts;
    state.tick();
    const watermark = this.snapshots.read(from, (element) => {
      const { timestamp, windows } = element;
      const until = Math.min(timestamp + this.latenessMs, windowExpiry(windows, this.latenessMs));
      this.sorted.push(until, { ...element, epoch: ledger.add() });
    });
    if (watermark !== undefined) this.onWatermark(watermark);
    this.setAlarms();
  }

  async teardown(): Promise<void> {
    this.alarm.cancel();
    this.forgetting.cancel();
    await this.guard(() => this.parts.runtime.teardown());
  }

  /** Errors of the methods that see no element say the step, too. */
  private guard(call: () => void | Promise<void>): void | Promise<void> {
    const { runtime } = this.parts;
    try {
      return call()?.catch((error: unknown) => {
        throw runtime.failure(error);
      });
    } catch (error) {
      throw runtime.failure(error);
    }
  }
}
