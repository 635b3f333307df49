import { MAX_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';

interface Timed {
  readonly timestamp: Timestamp;
}

/** Taken entries at the front before the rest is moved there: a part of what is left, so that each is moved but seldom. */
const COMPACT_PART = 0.5;

/**
 * A queue that knows the least timestamp in it, however long it is: beside the entries it keeps those that are less than
 * all behind them (the ascending minima of a sliding window).
 */
export class WaitingWork<T extends Timed> {
  private entries: T[] = [];
  private head = 0;
  private minima: T[] = [];
  private minimaHead = 0;

  get isEmpty(): boolean {
    return this.head === this.entries.length;
  }

  /** The least timestamp; the end of time when nothing waits. */
  get least(): Timestamp {
    return this.minimaHead === this.minima.length ? MAX_TIMESTAMP : this.minima[this.minimaHead]!.timestamp;
  }

  push(entry: T): void {
    this.entries.push(entry);
    const { minima } = this;
    while (minima.length > this.minimaHead && minima[minima.length - 1]!.timestamp > entry.timestamp) minima.pop();
    minima.push(entry);
  }

  shift(): T | undefined {
    if (this.isEmpty) return undefined;
    const entry = this.entries[this.head++]!;
    if (this.minima[this.minimaHead] === entry) this.minimaHead++;
    if (this.head > this.entries.length * COMPACT_PART) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
      this.minima = this.minima.slice(this.minimaHead);
      this.minimaHead = 0;
    }
    return entry;
  }

  /** In their order; they go on waiting. */
  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.head; i < this.entries.length; i++) yield this.entries[i]!;
  }

  /** All entries; nothing waits any more. */
  takeAll(): T[] {
    const all = this.entries.slice(this.head);
    this.entries = [];
    this.head = 0;
    this.minima = [];
    this.minimaHead = 0;
    return all;
  }
}
