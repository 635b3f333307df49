import { availableParallelism } from 'node:os';
import type { BundleRef } from '../../sdk/model/index.js';
import { Thread } from './thread.js';

/** Idle threads of all runners of this process beyond which the one that is idle longest is ended. */
const IDLE_LIMIT = Math.max(4, 2 * availableParallelism());

/** The idle threads of all runners, and whose they are; those that are idle longest come first. */
const idle = new Map<Thread, ThreadPool>();

/**
 * The threads of one runner. A thread that has done its work well is kept for the next pipeline of the same program, whose
 * code is then loaded and compiled already. A program never meets another one's thread.
 */
export class ThreadPool {
  readonly #keep: boolean;
  #closed = false;
  /** Threads at work or on their way out. */
  readonly #busy = new Set<Thread>();
  readonly #whenEmpty: (() => void)[] = [];

  constructor(keep: boolean) {
    this.#keep = keep;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** An idle thread for this program, or a new one. */
  take(bundle: BundleRef | undefined): Thread {
    const thread = this.#find(bundle) ?? this.#create(bundle);
    idle.delete(thread);
    this.#busy.add(thread);
    return thread;
  }

  #create(bundle: BundleRef | undefined): Thread {
    const thread = new Thread(bundle);
    void thread.exited.then(() => idle.delete(thread));
    return thread;
  }

  #find(bundle: BundleRef | undefined): Thread | undefined {
    for (const [thread, owner] of idle) {
      if (owner === this && thread.isAlive && isSame(thread.bundle, bundle)) return thread;
    }
    return undefined;
  }

  /** Takes a thread back: one that can be used again is kept, any other has ended when the promise settles. */
  async give(thread: Thread, reusable: boolean): Promise<void> {
    if (reusable && this.#keep && !this.#closed) {
      this.#leave(thread);
      thread.rest();
      idle.set(thread, this);
      if (idle.size > IDLE_LIMIT) endFirstIdle();
      return;
    }
    await thread.end();
    this.#leave(thread);
  }

  /** Ends the idle threads; those at work end with their pipelines. Settles when all have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const own = [...idle].filter(([, owner]) => owner === this).map(([thread]) => thread);
    for (const thread of own) idle.delete(thread);
    await Promise.all(own.map((thread) => thread.end()));
    if (this.#busy.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  #leave(thread: Thread): void {
    this.#busy.delete(thread);
    if (this.#busy.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

function endFirstIdle(): void {
  const [thread] = idle.keys();
  idle.delete(thread!);
  void thread!.end();
}

function isSame(a: BundleRef | undefined, b: BundleRef | undefined): boolean {
  return a?.sha256 === b?.sha256 && a?.path === b?.path && a?.sourceFolder === b?.sourceFolder;
}
