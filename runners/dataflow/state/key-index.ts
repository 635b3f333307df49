/** Slots that an index begins with; a power of two. */
const BEGINNING = 16;

/**
 * Which row a key has. Keys that are 32-bit integers stand in an open-addressed table of (key, row + 1) pairs, side by side
 * in memory (linear probing, Fibonacci hashing, deletion without marks: Knuth, The Art of Computer Programming 3, 6.4);
 * all others in a Map, by their identity.
 */
export class KeyIndex {
  private slots = new Int32Array(2 * BEGINNING);
  private mask = BEGINNING - 1;
  private shift = 32 - Math.log2(BEGINNING);
  private integers = 0;
  private readonly others = new Map<unknown, number>();

  constructor(
    private readonly identity: (key: unknown) => unknown,
    /** Whether keys that are primitives are equal where they are the same. */
    private readonly primitives: boolean,
  ) {}

  /** -1 where the key has no row. */
  find(key: unknown): number {
    if (typeof key === 'number' && (key | 0) === key && this.primitives) return this.findInteger(key);
    return this.others.get(this.identity(key)) ?? -1;
  }

  /** Enters a key that is not there. */
  add(key: unknown, row: number): void {
    if (typeof key !== 'number' || (key | 0) !== key || !this.primitives) {
      this.others.set(this.identity(key), row);
      return;
    }
    // Half of it is empty: where probes are long, so is every search.
    if (++this.integers * 2 > this.mask + 1) this.grow();
    this.put(key | 0, row);
  }

  remove(key: unknown): void {
    if (typeof key === 'number' && (key | 0) === key && this.primitives) this.removeInteger(key | 0);
    else this.others.delete(this.identity(key));
  }

  private findInteger(key: number): number {
    const { slots, mask, shift } = this;
    for (let p = Math.imul(key, 0x9e3779b1) >>> shift; ; p = (p + 1) & mask) {
      const row = slots[2 * p + 1]!;
      if (row === 0) return -1;
      if (slots[2 * p] === key) return row - 1;
    }
  }

  private put(key: number, row: number): void {
    const { slots, mask, shift } = this;
    let p = Math.imul(key, 0x9e3779b1) >>> shift;
    while (slots[2 * p + 1] !== 0) p = (p + 1) & mask;
    slots[2 * p] = key;
    slots[2 * p + 1] = row + 1;
  }

  private removeInteger(key: number): void {
    const { slots, mask, shift } = this;
    let hole = Math.imul(key, 0x9e3779b1) >>> shift;
    while (slots[2 * hole] !== key || slots[2 * hole + 1] === 0) hole = (hole + 1) & mask;
    this.integers--;
    // What lies behind it and could not be found past a hole moves into it.
    for (let p = (hole + 1) & mask; slots[2 * p + 1] !== 0; p = (p + 1) & mask) {
      const home = Math.imul(slots[2 * p]!, 0x9e3779b1) >>> shift;
      if (((p - home) & mask) < ((p - hole) & mask)) continue;
      slots[2 * hole] = slots[2 * p]!;
      slots[2 * hole + 1] = slots[2 * p + 1]!;
      hole = p;
    }
    slots[2 * hole + 1] = 0;
  }

  private grow(): void {
    const { slots, mask } = this;
    this.mask = 2 * mask + 1;
    this.shift--;
    this.slots = new Int32Array(2 * (this.mask + 1));
    for (let p = 0; p <= mask; p++) if (slots[2 * p + 1] !== 0) this.put(slots[2 * p]!, slots[2 * p + 1]! - 1);
  }
}
