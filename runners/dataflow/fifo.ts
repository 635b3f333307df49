/**
 * A queue that may be long: `shift` of an array of some ten thousand entries moves all of them. What was taken is let go
 * of when it is half of what is held.
 */
export class Fifo<T> implements Iterable<T> {
  private entries: T[] = [];
  private head = 0;

  get isEmpty(): boolean {
    return this.head === this.entries.length;
  }

  /** The entry that is taken next. */
  get first(): T | undefined {
    return this.entries[this.head];
  }

  push(entry: T): void {
    this.entries.push(entry);
  }

  shift(): T | undefined {
    const entry = this.entries[this.head];
    if (this.isEmpty) return undefined;
    this.head++;
    if (this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return entry;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = this.head; i < this.entries.length; i++) yield this.entries[i]!;
  }
}
