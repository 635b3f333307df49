import { type BoundedWindow, MIN_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import {
  type Batch,
  NO_INSTANT,
  type SnapshotReader,
  type SnapshotWriter,
  TriggerMachine,
  type TriggerState,
  type WindowMerger,
  windowExpiry,
} from '../kernel/index.js';
import { Alarms } from './alarms.js';
import type { Clock } from './clock.js';
import { EpochLedger } from './epoch-ledger.js';
import type { GroupSpec } from './group-spec.js';
import type { Operator } from './operator.js';
import type { TriggerCell } from './trigger-cell.js';
import { TriggerCells } from './trigger-cells.js';
import { readCells, writeCells } from './trigger-snapshot.js';

export interface TriggerGroupParts extends GroupSpec {
  readonly clock: Clock;
  readonly wake: () => void;
  /** Where windows of a key merge. */
  readonly merger: WindowMerger | undefined;
}

/** Timers of the system take no longer delays; a later instant is set again when the time is up. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * Grouping under any trigger: key → its windows, each with its accumulator and what the trigger remembers of it. A trigger is
 * asked after every element, when the watermark passes the end of the window, and at the instants of processing time that
 * it waits for; so panes do not depend on how elements came in batches. A window that expires emits what it still holds.
 * The queues of timers are the cursor: what is due waits in them while the output is full.
 */
export class TriggerGroupOperator implements Operator {
  readonly hasOwnTime = true;
  private readonly machine: TriggerMachine;
  private readonly cells: TriggerCells;
  private readonly ledger = new EpochLedger();
  /** By event time: the ends and the expiries of windows. */
  private readonly timers = new Alarms<TriggerCell>();
  /** By processing time. */
  private readonly deadlines = new Alarms<TriggerCell>();
  /** By the timestamp of the pane that is to come. */
  private readonly holds = new Alarms<TriggerCell>();
  /** Handed to the trigger: one object, filled for every question. */
  private readonly time = { watermark: MIN_TIMESTAMP, now: 0, windowEnd: MIN_TIMESTAMP };
  /** Everything that this watermark made due has fired. */
  private settled: Timestamp = MIN_TIMESTAMP;
  private inputIsIdle = false;
  private isStopped = false;
  private armedFor = NO_INSTANT;
  private disarm: (() => void) | undefined;
  private readonly latenessMs: number;
  private readonly accumulating: boolean;
  /** Whether a pane may have another timestamp than the end of its window, or be due when that has passed. */
  private readonly hasHolds: boolean;

  constructor(private readonly parts: TriggerGroupParts) {
    const { windowing, merger } = parts;
    this.machine = new TriggerMachine(windowing.trigger, merger !== undefined);
    this.latenessMs = windowing.allowedLatenessMs;
    this.accumulating = windowing.accumulationMode === 'ACCUMULATING';
    this.hasHolds = windowing.outputTime !== 'END_OF_WINDOW' || this.latenessMs > 0;
    this.cells = new TriggerCells(parts, merger, this.ledger, {
      begin: () => this.machine.begin(),
      opened: (cell) => this.schedule(cell),
      joined: (into, others) => this.join(into, others),
      removed: (cell) => this.forget(cell),
    });
  }

  process(batch: Batch, from: number): number {
    const { values, timestamps } = batch;
    const keys = batch.keys!;
    const { gate, clock } = this.parts;
    this.time.now = clock.now();
    let i = from;
    for (; i < batch.length && !gate.blocked; i++) {
      const windows = batch.windowsAt(i);
      if (!Array.isArray(windows)) this.add(windows as BoundedWindow, keys[i], values[i], timestamps[i]!);
      else for (const window of windows) this.add(window, keys[i], values[i], timestamps[i]!);
    }
    this.arm();
    return i;
  }

  private add(window: BoundedWindow, key: unknown, value: unknown, timestamp: Timestamp): void {
    const { time, machine, cells } = this;
    const hasExpired = windowExpiry(window, this.latenessMs) < time.watermark;
    const cell = hasExpired ? undefined : cells.cellOf(key, window);
    const trigger = cell?.trigger;
    if (cell === undefined || trigger === undefined) {
      this.parts.droppedLate.inc();
      return;
    }
    cells.fold(cell, value);
    cell.fresh++;
    this.holdBack(cell, timestamp);
    time.windowEnd = cell.window.maxTimestamp;
    machine.onElement(trigger, time);
    if (machine.shouldFire(trigger, time)) this.fire(cell, trigger);
    else this.watch(cell, trigger);
  }

  /** The element takes part in the timestamp of its pane, unless it is late: time cannot be held back for that. */
  private holdBack(cell: TriggerCell, timestamp: Timestamp): void {
    const { watermark } = this.time;
    const { maxTimestamp } = cell.window;
    if (!this.hasHolds || maxTimestamp < watermark) return;
    const at = Math.min(timestamp, maxTimestamp);
    const held = cell.hold.at;
    switch (this.parts.windowing.outputTime) {
      case 'END_OF_WINDOW':
        this.holds.set(cell.hold, maxTimestamp);
        return;
      case 'EARLIEST_IN_PANE':
        if (at >= watermark && at < held) this.holds.set(cell.hold, at);
        return;
      case 'LATEST_IN_PANE':
        if (held === NO_INSTANT ? at >= watermark : at > held) this.holds.set(cell.hold, at);
    }
  }

  /** Sets the timer of a window that is new, or whose bounds are. */
  private schedule(cell: TriggerCell): void {
    const { maxTimestamp } = cell.window;
    const expiry = windowExpiry(cell.window, this.latenessMs);
    cell.ended = !this.machine.asksAtEnd || maxTimestamp < this.time.watermark || maxTimestamp >= expiry;
    this.timers.set(cell.timer, cell.ended ? expiry : maxTimestamp);
  }

  /** Sets when the trigger is asked in processing time. */
  private watch(cell: TriggerCell, trigger: TriggerState): void {
    if (this.machine.usesProcessingTime)
      this.deadlines.set(cell.deadline, this.machine.instantAfter(trigger, this.time.now));
  }

  private join(into: TriggerCell, others: readonly TriggerCell[]): void {
    const all = [into, ...others];
    this.time.windowEnd = into.window.maxTimestamp;
    const trigger = this.machine.merge(
      all.map((cell) => cell.trigger!),
      this.time,
    );
    into.trigger = trigger;
    into.panes.merge(others.map((cell) => cell.panes));
    const held = all.map((cell) => cell.hold.at).filter((at) => at !== NO_INSTANT);
    if (held.length > 0) this.holds.set(into.hold, this.joinedHold(into.window, held));
    this.watch(into, trigger);
  }

  private joinedHold({ maxTimestamp }: BoundedWindow, held: readonly Timestamp[]): Timestamp {
    switch (this.parts.windowing.outputTime) {
      case 'END_OF_WINDOW':
        return maxTimestamp;
      case 'EARLIEST_IN_PANE':
        return Math.min(...held);
      case 'LATEST_IN_PANE':
        return Math.max(...held);
    }
  }

  private forget(cell: TriggerCell): void {
    this.timers.clear(cell.timer);
    this.deadlines.clear(cell.deadline);
    this.holds.clear(cell.hold);
  }

  private fire(cell: TriggerCell, trigger: TriggerState): void {
    const { machine, cells } = this;
    machine.onFire(trigger, this.time);
    const isFinished = machine.isFinished(trigger);
    this.emit(cell, isFinished);
    cell.fresh = 0;
    if (isFinished || !this.accumulating) cells.release(cell);
    if (isFinished) {
      this.deadlines.clear(cell.deadline);
      cells.close(cell);
    } else this.watch(cell, trigger);
  }

  private emit(cell: TriggerCell, isLast: boolean): void {
    const { ports, windowing } = this.parts;
    const { window, owner } = cell;
    const { maxTimestamp } = window;
    const isEarly = maxTimestamp >= this.time.watermark;
    const isHeld = cell.hold.at !== NO_INSTANT;
    const timestamp = isHeld ? cell.hold.at : maxTimestamp;
    this.holds.clear(cell.hold);
    // What is to come could still be on time for whoever comes next.
    const isOnTime = isHeld || maxTimestamp >= this.settled;
    const pane = cell.panes.next(isEarly ? 'EARLY' : isOnTime ? 'ON_TIME' : 'LATE', isLast);
    const isWanted =
      cell.fresh > 0 ||
      (pane.timing === 'ON_TIME' && windowing.onTimeBehavior === 'FIRE_ALWAYS') ||
      (isLast && windowing.closingBehavior === 'EMIT_ALWAYS');
    if (!isWanted) return;
    cell.panes.keep(pane);
    const { key } = owner;
    const value = this.cells.extract(cell);
    for (const port of ports) {
      if (port.keyed) port.pushKeyed(key, value, timestamp, window, pane);
      else port.push({ key, value }, timestamp, window, pane);
    }
  }

  onWatermark(timestamp: Timestamp): void {
    this.time.watermark = timestamp;
    this.inputIsIdle = false;
  }

  onIdle(): void {
    this.inputIsIdle = true;
  }

  isIdle(): boolean {
    return this.inputIsIdle;
  }

  resume(): boolean {
    this.time.now = this.parts.clock.now();
    if (!this.fireDue()) return false;
    this.settled = this.time.watermark;
    this.arm();
    return true;
  }

  /** False when the output is full. */
  private fireDue(): boolean {
    const { gate } = this.parts;
    const { timers, deadlines, time, machine } = this;
    while (timers.first < time.watermark) {
      if (gate.blocked) return false;
      this.onTimer(timers.take());
    }
    while (deadlines.first <= time.now && !this.isStopped) {
      if (gate.blocked) return false;
      const cell = deadlines.take();
      const { trigger } = cell;
      if (trigger === undefined) continue;
      time.windowEnd = cell.window.maxTimestamp;
      if (machine.shouldFire(trigger, time)) this.fire(cell, trigger);
      else this.watch(cell, trigger);
    }
    return true;
  }

  private onTimer(cell: TriggerCell): void {
    const { time, timers, cells } = this;
    const { trigger } = cell;
    if (cell.ended) {
      // All of it is emitted, whatever the trigger says: nothing comes after it.
      if (trigger !== undefined) this.emit(cell, true);
      cells.remove(cell);
      return;
    }
    cell.ended = true;
    timers.set(cell.timer, windowExpiry(cell.window, this.latenessMs));
    if (trigger === undefined) return;
    time.windowEnd = cell.window.maxTimestamp;
    if (this.machine.shouldFire(trigger, time)) this.fire(cell, trigger);
  }

  /** Asked when nothing is left that is due: what time has passed, or a firing has let go of, holds nothing back. */
  outputWatermark(): Timestamp {
    return Math.min(this.time.watermark, this.holds.first);
  }

  /** Has the task woken at the next instant that a trigger waits for. */
  private arm(): void {
    const at = this.isStopped ? NO_INSTANT : this.deadlines.first;
    if (at === this.armedFor) return;
    this.disarm?.();
    this.disarm = undefined;
    this.armedFor = at;
    if (at === NO_INSTANT) return;
    const { clock, wake } = this.parts;
    this.disarm = clock.after(Math.min(Math.max(at - clock.now(), 0), LONGEST_DELAY_MS), () => {
      this.disarm = undefined;
      this.armedFor = NO_INSTANT;
      wake();
    });
  }

  onBarrier(epoch: number, stop: boolean, oldest: number): number {
    // What would fire between the last barrier and the end is read again.
    this.isStopped = stop;
    return this.ledger.pass(epoch, oldest);
  }

  oldestHeldEpoch(): number | undefined {
    return this.ledger.oldest();
  }

  snapshot(to: SnapshotWriter): void {
    writeCells(to, this.parts.coding, this.time.watermark, this.cells);
  }

  restore(from: SnapshotReader): void {
    const { cells, machine, latenessMs } = this;
    const restored = readCells(from, this.parts.coding, machine.stateLength);
    this.time.watermark = restored.watermark;
    this.settled = restored.watermark;
    for (const saved of restored.cells) {
      const { window, trigger, ended, hold } = saved;
      const cell = cells.restore(saved);
      this.timers.set(cell.timer, ended ? windowExpiry(window, latenessMs) : window.maxTimestamp);
      if (hold !== NO_INSTANT) this.holds.set(cell.hold, hold);
      // What was due meanwhile is found by `resume`.
      if (trigger !== undefined) this.deadlines.set(cell.deadline, machine.instantAfter(trigger, -NO_INSTANT));
    }
    this.arm();
  }

  teardown(): void {
    this.disarm?.();
  }
}
