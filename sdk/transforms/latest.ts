import type { KV } from '../model/coder.js';
import type { DoFn, ProcessContext } from '../model/do-fn.js';
import type { TimestampedElement } from '../model/state.js';
import type { PCollection } from '../pipeline/pcollection.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { reduce } from './combiners.js';

/** The element of each window with the latest timestamp; which one of several is not said. Nothing of nothing. */
export function latest<T>(): PTransform<PCollection<T>, PCollection<T>> {
  return {
    name: 'Latest',
    expand: (input) =>
      input
        .parDo('Timestamp', () => new WithTimestamp<T>())
        .combineGlobally('Last', reduce(later<T>))
        .map('Value', ({ value }) => value),
  };
}

/** The value of each key and window with the latest timestamp. */
export function latestPerKey<K, V>(): PTransform<PCollection<KV<K, V>>, PCollection<KV<K, V>>> {
  return {
    name: 'LatestPerKey',
    expand: (input) =>
      input
        .parDo('Timestamp', () => new ValueWithTimestamp<K, V>())
        .combinePerKey('Last', reduce(later<V>))
        .map('Value', ({ key, value }) => ({ key, value: value.value })),
  };
}

const later = <T>(a: TimestampedElement<T>, b: TimestampedElement<T>): TimestampedElement<T> =>
  b.timestamp > a.timestamp ? b : a;

class WithTimestamp<T> implements DoFn<T, TimestampedElement<T>> {
  process(value: T, context: ProcessContext<TimestampedElement<T>>): void {
    context.output({ value, timestamp: context.timestamp });
  }
}

class ValueWithTimestamp<K, V> implements DoFn<KV<K, V>, KV<K, TimestampedElement<V>>> {
  process({ key, value }: KV<K, V>, context: ProcessContext<KV<K, TimestampedElement<V>>>): void {
    context.output({ key, value: { value, timestamp: context.timestamp } });
  }
}
