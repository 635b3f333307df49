/**
 * A collection as a DoFn sees it beside its elements; made by `asSingleton()` and its like. `View` is what the DoFn
 * works with: for an element the contents of the window that its own one is mapped to.
 */
export interface SideInput<View = unknown> {
  readonly view: SideInputView;
  /** Never set: carries the type. */
  readonly __view?: View;
}

export type SideInputView = 'singleton' | 'iterable' | 'list' | 'map' | 'multimap';

/** What `asMap()` shows: one value to a key. Keys are equal when their encoded bytes are. */
export interface SideMap<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  keys(): Iterable<K>;
  values(): Iterable<V>;
  entries(): Iterable<readonly [K, V]>;
}

/** What `asMultimap()` shows: all values of a key, in no order. Keys are equal when their encoded bytes are. */
export interface SideMultimap<K, V> extends Iterable<readonly [K, Iterable<V>]> {
  /** How many keys there are. */
  readonly size: number;
  /** Empty for a key that is not there. */
  get(key: K): Iterable<V>;
  has(key: K): boolean;
  keys(): Iterable<K>;
  entries(): Iterable<readonly [K, Iterable<V>]>;
}
