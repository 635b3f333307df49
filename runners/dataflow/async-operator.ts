import { setMaxListeners } from 'node:events';
import { MillraceError } from '../../sdk/model/index.js';
import {
  AsyncCaller,
  type AsyncStep,
  type Batch,
  functionError,
  notKeyed,
  type OutputGate,
  type OutputPort,
  type StepSpec,
} from '../kernel/index.js';
import { AsyncQueue, Slot } from './async-queue.js';
import type { Marker } from './channel.js';
import type { Clock } from './clock.js';
import { LoopTurn } from './loop-turn.js';
import type { Operator } from './operator.js';

/** What calls may still take when the pipeline is stopped: more than most of them need, and less than a container gets. */
export const STOP_GRACE_MS = 5_000;

/** Calls that are started between two looks at the clock. */
const LOOK_MASK = 7;

export interface AsyncOperatorParts {
  readonly spec: StepSpec;
  readonly step: AsyncStep;
  readonly ports: readonly OutputPort[];
  readonly gate: OutputGate;
  readonly clock: Clock;
  /** Aborted when the job ends before its work is done. */
  readonly signal: AbortSignal;
  readonly wake: () => void;
  readonly warn: (message: string) => void;
}

/**
 * A declared asynchronous map: a bounded number of calls in flight, results in order or as they come.
 *
 * It goes on by itself, without its task: whoever settles a call hands on the results whose turn has come and starts the next
 * calls. The task is woken once a turn of the event loop, for what only it can do: send what is buffered, hand on markers, take
 * the next batch.
 */
export class AsyncOperator implements Operator {
  private readonly queue: AsyncQueue;
  private readonly caller: AsyncCaller;
  private readonly concurrency: number;
  private readonly turn = new LoopTurn(() => this.onTurn());
  /** Aborted, beside the job's signal, when calls are given up. */
  private readonly stopped = new AbortController();
  private readonly signal: AbortSignal;
  /** All slots that were made; never more than there may be calls. */
  private readonly slots: Slot[] = [];
  private free: Slot | undefined;
  /** Calls in flight, and results that wait: these count as well, else one slow call would let them pile up. */
  private held = 0;
  private inFlight = 0;
  /** What calls are started from just now. */
  private batch: Batch | undefined;
  private from = 0;
  private advancing = false;
  /** Something ended while calls were being started. */
  private again = false;
  private failure: { readonly error: unknown } | undefined;
  /** All calls are abandoned. */
  private closed = false;
  /** Calls were given up: nothing is done any more, and nothing from this epoch on may count as done. */
  private givenUpEpoch: number | undefined;
  private lastBarrier = 0;
  private cancelGrace: (() => void) | undefined;
  /** Set by the task that runs it. */
  passOn: (marker: Marker) => void = () => {};

  constructor(private readonly parts: AsyncOperatorParts) {
    const { step, spec, clock } = parts;
    this.concurrency = step.options.concurrency;
    this.queue = new AsyncQueue(step.options.ordered);
    this.signal = AbortSignal.any([parts.signal, this.stopped.signal]);
    // Functions that wait for it do so in every call.
    setMaxListeners(0, this.signal);
    this.signal.addEventListener('abort', this.abandonAll, { once: true });
    this.caller = new AsyncCaller({
      step,
      place: { name: spec.transform.uniqueName, source: spec.source },
      signal: this.signal,
      after: (delayMs, callback) => clock.after(delayMs, callback),
      random: Math.random,
    });
  }

  process(batch: Batch, from: number): number {
    if (this.givenUpEpoch !== undefined) return batch.length;
    if (this.batch !== batch) {
      this.batch = batch;
      this.from = from;
    }
    this.advance();
    if (this.from === batch.length) this.batch = undefined;
    return this.from;
  }

  resume(): boolean {
    if (this.failure !== undefined) throw this.failure.error;
    this.advance();
    for (let marker = this.queue.takeMarker(); marker !== undefined; marker = this.queue.takeMarker()) {
      this.passOn(marker);
      this.advance();
    }
    return !this.parts.gate.blocked;
  }

  holdMarker(marker: Marker): void {
    const saysTime = marker.kind === 'watermark' || marker.kind === 'idle';
    if (this.givenUpEpoch === undefined || !saysTime) this.queue.addMarker(marker);
  }

