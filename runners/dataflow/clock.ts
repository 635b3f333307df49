import { afterDelay } from '../after-delay.js';

/** Processing time, handed in from outside. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after a delay; answers how to cancel it. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: afterDelay,
};

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to move. */
export class VirtualClock implements Clock {
  private readonly alarms = new Set<Alarm>();
  private made = 0;

  constructor(private time = 0) {}

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm = { at: this.time + delayMs, order: this.made++, callback };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** When the next alarm is due, if there is one. */
  next(): number | undefined {
    return this.due(Number.POSITIVE_INFINITY)?.at;
  }

  /** Moves on by a span, ringing what is due on the way in order of time. */
  advance(byMs: number): void {
    const until = this.time + byMs;
    for (let alarm = this.due(until); alarm !== undefined; alarm = this.due(until)) {
      this.alarms.delete(alarm);
      this.time = Math.max(this.time, alarm.at);
      alarm.callback();
    }
    this.time = until;
  }

  private due(until: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (alarm.at > until) continue;
      if (first === undefined || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order))
        first = alarm;
    }
    return first;
  }
}
