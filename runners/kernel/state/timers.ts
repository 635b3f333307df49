import {
  type BoundedWindow,
  type DurationMs,
  type EventTimer,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type ProcessingTimer,
  type TimerSetting,
  type Timestamp,
} from '../../../sdk/model/index.js';
import type { StateHost } from '../state-host.js';
import {
  outsideOfCall,
  timerAtExpiration,
  timerBehindWindow,
  timerDelay,
  timerInstant,
  timerOutputTimestamp,
} from './state-errors.js';
import { windowExpiry } from './window-expiry.js';

/** Which of a DoFn's methods is running: timers can be set in the first two. */
export type Phase = 'element' | 'timer' | 'expiration' | 'none';

/** The call in which timers are set. */
export interface TimerSite {
  readonly states: StateHost;
  readonly phase: Phase;
  /** Of the element, or the output timestamp of the timer that is firing. */
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  readonly allowedSkewMs: number;
  readonly allowedLatenessMs: number;
}

abstract class DeclaredTimer {
  constructor(
    protected readonly family: string,
    protected readonly site: TimerSite,
  ) {}

  clear(tag = ''): void {
    const { site, family } = this;
    if (site.phase === 'none') throw outsideOfCall(`the timer '${family}'`);
    site.states.clearTimer(family, tag);
  }

  protected checkInstant(instant: unknown): void {
    const { site, family } = this;
    if (!isInstant(instant)) throw timerInstant(family, instant);
    if (site.phase === 'none') throw outsideOfCall(`the timer '${family}'`);
    if (site.phase === 'expiration') throw timerAtExpiration(family);
  }

  /** What is emitted then is no earlier than what led to it, or it would be late for no reason. */
  protected checkOutput(output: unknown, expiry: Timestamp): void {
    const { site, family } = this;
    if (!isInstant(output)) throw timerOutputTimestamp(family, output, 'which is no instant in whole milliseconds');
    const least = site.timestamp - site.allowedSkewMs;
    if (output < least)
      throw timerOutputTimestamp(family, output, `before the timestamp ${site.timestamp} of the call`);
    if (output > expiry) throw timerOutputTimestamp(family, output, `when the window is there until ${expiry} only`);
  }
}

/** A family of timers in event time, as a DoFn sees it. */
export class DeclaredEventTimer extends DeclaredTimer implements EventTimer {
  set(timestamp: Timestamp, setting?: TimerSetting): void {
    this.checkInstant(timestamp);
    const { site, family } = this;
    const expiry = windowExpiry(site.window, site.allowedLatenessMs);
    if (timestamp > expiry) throw timerBehindWindow(family, timestamp, site.window, expiry);
    const output = setting?.outputTimestamp;
    if (output !== undefined) {
      this.checkOutput(output, expiry);
      if (output > timestamp) throw timerOutputTimestamp(family, output, `after ${timestamp}, when it fires`);
    }
    site.states.setTimer(family, setting?.tag ?? '', timestamp, output ?? timestamp);
  }
}

/** A family of timers by the clock, as a DoFn sees it. */
export class DeclaredProcessingTimer extends DeclaredTimer implements ProcessingTimer {
  set(instant: Timestamp, setting?: TimerSetting): void {
    this.checkInstant(instant);
    const { site, family } = this;
    const output = setting?.outputTimestamp;
    if (output !== undefined) this.checkOutput(output, windowExpiry(site.window, site.allowedLatenessMs));
    site.states.setTimer(family, setting?.tag ?? '', instant, output ?? site.timestamp);
  }

  setAfter(delay: DurationMs, setting?: TimerSetting & { readonly alignTo?: DurationMs }): void {
    const { site, family } = this;
    if (!(delay >= 0)) throw timerDelay(family, 'the delay', delay);
    const alignTo = setting?.alignTo;
    if (alignTo !== undefined && !(alignTo > 0)) throw timerDelay(family, 'alignTo', alignTo);
    const instant = Math.ceil(site.states.now() + delay);
    this.set(alignTo === undefined ? instant : Math.ceil(instant / alignTo) * alignTo, setting);
  }
}

function isInstant(value: unknown): value is Timestamp {
  return Number.isInteger(value) && (value as number) >= MIN_TIMESTAMP && (value as number) <= MAX_TIMESTAMP;
}
