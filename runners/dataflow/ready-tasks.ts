import type { Timestamp } from '../../sdk/model/index.js';

/** A task as far as its turn goes. */
export interface Turning {
  /** Watermark last handed on; stays while the task waits for its turn. */
  readonly outputWatermark: Timestamp;
  /** Kept by {@link ReadyTasks}: its place among the consumers, -1 of a source. */
  place: number;
  /** Kept by {@link ReadyTasks}: waits for its turn. */
  isReady: boolean;
}

const WORD_BITS = 32;

/**
 * The tasks that may have something to do. Consumers stand in the order of the work, as bits, so that a thousand that have
 * nothing to do cost as much as thirty; sources by their watermark, and those of one watermark in turn.
 */
export class ReadyTasks<T extends Turning> {
  private readonly words: Int32Array;
  private readonly sources = new SourceHeap<T>();
  private consumersReady = 0;

  /** The consumers in the order in which they get their turns. */
  constructor(private readonly consumers: readonly T[]) {
    for (const [place, task] of consumers.entries()) task.place = place;
    this.words = new Int32Array(Math.ceil(consumers.length / WORD_BITS));
  }

  get isEmpty(): boolean {
    return this.consumersReady === 0 && this.sources.isEmpty;
  }

  add(task: T): void {
    if (task.isReady) return;
    task.isReady = true;
    const { place } = task;
    if (place < 0) {
      this.sources.push(task);
      return;
    }
    this.words[place >> 5]! |= 1 << (place & 31);
    this.consumersReady++;
  }

  /** Takes the first consumer from a place on. */
  takeConsumer(from: number): T | undefined {
    const { words } = this;
    let mask = -1 << (from & 31);
    for (let w = from >> 5; w < words.length; w++) {
      const word = words[w]! & mask;
      mask = -1;
      if (word === 0) continue;
      const bit = 31 - Math.clz32(word & -word);
      words[w]! &= ~(1 << bit);
      this.consumersReady--;
      const task = this.consumers[w * WORD_BITS + bit]!;
      task.isReady = false;
      return task;
    }
    return undefined;
  }

  /** Takes the source that is furthest behind. */
  takeSource(): T | undefined {
    const task = this.sources.pop();
    if (task !== undefined) task.isReady = false;
    return task;
  }
}

/** A binary heap by watermark, then by how long they have waited. */
class SourceHeap<T extends Turning> {
  private readonly tasks: T[] = [];
  private readonly turns: number[] = [];
  private turn = 0;

  get isEmpty(): boolean {
    return this.tasks.length === 0;
  }

  push(task: T): void {
    const turn = this.turn++;
    let at = this.tasks.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, turn, this.tasks[parent]!, this.turns[parent]!)) break;
      this.put(at, parent);
      at = parent;
    }
    this.tasks[at] = task;
    this.turns[at] = turn;
  }

  pop(): T | undefined {
    const first = this.tasks[0];
    const task = this.tasks.pop();
    const turn = this.turns.pop();
    const size = this.tasks.length;
    if (size === 0 || task === undefined || turn === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(child + 1, child)) child++;
      if (isBefore(task, turn, this.tasks[child]!, this.turns[child]!)) break;
      this.put(at, child);
      at = child;
    }
    this.tasks[at] = task;
    this.turns[at] = turn;
    return first;
  }

  private put(at: number, from: number): void {
    this.tasks[at] = this.tasks[from]!;
    this.turns[at] = this.turns[from]!;
  }

  private isBefore(a: number, b: number): boolean {
    return isBefore(this.tasks[a]!, this.turns[a]!, this.tasks[b]!, this.turns[b]!);
  }
}

function isBefore(a: Turning, turnOfA: number, b: Turning, turnOfB: number): boolean {
  return a.outputWatermark === b.outputWatermark ? turnOfA < turnOfB : a.outputWatermark < b.outputWatermark;
}
