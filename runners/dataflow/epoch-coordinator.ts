import type { Clock } from './clock.js';

/** Milliseconds between two barriers. */
export const EPOCH_INTERVAL_MS = 1_000;

export interface EpochActions {
  /** Lets a barrier into every impulse. */
  inject(epoch: number, stop: boolean): void;
  /** Runs the finalisers of all tasks for epochs up to this one. */
  finalise(epoch: number): Promise<void>;
  /** Epochs up to this one are finalised: nothing that was done for them is done again. */
  commit?(epoch: number): void;
  /** A stop was asked for: its barrier comes when those before it are through. */
  stopping(): void;
  /** Lets the end into every impulse: nothing is open any more. */
  end(): void;
  fail(error: unknown): void;
}

/**
 * Keeps the epochs of a job, off the path of the data: about once a second a barrier goes through the dataflow; when
 * every task has acknowledged it, what no task holds any more is finalised. When time has reached its end in every task,
 * or a stop is asked for, a last barrier goes through and the job ends.
 */
export class EpochCoordinator {
  private epoch = 0;
  private inFlight = false;
  private acknowledged = 0;
  private oldestHeld = Number.POSITIVE_INFINITY;
  private finalised = 0;
  private finishedTasks = 0;
  private last: 'finish' | 'stop' | undefined;
  private lastInjected = false;
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly tasks: number,
    private readonly actions: EpochActions,
    private readonly clock: Clock,
    private readonly intervalMs: number = EPOCH_INTERVAL_MS,
  ) {}

  start(): void {
    this.schedule();
  }

  /** Why the job is ending, once it is. */
  get ending(): 'finish' | 'stop' | undefined {
    return this.last;
  }

  /** Whether nothing is held of what came before the last barrier. */
  get holdsNothing(): boolean {
    return this.finalised === this.epoch;
  }

  acknowledge(epoch: number, oldestHeld: number | undefined): void {
    if (epoch !== this.epoch) return;
    this.acknowledged++;
    if (oldestHeld !== undefined && oldestHeld < this.oldestHeld) this.oldestHeld = oldestHeld;
    if (this.acknowledged === this.tasks) void this.complete();
  }

  /** Time has reached its end in one task. */
  finished(): void {
    this.finishedTasks++;
    if (this.finishedTasks === this.tasks) this.endWith('finish');
  }

  stop(): void {
    if (this.last !== undefined) return;
    this.actions.stopping();
    this.endWith('stop');
  }

  /** Lets the next barrier in at once, unless one is on its way. */
  hurry(): void {
    if (this.inFlight || this.last !== undefined) return;
    this.cancelTimer?.();
    this.begin();
  }

  /** No more barriers. */
  close(): void {
    this.cancelTimer?.();
  }

  private endWith(reason: 'finish' | 'stop'): void {
    if (this.last !== undefined) return;
    this.last = reason;
    this.cancelTimer?.();
    if (!this.inFlight) this.begin();
  }

  private schedule(): void {
    this.cancelTimer = this.clock.after(this.intervalMs, () => this.begin());
  }

  private begin(): void {
    this.epoch++;
    this.inFlight = true;
    this.acknowledged = 0;
    this.oldestHeld = Number.POSITIVE_INFINITY;
    this.lastInjected = this.last !== undefined;
    this.actions.inject(this.epoch, this.last === 'stop');
  }

  private async complete(): Promise<void> {
    const done = Math.min(this.epoch, this.oldestHeld - 1);
    try {
      if (done > this.finalised) {
        this.finalised = done;
        await this.actions.finalise(done);
        this.actions.commit?.(done);
      }
    } catch (error) {
      this.actions.fail(error);
      return;
    }
    this.inFlight = false;
    if (this.lastInjected) this.actions.end();
    else if (this.last !== undefined) this.begin();
    else this.schedule();
  }
}
