import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { ReadyTasks } from './ready-tasks.js';
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
  /** Absent before the start, when all are ready. */
  private ready: ReadyTasks<Task> | undefined;
  /** Whose turn it is, and whether it was woken meanwhile. */
  private running: Task | undefined;
  private wokenMeanwhile = false;
  private sleeping: (() => void) | undefined;
  private stopped = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly inbox?: Inbox,
    /** Asked before a sleep, when no task has anything to do: true when that may have changed. */
    private readonly onQuiet?: () => boolean,
  ) {}

  /** Tasks in topological order of their operators. */
  start(tasks: readonly Task[]): void {
    const ready = new ReadyTasks(tasks.filter((task) => task.operator.poll === undefined).reverse());
    for (const task of tasks) ready.add(task);
    this.ready = ready;
  }

  wake(task: Task): void {
    if (task === this.running) this.wokenMeanwhile = true;
    else this.ready?.add(task);
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
    const { ready } = this;
    if (ready === undefined) throw new Error('the scheduler was not started');
    let sliceEnd = performance.now() + SLICE_MS;
    while (this.mayGoOn) {
      this.inbox?.receive();
      const worked = this.round(ready);
      if (!worked && ready.isEmpty && this.mayGoOn) await this.rest(ready);
      // Also after a sleep: a promise that needed no event loop may have ended it.
      if (performance.now() >= sliceEnd) {
        await yieldToEventLoop();
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  private get mayGoOn(): boolean {
    return !this.stopped && this.failure === undefined;
  }

  /** Ends the sleep: what `onQuiet` looks at has changed. */
  poke(): void {
    this.sleeping?.();
  }

  private rest(ready: ReadyTasks<Task>): Promise<void> {
    return this.onQuiet === undefined ? this.sleep() : this.ask(ready, this.onQuiet);
  }

  private async ask(ready: ReadyTasks<Task>, onQuiet: () => boolean): Promise<void> {
    // What has settled by now has its say first.
    await yieldToEventLoop();
    if (ready.isEmpty && this.mayGoOn && !onQuiet()) await this.sleep();
  }

  private async sleep(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.sleeping = resolve;
      this.inbox?.park().then(resolve, reject);
    });
    this.sleeping = undefined;
    this.inbox?.unpark();
  }

  private round(ready: ReadyTasks<Task>): boolean {
    let worked = false;
    for (let task = ready.takeConsumer(0); task !== undefined; task = ready.takeConsumer(task.place + 1)) {
      if (this.turn(ready, task, TURN)) worked = true;
    }
    const source = ready.takeSource();
    if (source !== undefined && this.turn(ready, source, 1)) worked = true;
    return worked || source !== undefined;
  }

  /** Lets a task do so many pieces of work at most; true when it did any. */
  private turn(ready: ReadyTasks<Task>, task: Task, pieces: number): boolean {
    this.running = task;
    this.wokenMeanwhile = false;
    let done = 0;
    let goesOn = true;
    while (goesOn && done < pieces && !this.stopped && this.failure === undefined) {
      goesOn = task.run();
      if (goesOn) done++;
    }
    this.running = undefined;
    if (goesOn || this.wokenMeanwhile) ready.add(task);
    return done > 0;
  }
}
