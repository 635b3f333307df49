import type { CombineFn, KV, Pipeline } from 'millrace';
import type { Coder } from 'millrace/coders';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { shuffleKey, shuffleValue } from '../nexmark.js';
import { SequenceSource } from '../sequence-source.js';

export interface CountAndSum {
  count: number;
  sum: number;
}

/** Shuffle: count and sum of the values of each of a million keys. */
export function countAndSumPerKey(p: Pipeline, records: number, accumulatorCoder?: Coder<CountAndSum>): void {
  p.read('records', () => new SequenceSource(record, () => 0), records)
    .combinePerKey('count and sum', { ...countAndSum, ...(accumulatorCoder !== undefined && { accumulatorCoder }) })
    .parDo(
      'check',
      () =>
        new Checksum<KV<number, CountAndSum>>(({ key, value: { count, sum } }) =>
          mix(mix(mix(RECORD_SEED, key), count), sum * 1024),
        ),
    );
}

const record = (i: number): KV<number, number> => ({ key: shuffleKey(i), value: shuffleValue(i) });

const countAndSum: CombineFn<number, CountAndSum, CountAndSum> = {
  createAccumulator: () => ({ count: 0, sum: 0 }),
  addInput(total, value) {
    total.count++;
    total.sum += value;
    return total;
  },
  mergeAccumulators(total, other) {
    total.count += other.count;
    total.sum += other.sum;
    return total;
  },
  extractOutput: ({ count, sum }) => ({ count, sum }),
};
