/**
 * The page that the I/O thread and a kernel thread share about one bundle: which elements of its input have been begun,
 * and where it now ends. Both numbers stand in one word, so that a split and a claim can never both have an element.
 */
export class ClaimPage {
  /** Low half: elements begun. High half: elements that belong to the bundle. */
  readonly #word: BigInt64Array;
  readonly #counts: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer = ClaimPage.newBuffer()) {
    this.#word = new BigInt64Array(buffer, 0, 1);
    this.#counts = new Int32Array(buffer, 8, 2);
  }

  static newBuffer(): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(16);
    new BigInt64Array(buffer)[0] = pack(0, NO_LIMIT);
    return buffer;
  }

  get begun(): number {
    return Number(Atomics.load(this.#word, 0) & LOW);
  }

  /** Begins up to `wanted` more elements; answers how many of them are still the bundle's. */
  claim(wanted: number): number {
    for (;;) {
      const seen = Atomics.load(this.#word, 0);
      const begun = Number(seen & LOW);
      const limit = Number(seen >> 32n);
      const granted = Math.max(0, Math.min(wanted, limit - begun));
      if (granted === 0) return 0;
      if (Atomics.compareExchange(this.#word, 0, seen, pack(begun + granted, limit)) === seen) return granted;
    }
  }

  /**
   * Ends the bundle before an element that has not been begun: `choose` is asked with what has been, and answers the index
   * of the first element to give away, or undefined. Asked again when elements were begun meanwhile.
   */
  split(choose: (begun: number, limit: number) => number | undefined): number | undefined {
    for (;;) {
      const seen = Atomics.load(this.#word, 0);
      const begun = Number(seen & LOW);
      const limit = Number(seen >> 32n);
      const end = choose(begun, limit);
      if (end === undefined || end < begun || end >= limit) return undefined;
      if (Atomics.compareExchange(this.#word, 0, seen, pack(begun, end)) === seen) return end;
    }
  }

  /** Bytes that the kernel has written and the I/O thread has not sent: the kernel waits when they are too many. */
  addUnsent(bytes: number): void {
    Atomics.add(this.#counts, 0, bytes);
  }

  removeUnsent(bytes: number): void {
    Atomics.sub(this.#counts, 0, bytes);
    Atomics.notify(this.#counts, 0);
  }

  /** Kernel side: waits until fewer than `limit` bytes are unsent, or for `timeoutMs`; false when it took too long. */
  waitUntilSent(limit: number, timeoutMs: number): boolean {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const unsent = Atomics.load(this.#counts, 0);
      if (unsent < limit) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      Atomics.wait(this.#counts, 0, unsent, left);
    }
  }

  /** Elements written so far, for progress. */
  get emitted(): number {
    return Atomics.load(this.#counts, 1);
  }

  set emitted(count: number) {
    Atomics.store(this.#counts, 1, count);
  }
}

const LOW = 0xffff_ffffn;
const NO_LIMIT = 0x7fff_ffff;
const pack = (begun: number, limit: number): bigint => (BigInt(limit) << 32n) | BigInt(begun);
