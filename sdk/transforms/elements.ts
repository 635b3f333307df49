import type { KV } from '../model/coder.js';
import type { PCollection } from '../pipeline/pcollection.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { count } from './combiners.js';

/** The keys of pairs. */
export function keys<K>(): PTransform<PCollection<KV<K, unknown>>, PCollection<K>> {
  return { name: 'Keys', expand: (input) => input.map('Key', ({ key }) => key) };
}

/** The values of pairs. */
export function values<V>(): PTransform<PCollection<KV<unknown, V>>, PCollection<V>> {
  return { name: 'Values', expand: (input) => input.map('Value', ({ value }) => value) };
}

/** Pairs with key and value exchanged. */
export function swapKV<K, V>(): PTransform<PCollection<KV<K, V>>, PCollection<KV<V, K>>> {
  return { name: 'SwapKV', expand: (input) => input.map('Swap', ({ key, value }) => ({ key: value, value: key })) };
}

/** Each element once in each window, however often it came. */
export function distinct<T>(): PTransform<PCollection<T>, PCollection<T>> {
  return {
    name: 'Distinct',
    expand: (input) =>
      input
        .map('Key', (element) => ({ key: element, value: null }))
        .combinePerKey('Once', count())
        .map('Element', ({ key }) => key),
  };
}
