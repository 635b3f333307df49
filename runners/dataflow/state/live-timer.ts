import type { BoundedWindow, TimeDomain, Timestamp } from '../../../sdk/model/index.js';
import type { DueTimer } from '../../kernel/index.js';
import { TimeHeap } from '../heap.js';
import type { StateTable } from './state-table.js';

/** In no queue. */
const NOWHERE = Number.POSITIVE_INFINITY;
/** Entries of timers that were cleared that a queue may hold, beside as many as it holds of others. */
const STALE_ENTRIES = 1_024;

/** One timer of a key and window. Used again when it is set again. */
export class LiveTimer implements DueTimer {
  isSet = false;
  firing: Timestamp = 0;
  output: Timestamp = 0;
  /** The times under which it stands in the queues; it may have been set to a later one since. */
  queued = NOWHERE;
  held = NOWHERE;

  constructor(
    readonly table: StateTable,
    readonly row: number,
    readonly family: string,
    readonly tag: string,
    readonly timeDomain: TimeDomain,
  ) {}

  get key(): unknown {
    return this.table.keys[this.row];
  }

  get window(): BoundedWindow {
    return this.table.window;
  }
}

/**
 * The timers that are set, by time, and the watermark that they hold back. Setting a timer to a later time leaves its entry
 * where it is, and it is moved when its turn comes: a timer that every element puts off costs no more than a comparison.
 */
export class LiveTimers {
  private readonly byEvent = new TimeHeap<LiveTimer>();
  private readonly byClock = new TimeHeap<LiveTimer>();
  private readonly holds = new TimeHeap<LiveTimer>();
  private stale = 0;

  set(timer: LiveTimer, firing: Timestamp, output: Timestamp): void {
    if (!timer.isSet) {
      timer.isSet = true;
      if (timer.queued !== NOWHERE) this.stale--;
      if (timer.timeDomain === 'PROCESSING_TIME') timer.table.clockTimers++;
    }
    timer.firing = firing;
    timer.output = output;
    if (firing < timer.queued) {
      timer.queued = firing;
      this.queueOf(timer).push(firing, timer);
    }
    if (isHolding(timer) && output < timer.held) {
      timer.held = output;
      this.holds.push(output, timer);
    }
  }

  clear(timer: LiveTimer): void {
    if (!timer.isSet) return;
    timer.isSet = false;
    if (timer.timeDomain === 'PROCESSING_TIME') timer.table.clockTimers--;
    if (timer.queued === NOWHERE) return;
    this.stale++;
    if (this.stale > STALE_ENTRIES && this.stale * 2 > this.byEvent.size + this.byClock.size) this.sweep();
  }

  /** When the first timer in event time fires; infinite where none is set. */
  get firstEvent(): Timestamp {
    return this.first(this.byEvent);
  }

  /** When the first timer by the clock fires. */
  get firstByClock(): Timestamp {
    return this.first(this.byClock);
  }

  takeEvent(): LiveTimer | undefined {
    return this.take(this.byEvent);
  }

  takeByClock(): LiveTimer | undefined {
    return this.take(this.byClock);
  }

  /** The least output timestamp that the watermark may not pass; infinite where there is none. */
  get hold(): Timestamp {
    const { holds } = this;
    for (let timer = holds.firstValue; timer !== undefined; timer = holds.firstValue) {
      const at = holds.first;
      const holding = timer.isSet && isHolding(timer);
      if (timer.held === at && holding && timer.output === at) return at;
      holds.pop();
      if (timer.held !== at) continue;
      timer.held = NOWHERE;
      if (!holding) continue;
      timer.held = timer.output;
      holds.push(timer.output, timer);
    }
    return Number.POSITIVE_INFINITY;
  }

  private take(queue: TimeHeap<LiveTimer>): LiveTimer | undefined {
    if (this.first(queue) === Number.POSITIVE_INFINITY) return undefined;
    const timer = queue.pop()!;
    timer.queued = NOWHERE;
    this.clear(timer);
    return timer;
  }

  /** Moves what was set to a later time meanwhile, and drops what is set no more. */
  private first(queue: TimeHeap<LiveTimer>): Timestamp {
    for (let timer = queue.firstValue; timer !== undefined; timer = queue.firstValue) {
      const at = queue.first;
      if (timer.queued === at && timer.isSet && timer.firing === at) return at;
      queue.pop();
      if (timer.queued !== at) continue;
      timer.queued = NOWHERE;
      if (timer.isSet) {
        timer.queued = timer.firing;
        queue.push(timer.firing, timer);
      } else this.stale--;
    }
    return Number.POSITIVE_INFINITY;
  }

  private queueOf({ timeDomain }: LiveTimer): TimeHeap<LiveTimer> {
    return timeDomain === 'EVENT_TIME' ? this.byEvent : this.byClock;
  }

  private sweep(): void {
    const isKept = (time: number, timer: LiveTimer): boolean => {
      if (timer.queued !== time) return false;
      if (!timer.isSet) timer.queued = NOWHERE;
      return timer.isSet;
    };
    this.byEvent.retain(isKept);
    this.byClock.retain(isKept);
    this.holds.retain((time, timer) => {
      if (timer.held !== time) return false;
      if (!timer.isSet) timer.held = NOWHERE;
      return timer.isSet;
    });
    this.stale = 0;
  }
}

/** A timer in event time that emits with its own time holds nothing back: it fires when the watermark passes that. */
function isHolding({ timeDomain, firing, output }: LiveTimer): boolean {
  return timeDomain === 'PROCESSING_TIME' || output < firing;
}
