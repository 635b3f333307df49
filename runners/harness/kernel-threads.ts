import { KernelThread, type KernelThreadHost } from './kernel-thread.js';
import type { KernelThreadData } from './thread-messages.js';

const CLOSE_GRACE_MS = 2_000;

/**
 * The kernel threads of a worker: one from the start, because a bundle is sure to come, and more when a bundle finds none
 * without work, up to a limit. Then threads are shared. A bundle never waits for another one to end: engines keep a bundle
 * open while those that feed it run (Flink does for every stage of a chained task), and would wait for ever.
 */
export class KernelThreads {
  readonly #threads: KernelThread[] = [];

  constructor(
    private readonly data: KernelThreadData,
    private readonly limit: number,
    private readonly host: KernelThreadHost,
  ) {
    this.#add();
  }

  /** The thread for the next bundle. */
  pick(): KernelThread {
    // A thread that broke down is replaced: its error has gone to the bundles that it had.
    for (let i = this.#threads.length - 1; i >= 0; i--)
      if (this.#threads[i]?.broken === true) this.#threads.splice(i, 1);
    const [first, ...others] = this.#threads;
    if (first === undefined) return this.#add();
    const least = others.reduce((best, thread) => (thread.load < best.load ? thread : best), first);
    return least.load === 0 || this.#threads.length >= this.limit ? least : this.#add();
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close(CLOSE_GRACE_MS)));
  }

  #add(): KernelThread {
    const thread = new KernelThread(this.data, this.host);
    this.#threads.push(thread);
    return thread;
  }
}
