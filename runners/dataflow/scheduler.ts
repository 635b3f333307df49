import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Task } from './task.js';

/** No thread stays away from its event loop longer than this, or sockets and heartbeats die. */
const SLICE_MS = 10;
/** Pieces of work of one task before the others have a look. */
const TURN = 16;

/** What comes in from other threads. */
export interface Inbox {
  /** Takes in what has come, and wakes the tasks that it is for. */
  receive(): void;
  /** Settles when there is something to receive, or after {@link unpark}. */
  park(): Promise<void>;
  unpark(): void;
}

/** Runs the tasks of one thread in turn: consumers before producers, and of the sources the one furthest behind. */
export class Scheduler {
  private readonly ready = new Set<Task>();
  private consumers: Task[] = [];
  private sources: Task[] = [];
  private sleeping: (() => void) | undefined;
  private stopped = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly inbox?: Inbox) {}

  /** Tasks in topological order of their operators. */
  start(tasks: readonly Task[]): void {
    this.consumers = tasks.filter((task) => task.operator.poll === undefined).reverse();
    this.sources = tasks.filter((task) => task.operator.poll !== undefined);
    for (const task of tasks) this.ready.add(task);
  }

  wake(task: Task): void {
    this.ready.add(task);
    this.sleeping?.();
  }

  fail(error: unknown): void {
    this.failure ??= { error };
    this.sleeping?.();
  }

  /** Ends `run` when the current piece of work is done. */
  stop(): void {
    this.stopped = true;
    this.sleeping?.();
  }

  /** Works until stopped; rejects with the first failure of a task. */
  async run(): Promise<void> {
    let sliceEnd = performance.now() + SLICE_MS;
    while (!this.stopped && this.failure === undefined) {
      this.inbox?.receive();
      const worked = this.round();
      if (!worked && this.ready.size === 0 && !this.stopped && this.failure === undefined) await this.sleep();
      // Also after a sleep: a promise that needed no event loop may have ended it.
      if (performance.now() >= sliceEnd) {
        await yieldToEventLoop();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  private async sleep(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.sleeping = resolve;
      this.inbox?.park().then(resolve, reject);
    });
    this.sleeping = undefined;
    this.inbox?.unpark();
  }

  private round(): boolean {
    let worked = false;
    for (const task of this.consumers) if (this.ready.has(task) && this.turn(task, TURN)) worked = true;
    const source = this.furthestBehind();
    if (source !== undefined && this.turn(source, 1)) worked = true;
    return worked || source !== undefined;
  }

  private furthestBehind(): Task | undefined {
    let chosen: Task | undefined;
    for (const task of this.sources) {
      if (!this.ready.has(task)) continue;
      if (chosen === undefined || task.outputWatermark < chosen.outputWatermark) chosen = task;
    }
    return chosen;
  }

  private turn(task: Task, pieces: number): boolean {
    this.ready.delete(task);
    for (let i = 0; i < pieces; i++) {
      if (!task.run()) return i > 0;
      if (this.stopped || this.failure !== undefined) return true;
    }
    this.ready.add(task);
    return true;
  }
}
