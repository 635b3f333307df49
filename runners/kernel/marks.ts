/** Marks that are kept at most. Where an epoch is held for long, those between are thinned out. */
export const MOST_MARKS = 64;

/**
 * What a metric stood at when barriers passed, until their epochs are finalised. Of many epochs not every mark is kept: then
 * what is committed trails a little more, and is never ahead.
 */
export class Marks<V> {
  #epochs: number[] = [];
  #values: V[] = [];
  #committed: V | undefined;

  /** Of the last mark whose epoch is finalised. */
  get committed(): V | undefined {
    return this.#committed;
  }

  /** The barrier of an epoch passes; a value that has changed is another one. */
  mark(epoch: number, value: V): void {
    const last = this.#values.length === 0 ? this.#committed : this.#values[this.#values.length - 1];
    if (value === last) return;
    if (this.#values.length === MOST_MARKS) {
      const isKept = (_: unknown, i: number): boolean => i % 2 === 1;
      this.#epochs = this.#epochs.filter(isKept);
      this.#values = this.#values.filter(isKept);
    }
    this.#epochs.push(epoch);
    this.#values.push(value);
  }

  /** Epochs up to this one are finalised. */
  commit(epoch: number): void {
    let passed = 0;
    while (passed < this.#epochs.length && this.#epochs[passed]! <= epoch) passed++;
    if (passed === 0) return;
    this.#committed = this.#values[passed - 1];
    this.#epochs.splice(0, passed);
    this.#values.splice(0, passed);
  }
}
