import { MillraceError, type PollResult, type RestrictionTracker, type SourceReader } from '../../sdk/model/index.js';
import type { ElementOutput } from '../kernel/index.js';
import type { WorkLeft } from './source-snapshot.js';

/** Work that is held: it came in this epoch. */
export interface HeldWork extends WorkLeft {
  readonly epoch: number;
}

/** Where a pause of a reader has its time from, and who wants to know of its end. */
export interface PauseHost {
  after(delayMs: number, then: () => void): () => void;
  awake(): void;
}

/** A reader at work on a restriction, awake or asleep. */
export class OpenReader {
  /** Has nothing for now; something will wake it. */
  isAsleep = false;
  /** Asked for the pause in which it is. */
  rests = false;
  /** Waits for a promise of its own. */
  isAwaiting = false;
  /** What was left of its work was cut off: it ends at the first pause. */
  isCut = false;
  private cancelTimer: (() => void) | undefined;

  constructor(
    readonly work: HeldWork,
    readonly tracker: RestrictionTracker<unknown, unknown>,
    readonly reader: SourceReader<unknown>,
    readonly output: ElementOutput,
  ) {}

  sleep(pause: Exclude<PollResult, string>, host: PauseHost, fail: (error: unknown) => void): void {
    this.isAsleep = true;
    if (pause.kind === 'resumeAfter') {
      this.rests = pause.checkpoint === true;
      this.cancelTimer = host.after(pause.delayMs, () => {
        this.wake();
        host.awake();
      });
      return;
    }
    this.isAwaiting = true;
    pause.promise.then(
      () => {
        this.isAwaiting = false;
        this.wake();
        host.awake();
      },
      (error: unknown) => {
        this.isAwaiting = false;
        fail(error);
      },
    );
  }

  private wake(): void {
    this.isAsleep = false;
    this.rests = false;
    this.cancelTimer = undefined;
  }

  /** Ends its pause, if there is one, without a word. */
  stopTime(): void {
    this.cancelTimer?.();
  }

  /** Leaves it this fraction of what is left of its work, where its tracker can: the rest is for another to do. */
  splitOff(fraction: number): HeldWork | undefined {
    const restriction = this.tracker.trySplit(fraction);
    return restriction === undefined ? undefined : this.workOn(restriction);
  }

  /** Nothing is left to it: it ends at its first pause. */
  letEnd(): void {
    this.isCut = true;
    this.isAsleep = false;
    this.stopTime();
  }

  /**
   * What is left of its work, and whether another has to do it: a tracker that cannot tell what is left has to cut it off.
   * @throws MillraceError RESTRICTION_INDIVISIBLE
   */
  rest(): { readonly work: HeldWork; readonly isCut: boolean } | undefined {
    const { tracker } = this;
    if (tracker.remainder !== undefined) {
      const restriction = tracker.remainder();
      return restriction === undefined ? undefined : { work: this.workOn(restriction), isCut: false };
    }
    const work = this.splitOff(0);
    if (work !== undefined) {
      this.letEnd();
      return { work, isCut: true };
    }
    if (tracker.progress().remaining > 0) throw indivisible();
    return undefined;
  }

  private workOn(restriction: unknown): HeldWork {
    const work = { element: this.work.work.element, restriction };
    return { ...this.work, work, timestamp: this.reader.watermark() };
  }
}

function indivisible(): MillraceError {
  return new MillraceError(
    'RESTRICTION_INDIVISIBLE',
    'function',
    'the work is to be written down, and its tracker can neither tell what is left of it nor cut it off',
    { hint: 'give the RestrictionTracker a method `remainder`' },
  );
}