  /** Hands on the results whose turn it is, and starts as many calls as there may be. */
  private advance(): void {
    if (this.failure !== undefined) return;
    this.advancing = true;
    do {
      this.again = false;
      this.emit();
      this.startCalls();
    } while (this.again);
    this.advancing = false;
  }

  private emit(): void {
    const { queue, turn } = this;
    const { gate, ports } = this.parts;
    for (let slot = queue.ready; slot !== undefined && !gate.blocked; slot = queue.ready) {
      turn.begin();
      queue.shift();
      this.held--;
      for (const port of ports) {
        if (port.keyed) this.pushKeyed(port, slot);
        else port.push(slot.result, slot.timestamp, slot.windows, slot.pane);
      }
      slot.element = undefined;
      slot.result = undefined;
      slot.next = this.free;
      this.free = slot;
    }
  }

  private pushKeyed(port: OutputPort, { element, result, timestamp, windows, pane }: Slot): void {
    if (typeof result !== 'object' || result === null || !('key' in result && 'value' in result))
      throw functionError(notKeyed(result), this.caller.parts.place, { value: element });
    port.pushKeyed(result.key, result.value, timestamp, windows, pane);
  }

  private startCalls(): void {
    const { batch, queue, concurrency, turn } = this;
    if (batch === undefined) return;
    const { gate } = this.parts;
    const { length } = batch;
    while (this.from < length && this.held < concurrency && !gate.blocked) {
      turn.begin();
      if ((this.from & LOOK_MASK) === 0 && turn.isOver) return;
      const i = this.from++;
      const slot = this.takeSlot();
      slot.timestamp = batch.timestamps[i]!;
      slot.windows = batch.windowsAt(i);
      slot.pane = batch.paneAt(i);
      this.held++;
      this.inFlight++;
      queue.add(slot);
      slot.start(batch.valueAt(i));
    }
  }

  private takeSlot(): Slot {
    let slot = this.free;
    if (slot === undefined) {
      slot = new Slot(this.caller, this.onEnd);
      this.slots.push(slot);
    } else {
      this.free = slot.next;
    }
    return slot;
  }

  private readonly onEnd = (slot: Slot): void => {
    this.inFlight--;
    if (slot.error !== undefined) {
      this.fail(slot.error);
      return;
    }
    if (!this.queue.settle(slot)) return;
    if (this.advancing) this.again = true;
    else this.goOn();
  };

  private onTurn(): void {
    this.goOn();
    this.parts.wake();
  }

  /** Advances without the task. */
  private goOn(): void {
    if (this.closed) return;
    try {
      this.advance();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.parts.wake();
  }

  /** Attempts are under way, or results that no turn of the event loop has passed since. */
  get isBusy(): boolean {
    if (this.closed || this.givenUpEpoch !== undefined) return false;
    return this.turn.isPending || this.slots.some((slot) => slot.open && !slot.isDelayed);
  }

  onBarrier(epoch: number, _stop: boolean, oldest: number): number {
    this.lastBarrier = epoch;
    return oldest;
  }

  /**
   * After something was given up, the beginning of all: what a window held until it fired may have been among it, and who
   * held that back before says nothing of it any more.
   */
  oldestHeldEpoch(): number | undefined {
    return this.givenUpEpoch !== undefined && this.lastBarrier >= this.givenUpEpoch ? 0 : undefined;
  }

  /** Calls may go on for a while. What is given up then is not acknowledged, so that it is read again. */
  onStop(): void {
    this.cancelGrace = this.parts.clock.after(STOP_GRACE_MS, () => {
      if (this.inFlight > 0) this.giveUp();
      else this.onStop();
    });
  }

  private giveUp(): void {
    const calls = `${this.inFlight} ${this.inFlight === 1 ? 'call' : 'calls'}`;
    const what = `${calls} had not ended ${STOP_GRACE_MS / 1_000} s after the stop`;
    this.givenUpEpoch = this.queue.cutOff();
    this.batch = undefined;
    this.parts.warn(`${what}: given up, with all that came after`);
    this.stopped.abort(new MillraceError('ASYNC_STOPPED', 'function', what));
    this.parts.wake();
  }

  private readonly abandonAll = (): void => {
    this.closed = true;
    for (const slot of this.slots) if (slot.open) slot.abandon(this.signal.reason);
  };

  teardown(): void {
    this.cancelGrace?.();
    this.turn.cancel();
    if (this.inFlight > 0 && !this.signal.aborted) this.stopped.abort(this.parts.signal.reason);
    this.signal.removeEventListener('abort', this.abandonAll);
  }
}
