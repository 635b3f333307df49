import type { Coder } from './coder.js';
import type { CombineFn } from './do-fn.js';
import type { DurationMs, Timestamp } from './time.js';

/**
 * A cell of state that a DoFn declares: what it holds is kept for each key and window, and given up when the window
 * expires. Made by `valueState()` and its like. `Cell` is what the DoFn works with.
 */
export interface StateSpec<Cell = unknown> {
  readonly kind: StateKind;
  /** Of the value; of the elements of a bag, set, list; of the accumulator where values are combined. */
  readonly coder: Coder<unknown>;
  /** Of the keys of a map or multimap. */
  readonly keyCoder?: Coder<unknown>;
  /** Of a combining cell. */
  readonly combineFn?: CombineFn<never, unknown, unknown>;
  /** Set where the cell is cleared when it was not written for so long in processing time. */
  readonly ttlMs?: DurationMs;
  /** Never set: carries the type. */
  readonly __cell?: Cell;
}

export type StateKind = 'value' | 'bag' | 'combining' | 'map' | 'set' | 'orderedList' | 'multimap';

/** One value, or none. */
export interface ValueState<T> {
  read(): T | undefined;
  write(value: T): void;
  clear(): void;
}

/** Any number of elements, in no order. */
export interface BagState<T> {
  add(element: T): void;
  read(): Iterable<T>;
  isEmpty(): boolean;
  clear(): void;
}

/** What was added, combined. */
export interface CombiningState<I, O> {
  add(input: I): void;
  /** Of nothing, where nothing was added. */
  read(): O;
  isEmpty(): boolean;
  clear(): void;
}

/** Keys are equal when their encoded bytes are. */
export interface MapState<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  put(key: K, value: V): void;
  remove(key: K): void;
  keys(): Iterable<K>;
  values(): Iterable<V>;
  entries(): Iterable<readonly [K, V]>;
  isEmpty(): boolean;
  clear(): void;
}

/** Elements are equal when their encoded bytes are. */
export interface SetState<T> {
  add(element: T): void;
  has(element: T): boolean;
  remove(element: T): void;
  read(): Iterable<T>;
  isEmpty(): boolean;
  clear(): void;
}

export interface TimestampedElement<T> {
  readonly value: T;
  readonly timestamp: Timestamp;
}

/** Elements in order of their timestamps; those of one timestamp in the order in which they were added. */
export interface OrderedListState<T> {
  add(value: T, timestamp: Timestamp): void;
  read(): Iterable<TimestampedElement<T>>;
  /** Those with `from` <= timestamp < `until`. */
  readRange(from: Timestamp, until: Timestamp): Iterable<TimestampedElement<T>>;
  clearRange(from: Timestamp, until: Timestamp): void;
  isEmpty(): boolean;
  clear(): void;
}

/** Several values to a key. */
export interface MultimapState<K, V> {
  put(key: K, value: V): void;
  get(key: K): Iterable<V>;
  has(key: K): boolean;
  remove(key: K): void;
  keys(): Iterable<K>;
  entries(): Iterable<readonly [K, V]>;
  isEmpty(): boolean;
  clear(): void;
}

export type TimeDomain = 'EVENT_TIME' | 'PROCESSING_TIME';

/** A timer, or a family of timers by tag, that a DoFn declares. Made by `eventTimer()` and `processingTimer()`. */
export interface TimerSpec<Domain extends TimeDomain = TimeDomain> {
  readonly timeDomain: Domain;
}

export interface TimerSetting {
  /** Which timer of the family; `''` when absent. */
  readonly tag?: string;
  /**
   * Timestamp of what is emitted when it fires; until then the watermark behind the step does not pass it. The firing
   * time of an event-time timer when absent, and the timestamp of the element (or of the timer that is firing) for one in
   * processing time.
   */
  readonly outputTimestamp?: Timestamp;
}

/** Fires when the watermark passes its time, which may not lie behind the end of the window and the allowed lateness. */
export interface EventTimer {
  /** Sets it, in the place of what it was set to before. */
  set(timestamp: Timestamp, setting?: TimerSetting): void;
  clear(tag?: string): void;
}

/** Fires when the clock has come to its time, while the window is there. */
export interface ProcessingTimer {
  set(instant: Timestamp, setting?: TimerSetting): void;
  /** So long from now on; with `alignTo`, at the next multiple of a period after that. */
  setAfter(delay: DurationMs, setting?: TimerSetting & { readonly alignTo?: DurationMs }): void;
  clear(tag?: string): void;
}
