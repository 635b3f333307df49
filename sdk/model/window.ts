import { GLOBAL_WINDOW_MAX_TIMESTAMP, MIN_TIMESTAMP, type Timestamp } from './time.js';

/** A finite grouping of elements in event time. Windows are compared by their bounds and their id, never by identity. */
export interface BoundedWindow {
  /** Tells windows of the same bounds apart, where a window function of the author's makes such. */
  readonly id?: string | undefined;
  /** Inclusive lower bound. */
  readonly start: Timestamp;
  /** Exclusive upper bound. */
  readonly end: Timestamp;
  /** The last instant that belongs to the window; results of the default trigger carry it as their timestamp. */
  readonly maxTimestamp: Timestamp;
}

/** The half-open interval [start, end). */
export class IntervalWindow implements BoundedWindow {
  /** What has an id is no interval, so that those of intervals need not be looked at. */
  declare readonly id?: undefined;
  constructor(
    readonly start: Timestamp,
    readonly end: Timestamp,
  ) {}
  get maxTimestamp(): Timestamp {
    return this.end - 1;
  }
}

/** The single window that holds all of time. */
export class GlobalWindow implements BoundedWindow {
  static readonly INSTANCE = new GlobalWindow();
  readonly start = MIN_TIMESTAMP;
  readonly end = GLOBAL_WINDOW_MAX_TIMESTAMP;
  private constructor() {}
  get maxTimestamp(): Timestamp {
    return GLOBAL_WINDOW_MAX_TIMESTAMP;
  }
}

/** What a window of the author's is where it has left its function: an interval where it is no more than that. */
export function windowOf(start: Timestamp, end: Timestamp, maxTimestamp: Timestamp, id?: string): BoundedWindow {
  if (id !== undefined) return { start, end, maxTimestamp, id };
  return maxTimestamp === end - 1 ? new IntervalWindow(start, end) : { start, end, maxTimestamp };
}

/** Whether two windows are the same one. */
export function sameWindow(a: BoundedWindow, b: BoundedWindow): boolean {
  return a === b || (a.start === b.start && a.end === b.end && a.id === b.id);
}

/**
 * The windows of one element as they travel: a single window, or a list when the element stands in several (sliding
 * windows before they are exploded). Window functions intern what they return, so that identical windows of
 * neighbouring elements are usually the same object and may be compared by reference first.
 */
export type Windows = BoundedWindow | readonly BoundedWindow[];

/** The windows of an element one by one. */
export function listOf(windows: Windows): readonly BoundedWindow[] {
  return Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows as BoundedWindow];
}

export type PaneTiming = 'EARLY' | 'ON_TIME' | 'LATE' | 'UNKNOWN';

/** Where a grouped result stands among the firings of its window. */
export interface PaneInfo {
  readonly timing: PaneTiming;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly index: number;
  /** Index among the panes that are not early; -1 for an early pane. */
  readonly nonSpeculativeIndex: number;
}

/** The pane of an element that no trigger has fired. */
export const NO_FIRING_PANE: PaneInfo = Object.freeze({
  timing: 'UNKNOWN',
  isFirst: true,
  isLast: true,
  index: 0,
  nonSpeculativeIndex: 0,
});

/** The pane of the only firing of a window: on time, first and last. */
export const ON_TIME_AND_ONLY_PANE: PaneInfo = Object.freeze({
  timing: 'ON_TIME',
  isFirst: true,
  isLast: true,
  index: 0,
  nonSpeculativeIndex: 0,
});
