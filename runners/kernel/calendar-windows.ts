import {
  type CalendarWindowsPayload,
  type Components,
  IntervalWindow,
  MILLRACE_WINDOW_FN,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import { endInTime, inTime, untilOf } from './end-of-time.js';
import type { WindowAssigner } from './window-assign.js';

/** Windows that are kept at hand. */
const MOST = 4_096;

let calendar: typeof import('./calendar.js') | undefined;

/** Loads what the window functions of a plan need: of calendars, a library. To be awaited before the first element. */
export async function loadWindowFns({ windowingStrategies }: Pick<Components, 'windowingStrategies'>): Promise<void> {
  const strategies = Object.values(windowingStrategies);
  if (strategies.some(({ windowFn }) => windowFn.urn === MILLRACE_WINDOW_FN.calendar))
    calendar ??= await import('./calendar.js');
}

/** To compute a window costs some hundred microseconds: it is done once for each. */
export class CalendarWindowAssigner implements WindowAssigner {
  from = Number.POSITIVE_INFINITY;
  until = Number.POSITIVE_INFINITY;
  current: Windows = [];
  /** In order of start. */
  private known: IntervalWindow[] = [];
  private windowOf: ((timestamp: Timestamp) => IntervalWindow) | undefined;

  constructor(private readonly payload: CalendarWindowsPayload) {}

  assign(timestamp: Timestamp): Windows {
    if (timestamp < this.from || timestamp >= this.until) this.move(this.find(inTime(timestamp)));
    return this.current;
  }

  private move(window: IntervalWindow): void {
    this.current = window;
    this.from = window.start;
    this.until = untilOf(window.end);
  }

  private find(timestamp: Timestamp): IntervalWindow {
    let low = 0;
    let high = this.known.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.known[middle]!.end <= timestamp) low = middle + 1;
      else high = middle;
    }
    const found = this.known[low];
    if (found !== undefined && found.start <= timestamp) return found;
    if (calendar === undefined) throw new Error('loadWindowFns was not awaited');
    this.windowOf ??= calendar.calendarWindowOf(this.payload);
    const { start, end } = this.windowOf(timestamp);
    const window = new IntervalWindow(start, endInTime(end));
    if (this.known.length < MOST) this.known.splice(low, 0, window);
    else this.known = [window];
    return window;
  }
}
