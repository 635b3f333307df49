import {
  type BoundedWindow,
  type CombineFn,
  IntervalWindow,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import {
  type Batch,
  type FailedStep,
  functionError,
  type KeyedSink,
  type KeyTable,
  type OutputGate,
  type OutputPort,
} from '../kernel/index.js';
import { Fifo } from './fifo.js';
import { TimeHeap } from './heap.js';
import type { Operator } from './operator.js';

/** Keys held at most. */
const MAX_KEYS = 65_536;
/** After so many elements it is decided whether folding pays. */
const TRIAL_ELEMENTS = 20_000;
/** It pays when at most this part of the elements comes out. */
const WORTHWHILE = 0.7;

/** What is held of a key: a part of a session that was not sent, and what was sent before it. */
interface Held {
  readonly id: unknown;
  readonly key: unknown;
  /** The part that was not sent, from its first window's start to its last one's end; there is none while `end` is −∞. */
  start: Timestamp;
  end: Timestamp;
  accumulator: unknown;
  /** The session that was sent last, as far as it is known here. */
  sentStart: Timestamp;
  sentEnd: Timestamp;
  /** Where it stands in the heap; other entries of it are stale. */
  queuedAt: Timestamp;
}

/** A part of a session on its way out. */
interface Part {
  readonly key: unknown;
  readonly accumulator: unknown;
  readonly window: IntervalWindow;
}

const NOTHING = Number.NEGATIVE_INFINITY;

export interface SessionPrecombineParts {
  readonly combineFn: CombineFn<unknown, unknown, unknown>;
  readonly identity: (key: unknown) => unknown;
  readonly table: KeyTable;
  readonly step: FailedStep;
  readonly ports: readonly OutputPort[];
  readonly gate: OutputGate;
}

/**
 * Folds the values of a key's session before they cross a channel. Whoever merges the sessions must not believe that one has
 * ended while a part of it is held here: a part is sent before a watermark is handed on that passes its start, or, where it
 * goes on with a session that was sent, the end that was sent. So a session is heard of about once in its gap.
 */
export class SessionPrecombineOperator implements Operator, KeyedSink {
  readonly tableWindows = undefined;
  readonly table: KeyTable;
  private readonly byKey = new Map<unknown, Held>();
  /** Every key that is held, by when something has to be done about it. */
  private readonly due = new TimeHeap<Held>();
  private readonly leaving = new Fifo<Part>();
  private taken = 0;
  private emitted = 0;
  private folding = true;
  private watermark: Timestamp = MIN_TIMESTAMP;

  constructor(private readonly parts: SessionPrecombineParts) {
    this.table = parts.table;
  }

  process(batch: Batch, from: number): number {
    const { values } = batch;
    const keys = batch.keys!;
    for (let i = from; i < batch.length; i++) {
      if (this.parts.gate.blocked) return i;
      this.fold(keys[i], values[i], batch.windowsAt(i));
    }
    return batch.length;
  }

  fold(key: unknown, value: unknown, windows: Windows): void {
    if (!Array.isArray(windows)) this.add(windows as BoundedWindow, key, value);
    else for (const window of windows as readonly BoundedWindow[]) this.add(window, key, value);
  }

  private add(window: BoundedWindow, key: unknown, value: unknown): void {
    const { combineFn, identity, step } = this.parts;
    const { start, end } = window;
    this.taken++;
    try {
      // What is behind the watermark goes at once: what becomes of it is decided where sessions are merged.
      if (!this.folding || start < this.watermark) {
        this.emit(key, combineFn.addInput(combineFn.createAccumulator(), value), new IntervalWindow(start, end));
        return;
      }
      const id = typeof key === 'number' ? key : identity(key);
      let held = this.byKey.get(id);
      if (held === undefined) held = this.hold(id, key);
      if (held.end !== NOTHING) {
        if (start < held.end && held.start < end) {
          if (start < held.start) held.start = start;
          if (end > held.end) held.end = end;
          held.accumulator = combineFn.addInput(held.accumulator, value);
          this.queue(held, this.dueAt(held));
          return;
        }
        this.send(held);
      }
      held.start = start;
      held.end = end;
      held.accumulator = combineFn.addInput(combineFn.createAccumulator(), value);
      this.queue(held, this.dueAt(held));
    } catch (error) {
      throw functionError(error, step, { value: { key, value } });
    }
  }

  private hold(id: unknown, key: unknown): Held {
    const held: Held = {
      id,
      key,
      start: NOTHING,
      end: NOTHING,
      accumulator: undefined,
      sentStart: NOTHING,
      sentEnd: NOTHING,
      queuedAt: Number.POSITIVE_INFINITY,
    };
    this.byKey.set(id, held);
    return held;
  }

  private queue(held: Held, at: Timestamp): void {
    if (at >= held.queuedAt) return;
    held.queuedAt = at;
    this.due.push(at, held);
  }

  /** The part has to be sent before a watermark beyond this is handed on. */
  private dueAt({ start, end, sentStart, sentEnd }: Held): Timestamp {
    const goesOn = start >= sentStart && start < sentEnd;
    return goesOn ? Math.min(sentEnd, end) - 1 : start;
  }

  onWatermark(timestamp: Timestamp): void {
    this.watermark = timestamp;
    const { due } = this;
    while (due.first < timestamp) {
      const at = due.first;
      const held = due.pop()!;
      if (held.queuedAt !== at || this.byKey.get(held.id) !== held) continue;
      held.queuedAt = Number.POSITIVE_INFINITY;
      if (held.end !== NOTHING && this.dueAt(held) < timestamp) this.send(held);
      if (held.end !== NOTHING) this.queue(held, this.dueAt(held));
      else if (held.sentEnd - 1 >= timestamp) this.queue(held, held.sentEnd - 1);
      else this.byKey.delete(held.id);
    }
  }

  beforeBarrier(): void {
    for (const held of this.byKey.values()) if (held.end !== NOTHING) this.send(held);
    if (this.taken >= TRIAL_ELEMENTS) this.folding = this.emitted <= this.taken * WORTHWHILE;
    if (!this.folding) this.byKey.clear();
  }

  resume(): boolean {
    if (this.byKey.size > MAX_KEYS) {
      this.beforeBarrier();
      this.byKey.clear();
    }
    const { gate, ports } = this.parts;
    for (let part = this.leaving.first; part !== undefined; part = this.leaving.first) {
      if (gate.blocked) return false;
      const { key, accumulator, window } = part;
      for (const port of ports) port.pushKeyed(key, accumulator, window.maxTimestamp, window, NO_FIRING_PANE);
      this.leaving.shift();
    }
    return true;
  }

  private send(held: Held): void {
    const { key, start, end } = held;
    this.emit(key, held.accumulator, new IntervalWindow(start, end));
    const touches = start < held.sentEnd && held.sentStart < end;
    held.sentStart = touches ? Math.min(start, held.sentStart) : start;
    held.sentEnd = touches ? Math.max(end, held.sentEnd) : end;
    held.end = NOTHING;
    held.accumulator = undefined;
  }

  private emit(key: unknown, accumulator: unknown, window: IntervalWindow): void {
    this.emitted++;
    this.leaving.push({ key, accumulator, window });
  }

  /** Nothing is held at a barrier; what was sent of a session need not be known: the next part goes all the sooner. */
  snapshot(): void {}

  restore(): void {}
}
