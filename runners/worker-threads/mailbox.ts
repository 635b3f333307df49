/// <reference lib="es2024.sharedmemory" />

/** One cell for each thread, a cache line pair apart. */
const CELL_STRIDE = 32;
const AWAKE = 0;
const PARKED = 1;

/** Shared memory for the mailboxes of so many threads. */
export function createMailboxes(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * CELL_STRIDE * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * The place where one thread waits for all the others. Parking waits with `Atomics.waitAsync`, so the event loop keeps
 * running; waking costs one atomic load while the thread is awake.
 *
 * The rule that loses no wake-up: the parking thread says that it is parked, then looks for work once more; who makes
 * work publishes it first, then looks whether the thread is parked.
 */
export class Mailbox {
  readonly #cells: Int32Array;
  readonly #cell: number;

  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#cells = new Int32Array(memory);
    this.#cell = thread * CELL_STRIDE;
  }

  /** Called by any thread, after it has published work. True when the thread was parked. */
  wake(): boolean {
    if (Atomics.load(this.#cells, this.#cell) === AWAKE) return false;
    if (Atomics.compareExchange(this.#cells, this.#cell, PARKED, AWAKE) !== PARKED) return false;
    Atomics.notify(this.#cells, this.#cell);
    return true;
  }

  /**
   * Called by the owner only. Settles when the thread is woken; undefined when there is work already, as `hasWork` says
   * after the thread was marked as parked.
   */
  park(hasWork: () => boolean): Promise<unknown> | undefined {
    Atomics.store(this.#cells, this.#cell, PARKED);
    if (hasWork()) {
      Atomics.store(this.#cells, this.#cell, AWAKE);
      return undefined;
    }
    const waiting = Atomics.waitAsync(this.#cells, this.#cell, PARKED);
    return waiting.async ? waiting.value : undefined;
  }
}

/** Looks for work for some microseconds before the thread parks: a sleep and a wake-up cost more than that. */
export function spin(hasWork: () => boolean, microseconds: number): boolean {
  const end = performance.now() + microseconds / 1000;
  do {
    // About a microsecond of looking between two looks at the clock.
    for (let i = 0; i < 32; i++) if (hasWork()) return true;
  } while (performance.now() < end);
  return false;
}
