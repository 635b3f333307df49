import { type CombineFn, definePipeline, type KV, option } from 'millrace';
import { Checksum } from '../checksum.js';
import { mix, RECORD_SEED } from '../hashes.js';
import { shuffleKey, shuffleValue } from '../nexmark.js';
import { SequenceSource } from '../sequence-source.js';

interface CountAndSum {
  count: number;
  sum: number;
}

/** Shuffle: count and sum of the values of each of a million keys. */
export default definePipeline({
  name: 'w3',
  options: { events: option.integer({ description: 'how many records', default: 50_000 }) },
  build(p, { events }) {
    p.read('records', () => new SequenceSource(record, () => 0), events)
      .combinePerKey('count and sum', countAndSum)
      .parDo(
        'check',
        () =>
          new Checksum<KV<number, CountAndSum>>(({ key, value: { count, sum } }) =>
            mix(mix(mix(RECORD_SEED, key), count), sum * 1024),
          ),
      );
  },
});

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
