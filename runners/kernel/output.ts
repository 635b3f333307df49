import type { PaneInfo, Timestamp, Windows } from '../../sdk/model/index.js';
import { BATCH_CAPACITY, Batch } from './batch.js';
import { weigh } from './weigh.js';

/** Whether what an operator writes is piling up. Operators look between two elements and stop while it is set. */
export class OutputGate {
  blocked = false;
  /** Batches that were handed on. */
  handedOn = 0;
}

/** Takes full batches; answers false when no more should come for now (what was handed over is accepted all the same). */
export interface BatchReceiver {
  accept(batch: Batch): boolean;
}

/** Where an operator writes the elements of one of its outputs. */
export interface OutputPort {
  /** Keyed ports are written by `pushKeyed`, others by `push`. */
  readonly keyed: boolean;
  push(value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void;
  pushKeyed(key: unknown, value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void;
  /** Hands on what is buffered; must come before any marker. */
  flush(): void;
}

/** Elements after which a batch is weighed for the first time; then again whenever it has grown to four times as many. */
const WEIGH_AT = 16;
/** The last elements of a batch of which the heaviest is taken for what all of them weigh. */
const WEIGHED = 4;
/** A batch is handed on when it weighs about as much, so that a channel of few batches is bounded in bytes too. */
const BATCH_BYTES = 1 << 20;

/** Collects elements into batches for one receiver. */
export class OutputBuffer implements OutputPort {
  private batch: Batch | undefined;
  /** Elements that the last batch held: the next one is made as large. */
  private expected = 0;
  /** Elements at which the batch is weighed or handed on. */
  private limit: number;

  constructor(
    readonly keyed: boolean,
    private readonly receiver: BatchReceiver,
    private readonly gate: OutputGate,
    private readonly capacity: number = BATCH_CAPACITY,
  ) {
    this.limit = Math.min(WEIGH_AT, capacity);
  }

  push(value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    const batch = this.batch ?? this.open(value, undefined);
    batch.append(value, timestamp, windows, pane);
    if (batch.length >= this.limit) this.atLimit(batch);
  }

  pushKeyed(key: unknown, value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    const batch = this.batch ?? this.open(value, key);
    batch.keys![batch.length] = key;
    batch.append(value, timestamp, windows, pane);
    if (batch.length >= this.limit) this.atLimit(batch);
  }

  private atLimit(batch: Batch): void {
    const { length } = batch;
    if (length < this.capacity) {
      let heaviest = 0;
      for (let i = length - WEIGHED; i < length; i++) {
        const bytes = weigh(batch.values[i]) + (batch.keys === undefined ? 0 : weigh(batch.keys[i]));
        if (bytes > heaviest) heaviest = bytes;
      }
      this.limit = Math.min(this.capacity, 4 * length, Math.floor(BATCH_BYTES / heaviest));
      if (length < this.limit) return;
    }
    this.flush();
  }

  private open(value: unknown, key: unknown): Batch {
    this.batch = Batch.like(value, key, this.keyed, this.expected, this.capacity);
    return this.batch;
  }

  flush(): void {
    const { batch } = this;
    if (batch === undefined) return;
    this.batch = undefined;
    this.limit = Math.min(WEIGH_AT, this.capacity);
    this.expected = batch.length;
    batch.seal();
    this.gate.handedOn++;
    if (!this.receiver.accept(batch)) this.gate.blocked = true;
  }
}

/** Spreads elements over several targets: by the hash of the key, or in turn. */
export class PartitionedOutput implements OutputPort {
  private next = 0;

  constructor(
    readonly keyed: boolean,
    private readonly targets: readonly OutputBuffer[],
    /** Key → index of the target; absent for round robin. */
    private readonly partition?: (key: unknown) => number,
  ) {}

  push(value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    this.targets[this.next]!.push(value, timestamp, windows, pane);
    this.advance();
  }

  pushKeyed(key: unknown, value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    if (this.partition === undefined) {
      this.targets[this.next]!.pushKeyed(key, value, timestamp, windows, pane);
      this.advance();
    } else {
      this.targets[this.partition(key)]!.pushKeyed(key, value, timestamp, windows, pane);
    }
  }

  flush(): void {
    for (const target of this.targets) target.flush();
  }

  private advance(): void {
    this.next = this.next + 1 === this.targets.length ? 0 : this.next + 1;
  }
}

/** Gives every element to every target. */
export class BroadcastOutput implements OutputPort {
  constructor(
    readonly keyed: boolean,
    private readonly targets: readonly OutputBuffer[],
  ) {}

  push(value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    for (const target of this.targets) target.push(value, timestamp, windows, pane);
  }

  pushKeyed(key: unknown, value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    for (const target of this.targets) target.pushKeyed(key, value, timestamp, windows, pane);
  }

  flush(): void {
    for (const target of this.targets) target.flush();
  }
}

/** Folds keyed elements as they come: a grouping that stands in the same task as the steps before it. */
export interface KeyedSink {
  fold(key: unknown, value: unknown, windows: Windows): void;
  /** The table that elements in `tableWindows` go into, so that nothing else need be asked while these stay the same. */
  readonly tableWindows: Windows | undefined;
  readonly table: { put(key: unknown, value: unknown): void };
}

/** Hands elements to a grouping by a plain call, without a queue between. */
export class FoldPort implements OutputPort {
  readonly keyed = true;

  constructor(readonly sink: KeyedSink) {}

  push(): never {
    throw new Error('a grouping takes keys and values');
  }

  pushKeyed(key: unknown, value: unknown, _timestamp: Timestamp, windows: Windows): void {
    this.sink.fold(key, value, windows);
  }

  flush(): void {}
}
