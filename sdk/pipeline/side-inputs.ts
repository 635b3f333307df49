import type { KV } from '../model/coder.js';
import type { SideInput, SideInputView, SideMap, SideMultimap } from '../model/side-input.js';
import type { CollectionNode } from './graph.js';
import type { PCollection } from './pcollection.js';
import { PCOLLECTION } from './plan-nodes.js';
import { codedAsKv } from './verbs/kv-coding.js';

/** A side input of a pipeline that is being built. */
export interface SideInputHandle<View = unknown> extends SideInput<View> {
  readonly [PCOLLECTION]: CollectionNode;
  /** Of a singleton: what is seen where the window has no element. */
  readonly default?: { readonly value: unknown };
}

export function isSideInputHandle(value: unknown): value is SideInputHandle {
  return typeof value === 'object' && value !== null && PCOLLECTION in value && 'view' in value;
}

/** A handle on the collection of a node. */
export function sideInput<View>(
  node: CollectionNode,
  view: SideInputView,
  defaultValue?: { readonly value: unknown },
): SideInputHandle<View> {
  return { view, [PCOLLECTION]: node, ...(defaultValue !== undefined && { default: defaultValue }) };
}

export interface SingletonOptions<D> {
  /** What is seen where the window has no element; without it, that is an error. */
  readonly default: D;
}

/** The only element of a window. A DoFn that looks at it where there are several fails. */
export function asSingleton<T>(input: PCollection<T>): SideInput<T>;
export function asSingleton<T, D = T>(input: PCollection<T>, options: SingletonOptions<D>): SideInput<T | D>;
export function asSingleton<T>(input: PCollection<T>, options?: Partial<SingletonOptions<T>>): SideInput<T> {
  const given = options !== undefined && 'default' in options;
  return sideInput(input[PCOLLECTION], 'singleton', given ? { value: options.default } : undefined);
}

/** All elements of a window, in no order; they can be iterated more than once. */
export function asIterable<T>(input: PCollection<T>): SideInput<Iterable<T>> {
  return sideInput(input[PCOLLECTION], 'iterable');
}

/** All elements of a window, in an order that stays the same for as long as they do. */
export function asList<T>(input: PCollection<T>): SideInput<readonly T[]> {
  return sideInput(input[PCOLLECTION], 'list');
}

/** The values of a window by their key. A DoFn that looks at it where a key has several values fails. */
export function asMap<K, V>(input: PCollection<KV<K, V>>): SideInput<SideMap<K, V>> {
  return sideInput(codedAsKv(input[PCOLLECTION]), 'map');
}

/** All values of each key of a window. */
export function asMultimap<K, V>(input: PCollection<KV<K, V>>): SideInput<SideMultimap<K, V>> {
  return sideInput(codedAsKv(input[PCOLLECTION]), 'multimap');
}
