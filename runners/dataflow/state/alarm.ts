import type { Timestamp } from '../../../sdk/model/index.js';
import type { Clock } from '../clock.js';

/** Timers of the system cannot wait longer: it rings then, and whoever hears it sets it again. */
const LONGEST_WAIT_MS = 2 ** 30;

/** Rings once at an instant; where it is set to an earlier one, then. */
export class Alarm {
  hasRung = false;
  private at = Number.POSITIVE_INFINITY;
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ring: () => void,
  ) {}

  /** Sees to it that it rings at this instant or before. */
  setTo(instant: Timestamp): void {
    if (instant >= this.at || this.hasRung) return;
    this.cancelTimer?.();
    const now = this.clock.now();
    if (instant <= now) {
      this.cancelTimer = undefined;
      this.hasRung = true;
      this.ring();
      return;
    }
    this.at = Math.min(instant, now + LONGEST_WAIT_MS);
    this.cancelTimer = this.clock.after(Math.ceil(this.at - now), () => {
      this.cancelTimer = undefined;
      this.hasRung = true;
      this.ring();
    });
  }

  /** After it has rung: it can be set again. */
  reset(): void {
    this.hasRung = false;
    this.at = Number.POSITIVE_INFINITY;
  }

  cancel(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.reset();
  }
}
