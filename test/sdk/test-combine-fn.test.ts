import { type CodedCombineFn, type Coder, type CombineFn, count, max, mean, min, sum, toList } from 'millrace';
import { int64, struct } from 'millrace/coders';
import { isEqual, testCombineFn } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { errorOf } from './build.js';

describe('testCombineFn', () => {
  it('is content with the combiners of the library', () => {
    testCombineFn(sum(), [1, 2, 3, 4], 10);
    testCombineFn(count(), ['a', 'b'], 2);
    testCombineFn(mean(), [1, 2, 6], 3);
    testCombineFn(min(), [3, 1, 2], 1);
    testCombineFn(max(), [3, 1, 2], 3);
    testCombineFn(sum(), [], 0);
  });

  it('carries accumulators through their coder', () => {
    const carried: CodedCombineFn<number, { total: number }, number> = {
      createAccumulator: () => ({ total: 0 }),
      addInput: (accumulator, input) => ({ total: accumulator.total + input }),
      mergeAccumulators: (a, b) => ({ total: a.total + b.total }),
      extractOutput: ({ total }) => total,
      accumulatorCoder: struct({ total: int64() }),
    };
    testCombineFn(carried, [1, 2, 3], 6);
    const forgets: Coder<{ total: number }> = {
      urn: 'test:forgets',
      components: [],
      deterministic: true,
      encode: ({ total }, to) => to.varint(total),
      decode: (from) => ({ total: from.varint() & 1 }),
    };
    expect(errorOf(() => testCombineFn({ ...carried, accumulatorCoder: forgets }, [1, 2, 3], 6)).code).toBe(
      'COMBINE_FN_LAW',
    );
  });

  const last: CombineFn<number, { value: number }, number> = {
    createAccumulator: () => ({ value: 0 }),
    addInput: (_, value) => ({ value }),
    mergeAccumulators: (_, other) => other,
    extractOutput: ({ value }) => value,
  };
  const shared = { values: [] as number[] };
  const list: CombineFn<number, number[], readonly number[]> = {
    createAccumulator: () => [],
    addInput: (all, value) => {
      all.push(value);
      return all;
    },
    mergeAccumulators: (all, other) => {
      all.push(...other);
      return all;
    },
    extractOutput: (all) => [...all],
  };

  it.each<[string, () => void, string]>([
    [
      'another output',
      () => testCombineFn(sum(), [1, 2], 4),
      'all inputs in one accumulator\n  expected: 4\n  actual:   3',
    ],
    ['what depends on the order', () => testCombineFn(last, [1, 2, 3], 3), 'an empty accumulator merged in'],
    [
      'an empty accumulator that counts',
      () => testCombineFn({ ...sum(), createAccumulator: () => 1 }, [1], 2),
      'merged',
    ],
    [
      'an output that is the accumulator',
      () => testCombineFn({ ...list, extractOutput: (all) => all }, [1, 1], [1, 1]),
      'an output must not change when its accumulator does',
    ],
    [
      'accumulators that share',
      () => testCombineFn({ ...list, createAccumulator: () => shared.values }, [1], [1]),
      'accumulator',
    ],
    [
      'a list, which has an order',
      () => testCombineFn(list, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
      'split over accumulators',
    ],
  ])('finds %s', (_, test, text) => {
    const error = errorOf(test);
    expect(error).toMatchObject({ code: 'COMBINE_FN_LAW', kind: 'function' });
    expect(error.message).toContain(text);
  });

  it('says with which seed it was, and comes to the same again', () => {
    const once = (seed: number): string => errorOf(() => testCombineFn(list, [1, 2, 3], [1, 2, 3], { seed })).message;
    expect(once(7)).toContain('seed 7');
    expect(once(7)).toBe(once(7));
  });

  it('asks how outputs are compared', () => {
    const sorted = (values: readonly number[]) => values.toSorted();
    testCombineFn(toList<number>(), [3, 1, 2], [1, 2, 3], { equals: (a, b) => isEqual(sorted(a), sorted(b)) });
  });
});
