import {
  BEAM_WINDOW_FN,
  type CalendarWindowsPayload,
  type FixedWindowsPayload,
  type FunctionSpec,
  GlobalWindow,
  IntervalWindow,
  MILLRACE_WINDOW_FN,
  MillraceError,
  type SessionWindowsPayload,
  type SlidingWindowsPayload,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import { CalendarWindowAssigner } from './calendar-windows.js';
import { END_OF_TIME, endInTime, inTime, LAST_INSTANT, untilOf } from './end-of-time.js';

/**
 * Assigns windows by timestamp. Equal windows of neighbouring elements are answered as the same object, so that nothing
 * is allocated per element and consumers may compare by reference first.
 */
export interface WindowAssigner {
  assign(timestamp: Timestamp): Windows;
  /** Every timestamp from `from` to before `until` is in `current`, as far as is known without asking. */
  readonly from: Timestamp;
  readonly until: Timestamp;
  readonly current: Windows;
}

const GLOBAL: WindowAssigner = {
  assign: () => GlobalWindow.INSTANCE,
  from: Number.NEGATIVE_INFINITY,
  until: Number.POSITIVE_INFINITY,
  current: GlobalWindow.INSTANCE,
};

/** Of a window function that looks at timestamps only: all but the author's own. */
export function windowAssigner(windowFn: FunctionSpec): WindowAssigner {
  switch (windowFn.urn) {
    case BEAM_WINDOW_FN.global:
      return GLOBAL;
    case BEAM_WINDOW_FN.fixed:
      return new FixedWindowAssigner(windowFn.payload as unknown as FixedWindowsPayload);
    case BEAM_WINDOW_FN.sliding:
      return new SlidingWindowAssigner(windowFn.payload as unknown as SlidingWindowsPayload);
    case BEAM_WINDOW_FN.session:
      return new SessionWindowAssigner(windowFn.payload as unknown as SessionWindowsPayload);
    case MILLRACE_WINDOW_FN.calendar:
      return new CalendarWindowAssigner(windowFn.payload as unknown as CalendarWindowsPayload);
    default:
      throw new MillraceError('WINDOW_FN_UNKNOWN', 'plan', `unknown window function ${windowFn.urn}`);
  }
}

/** The start of the window of `size` (offset by `offset`) that holds `timestamp`; right for negative timestamps too. */
export function windowStart(timestamp: Timestamp, sizeMs: number, offsetMs: number): Timestamp {
  const into = (timestamp - offsetMs) % sizeMs;
  return timestamp - (into < 0 ? into + sizeMs : into);
}

class FixedWindowAssigner implements WindowAssigner {
  private readonly sizeMs: number;
  private readonly offsetMs: number;
  from = Number.POSITIVE_INFINITY;
  until = Number.POSITIVE_INFINITY;
  current: IntervalWindow = new IntervalWindow(0, 0);
  /** The window before the current one: out-of-order input often alternates between two. */
  private previous: IntervalWindow = new IntervalWindow(0, 0);

  constructor(payload: FixedWindowsPayload) {
    this.sizeMs = payload.sizeMs;
    this.offsetMs = payload.offsetMs;
  }

  assign(timestamp: Timestamp): Windows {
    if (timestamp < this.from || timestamp >= this.until) this.move(timestamp);
    return this.current;
  }

  private move(given: Timestamp): void {
    const timestamp = inTime(given);
    const before = this.current;
    if (timestamp >= this.previous.start && timestamp < this.previous.end) {
      this.current = this.previous;
    } else {
      const start = windowStart(timestamp, this.sizeMs, this.offsetMs);
      this.current = new IntervalWindow(start, endInTime(start + this.sizeMs));
    }
    this.previous = before;
    this.from = this.current.start;
    this.until = untilOf(this.current.end);
  }
}

class SlidingWindowAssigner implements WindowAssigner {
  private readonly sizeMs: number;
  private readonly periodMs: number;
  private readonly offsetMs: number;
  from = Number.POSITIVE_INFINITY;
  until = Number.POSITIVE_INFINITY;
  current: Windows = [];
  /** Windows by start, so that neighbouring slices share theirs. */
  private known = new Map<Timestamp, IntervalWindow>();

  constructor(payload: SlidingWindowsPayload) {
    this.sizeMs = payload.sizeMs;
    this.periodMs = payload.periodMs;
    this.offsetMs = payload.offsetMs;
  }

  assign(timestamp: Timestamp): Windows {
    if (timestamp < this.from || timestamp >= this.until) this.move(timestamp);
    return this.current;
  }

  /** A slice ends where the next window begins, or where the oldest one ends. */
  private move(given: Timestamp): void {
    const timestamp = inTime(given);
    const last = windowStart(timestamp, this.periodMs, this.offsetMs);
    const known = new Map<Timestamp, IntervalWindow>();
    const windows: IntervalWindow[] = [];
    let end = last + this.periodMs;
    let start = last;
    for (let from = last; from > timestamp - this.sizeMs; from -= this.periodMs) {
      const window = this.known.get(from) ?? new IntervalWindow(from, endInTime(from + this.sizeMs));
      known.set(from, window);
      windows.push(window);
      if (window.end < end) end = window.end;
    }
    // Windows that ended between `last` and the timestamp end the slice on its left side.
    const oldest = windows.length === 0 ? last + this.periodMs : windows[windows.length - 1]!.start;
    const ended = oldest + this.sizeMs - this.periodMs;
    if (ended > start) start = ended;
    this.known = known;
    this.current = windows.length === 1 ? windows[0]! : windows;
    this.from = start;
    this.until = timestamp === LAST_INSTANT ? Number.POSITIVE_INFINITY : end;
  }
}

class SessionWindowAssigner implements WindowAssigner {
  private readonly gapMs: number;
  /** Every timestamp has a window of its own. */
  readonly from = Number.POSITIVE_INFINITY;
  readonly until = Number.POSITIVE_INFINITY;
  private last: IntervalWindow = new IntervalWindow(Number.NaN, Number.NaN);

  constructor(payload: SessionWindowsPayload) {
    this.gapMs = payload.gapMs;
  }

  assign(timestamp: Timestamp): Windows {
    if (timestamp === this.last.start) return this.last;
    const end = timestamp + this.gapMs;
    this.last =
      end < END_OF_TIME ? new IntervalWindow(timestamp, end) : new IntervalWindow(inTime(timestamp), END_OF_TIME);
    return this.last;
  }

  get current(): Windows {
    return this.last;
  }
}
