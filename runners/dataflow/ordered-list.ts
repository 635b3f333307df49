import type { Timestamp } from '../../sdk/model/index.js';

/** A chunk that has this many is cut into two; moving so many costs less than finding the place. */
const CHUNK = 512;

/**
 * Values in order of their starts, of which no two are equal; a start may change as long as the order stays. Added to and
 * taken from anywhere for the price of a search: the values lie in chunks, so that only those of one are moved.
 */
export class OrderedList<T extends { readonly start: Timestamp }> {
  /** None is empty, unless it is the only one. */
  private readonly chunks: T[][];

  constructor(first?: T) {
    this.chunks = [first === undefined ? [] : [first]];
  }

  get isEmpty(): boolean {
    return this.chunks[0]!.length === 0;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const chunk of this.chunks) yield* chunk;
  }

  /** The last value that starts before an instant. */
  lastBefore(instant: Timestamp): T | undefined {
    const chunk = this.chunks[this.chunkBefore(instant)]!;
    return chunk[indexBefore(chunk, instant)];
  }

  /** The last value that starts before an instant or at it. */
  lastUpTo(instant: Timestamp): T | undefined {
    const chunk = this.chunks[this.chunkUpTo(instant)]!;
    return chunk[indexUpTo(chunk, instant)];
  }

  add(value: T): void {
    const at = this.chunkBefore(value.start);
    const chunk = this.chunks[at]!;
    const index = indexBefore(chunk, value.start) + 1;
    if (index === chunk.length) chunk.push(value);
    else chunk.splice(index, 0, value);
    if (chunk.length < CHUNK) return;
    // Values mostly come in order: behind the last one a chunk stays nearly full.
    const left = index === chunk.length - 1 ? chunk.length - 1 : chunk.length >> 1;
    this.chunks.splice(at + 1, 0, chunk.splice(left));
  }

  /** Takes out a value that is there. */
  remove(value: T): void {
    const at = this.chunkUpTo(value.start);
    const chunk = this.chunks[at]!;
    // Time mostly passes over them in order.
    if (chunk[0] === value) chunk.shift();
    else chunk.splice(indexUpTo(chunk, value.start), 1);
    if (chunk.length === 0 && this.chunks.length > 1) this.chunks.splice(at, 1);
  }

  /** The last chunk that begins before an instant, else the first one. */
  private chunkBefore(instant: Timestamp): number {
    const { chunks } = this;
    let from = 0;
    let to = chunks.length - 1;
    if (to === 0 || chunks[to]![0]!.start < instant) return to;
    while (from < to - 1) {
      const middle = (from + to) >> 1;
      if (chunks[middle]![0]!.start < instant) from = middle;
      else to = middle;
    }
    return from;
  }

  /** The last chunk that begins before an instant or at it, else the first one. */
  private chunkUpTo(instant: Timestamp): number {
    const at = this.chunkBefore(instant);
    return this.chunks[at + 1]?.[0]?.start === instant ? at + 1 : at;
  }
}

/** The index of the last value that starts before an instant; -1 when none does. */
function indexBefore(chunk: readonly { readonly start: Timestamp }[], instant: Timestamp): number {
  let to = chunk.length - 1;
  if (to < 0 || chunk[to]!.start < instant) return to;
  for (let from = 0; from < to; ) {
    const middle = (from + to) >> 1;
    if (chunk[middle]!.start < instant) from = middle + 1;
    else to = middle;
  }
  return to - 1;
}

/** The same of the last value that starts before an instant or at it. Instants are not counted on: the last are rounded. */
function indexUpTo(chunk: readonly { readonly start: Timestamp }[], instant: Timestamp): number {
  const before = indexBefore(chunk, instant);
  return chunk[before + 1]?.start === instant ? before + 1 : before;
}
