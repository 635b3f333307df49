import type { PaneInfo, Timestamp, Windows } from '../../sdk/model/index.js';
import {
  type AsyncStep,
  type Batch,
  callAsync,
  functionError,
  type OutputGate,
  type OutputPort,
  type StepSpec,
} from '../kernel/index.js';
import type { Marker } from './channel.js';
import type { Clock } from './clock.js';
import type { Operator } from './operator.js';

/** A call in flight, or a result that waits for its turn. */
interface Slot {
  readonly timestamp: Timestamp;
  readonly windows: Windows;
  readonly pane: PaneInfo;
  settled: boolean;
  result: unknown;
}

/** Elements between two markers. Results may change places inside a run, never across its marker. */
interface Run {
  /** Ordered: in the order of the input. Unordered: settled ones only, in the order in which they settled. */
  readonly slots: Slot[];
  head: number;
  inFlight: number;
  marker: Marker | undefined;
}

export interface AsyncOperatorParts {
  readonly spec: StepSpec;
  readonly step: AsyncStep;
  readonly ports: readonly OutputPort[];
  readonly gate: OutputGate;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly wake: () => void;
}

/** A declared asynchronous map: a bounded number of calls in flight, results in order or as they come. */
export class AsyncOperator implements Operator {
  private readonly runs: Run[] = [newRun()];
  private inFlight = 0;
  private held = 0;
  private failure: { readonly error: unknown } | undefined;
  /** Set by the task that runs it. */
  passOn: (marker: Marker) => void = () => {};

  constructor(private readonly parts: AsyncOperatorParts) {}

  process(batch: Batch, from: number): number {
    const { concurrency } = this.parts.step.options;
    let i = from;
    // Settled results that wait for an earlier one count as well, else one slow call would let them pile up.
    for (; i < batch.length && this.held < concurrency && !this.parts.gate.blocked; i++) {
      this.start(batch.valueAt(i), batch.timestamps[i]!, batch.windowsAt(i), batch.paneAt(i));
    }
    return i;
  }

  private start(element: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    const { ordered } = this.parts.step.options;
    const run = this.runs[this.runs.length - 1]!;
    const slot: Slot = { timestamp, windows, pane, settled: false, result: undefined };
    if (ordered) run.slots.push(slot);
    run.inFlight++;
    this.inFlight++;
    this.held++;
    const settle = (result: unknown): void => {
      slot.settled = true;
      slot.result = result;
      if (!ordered) run.slots.push(slot);
      run.inFlight--;
      this.inFlight--;
      this.parts.wake();
    };
    const refuse = (error: unknown): void => {
      this.failure ??= { error: functionError(error, this.place, { value: element }) };
      this.parts.wake();
    };
    this.call(element).then(settle, refuse);
  }

  /** The plain call, without the machinery of attempts, where nothing of it was asked for. */
  private call(element: unknown): Promise<unknown> {
    const { step, signal, clock } = this.parts;
    const { timeoutMs, retry } = step.options;
    if (timeoutMs !== undefined || retry !== undefined) {
      return callAsync(step, element, signal, (delayMs, callback) => clock.after(delayMs, callback));
    }
    try {
      return Promise.resolve(step.fn(element, { signal, attempt: 1 }));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  holdMarker(marker: Marker): void {
    this.runs[this.runs.length - 1]!.marker = marker;
    this.runs.push(newRun());
  }

  /** Emits what has its turn, and hands on the markers that nothing is in front of. */
  resume(): boolean {
    if (this.failure !== undefined) throw this.failure.error;
    for (;;) {
      const run = this.runs[0]!;
      if (!this.emit(run)) return false;
      if (run.inFlight > 0 || run.head < run.slots.length || run.marker === undefined) return true;
      this.runs.shift();
      this.passOn(run.marker);
    }
  }

  /** False when the output is full. */
  private emit(run: Run): boolean {
    const { gate, ports } = this.parts;
    while (run.head < run.slots.length) {
      if (gate.blocked) return false;
      const slot = run.slots[run.head]!;
      if (!slot.settled) break;
      run.head++;
      this.held--;
      for (const port of ports) {
        if (port.keyed) {
          const pair = slot.result as { key: unknown; value: unknown };
          port.pushKeyed(pair.key, pair.value, slot.timestamp, slot.windows, slot.pane);
        } else {
          port.push(slot.result, slot.timestamp, slot.windows, slot.pane);
        }
      }
    }
    if (run.head === run.slots.length || run.head > 1024) {
      run.slots.splice(0, run.head);
      run.head = 0;
    }
    return true;
  }

  private get place() {
    return { name: this.parts.spec.transform.uniqueName, source: this.parts.spec.source };
  }
}

function newRun(): Run {
  return { slots: [], head: 0, inFlight: 0, marker: undefined };
}
