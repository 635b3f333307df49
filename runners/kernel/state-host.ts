import type { BoundedWindow, Timestamp } from '../../sdk/model/index.js';

/**
 * Keeps the state and the timers of one stateful step, for every key and window. What is behind it is the host's affair:
 * live objects, bytes, an engine's state API. All calls are synchronous.
 */
export interface StateHost {
  /** The declared cells by id: `ValueState` and its like. The same objects all the time: they stand for what is selected. */
  readonly cells: Readonly<Record<string, unknown>>;
  /** From now on the cells and timers are those of this key and window. */
  select(key: unknown, window: BoundedWindow): void;
  /** Sets a timer of what is selected, in the place of the one of this family and tag that was set before. */
  setTimer(family: string, tag: string, firing: Timestamp, output: Timestamp): void;
  clearTimer(family: string, tag: string): void;
  /** Processing time in milliseconds since the epoch. */
  now(): number;
}

/** A timer that is due. */
export interface DueTimer {
  readonly key: unknown;
  readonly window: BoundedWindow;
  readonly family: string;
  readonly tag: string;
  /** The instant that it was set to, in its own time domain. */
  readonly firing: Timestamp;
  /** The timestamp of what it emits. */
  readonly output: Timestamp;
}
