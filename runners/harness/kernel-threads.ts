import type { LogRecord } from '../../sdk/model/index.js';
import { KernelThread } from './kernel-thread.js';
import type { KernelThreadData } from './thread-messages.js';

const CLOSE_GRACE_MS = 2_000;

/**
 * The kernel threads of a worker: one from the start, because a bundle is sure to come, and more when a bundle finds none
 * idle, up to a limit; then bundles wait their turn.
 */
export class KernelThreads {
  readonly #threads: KernelThread[] = [];
  readonly #waiting: ((thread: KernelThread) => void)[] = [];
  readonly #leased = new Set<KernelThread>();
  #closed = false;

  constructor(
    private readonly data: KernelThreadData,
    private readonly limit: number,
    private readonly onLog: (record: LogRecord) => void,
  ) {
    this.#add();
  }

  /** A thread for one bundle; give it back by {@link release}. */
  lease(): Promise<KernelThread> {
    const thread = this.#free();
    if (thread !== undefined) {
      this.#leased.add(thread);
      return Promise.resolve(thread);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(thread: KernelThread): void {
    this.#leased.delete(thread);
    if (this.#closed || this.#waiting.length === 0) return;
    const next = this.#free();
    if (next === undefined) return;
    this.#leased.add(next);
    this.#waiting.shift()?.(next);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.close(CLOSE_GRACE_MS)));
  }

  #free(): KernelThread | undefined {
    // A thread that broke down is replaced: its error has gone to the bundle that it had.
    for (let i = this.#threads.length - 1; i >= 0; i--)
      if (this.#threads[i]?.broken === true) this.#threads.splice(i, 1);
    const idle = this.#threads.find((thread) => thread.idle && !this.#leased.has(thread));
    if (idle !== undefined) return idle;
    if (this.#threads.length >= this.limit) return undefined;
    return this.#add();
  }

  #add(): KernelThread {
    const thread = new KernelThread(this.data, this.onLog);
    this.#threads.push(thread);
    return thread;
  }
}
