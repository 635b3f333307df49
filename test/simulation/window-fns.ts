import {
  type BoundedWindow,
  calendarDays,
  calendarMonths,
  customWindows,
  fixedWindows,
  globalWindow,
  IntervalWindow,
  type MergedWindows,
  sessionWindows,
  slidingWindows,
  type WindowFn,
  type WindowFnDescriptor,
} from 'millrace';
import type { WindowingChoice } from './scenario.js';
import type { Pair } from './stateful-fns.js';

/** Where what is given to the end of time still has room for a window. */
const END = 9_000_000_000_000_000;

/** Fixed windows, of a size that depends on the key. */
class ByKey implements WindowFn<Pair> {
  readonly assignsToOneWindow = true;
  constructor(readonly size: number) {}
  assign({ key }: Pair, timestamp: number): BoundedWindow {
    return this.around(timestamp, key === 'a' ? this.size : this.size * 2 + 1);
  }
  private around(timestamp: number, size: number): BoundedWindow {
    const start = Math.floor(Math.min(timestamp, END) / size) * size;
    return new IntervalWindow(start, start + size);
  }
  sideInputWindow({ maxTimestamp }: BoundedWindow): BoundedWindow {
    return this.around(maxTimestamp, this.size);
  }
}

/** One window that reaches back and one that reaches ahead, of the same end for many. */
class Overlapping implements WindowFn<Pair> {
  constructor(
    readonly size: number,
    readonly period: number,
  ) {}
  assign(_: Pair, instant: number): readonly BoundedWindow[] {
    const timestamp = Math.min(instant, END);
    const end = (Math.floor(timestamp / this.period) + 1) * this.period;
    const ahead = new IntervalWindow(timestamp, timestamp + this.size);
    const back = new IntervalWindow(end - this.period, end);
    return ahead.start === back.start && ahead.end === back.end ? [back] : [back, ahead];
  }
}

/** Windows of the same bounds that only their ids tell apart. */
class Named implements WindowFn<Pair> {
  readonly ownWindows = true;
  readonly assignsToOneWindow = true;
  constructor(readonly size: number) {}
  assign({ value }: Pair, timestamp: number): BoundedWindow {
    return this.around(timestamp, value.length % 2 === 0 ? 'even' : 'odd');
  }
  private around(timestamp: number, id: string): BoundedWindow {
    const start = Math.floor(Math.min(timestamp, END) / this.size) * this.size;
    const end = start + this.size;
    return { start, end, maxTimestamp: end - 1, id };
  }
  sideInputWindow({ maxTimestamp }: BoundedWindow): BoundedWindow {
    return this.around(maxTimestamp, 'odd');
  }
}

/** As sessions; but never longer than three gaps. */
class Merging implements WindowFn<Pair> {
  constructor(readonly gap: number) {}
  assign(_: Pair, timestamp: number): BoundedWindow {
    const start = Math.min(timestamp, END);
    return new IntervalWindow(start, start + this.gap);
  }
  merge(windows: readonly BoundedWindow[]): MergedWindows[] {
    const merged: MergedWindows[] = [];
    let from: BoundedWindow[] = [];
    let to: IntervalWindow | undefined;
    for (const window of windows) {
      const end = Math.max(to?.end ?? window.end, window.end);
      if (to !== undefined && window.start < to.end && end - to.start <= 3 * this.gap) {
        from.push(window);
        to = new IntervalWindow(to.start, end);
      } else {
        if (to !== undefined && from.length > 1) merged.push({ from, to });
        from = [window];
        to = new IntervalWindow(window.start, window.end);
      }
    }
    if (to !== undefined && from.length > 1) merged.push({ from, to });
    return merged;
  }
}

/** Whether an element may stand in several windows. */
export const IN_SEVERAL: ReadonlySet<WindowingChoice['windows']> = new Set(['sliding', 'overlapping']);
/** Whether windows of one key become one. */
export const MERGING: ReadonlySet<WindowingChoice['windows']> = new Set(['sessions', 'merging']);

export function windowFnOf({ windows, size, period, offset }: WindowingChoice, unit: number): WindowFnDescriptor<Pair> {
  const [span, step] = [size * unit, period * unit];
  switch (windows) {
    case 'global':
      return globalWindow();
    case 'fixed':
      return fixedWindows(span, { offsetMs: (offset * unit) % span });
    case 'sliding':
      return slidingWindows(span, step, { offsetMs: (offset * unit) % step });
    case 'sessions':
      return sessionWindows(span);
    case 'days':
      return calendarDays(1 + (size % 3), { timeZone: 'Europe/Paris', startDate: '1970-01-02T05:30' });
    case 'months':
      return calendarMonths(1, { timeZone: 'Pacific/Apia' });
    case 'byKey':
      return customWindows(() => new ByKey(span));
    case 'overlapping':
      return customWindows(() => new Overlapping(span, step));
    case 'named':
      return customWindows(() => new Named(span));
    case 'merging':
      return customWindows(() => new Merging(span));
  }
}
