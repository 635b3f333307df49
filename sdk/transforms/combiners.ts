import { double, doubleCoder, int64, struct } from '../coders/index.js';
import { countFn } from '../pipeline/count-fn.js';
import type { ChoosingCombineFn, CodedCombineFn } from '../pipeline/verbs/keyed.js';

/** How many values there are; 0 of nothing. */
export const count = (): CodedCombineFn<unknown, number, number> => countFn;

/** The sum of numbers, as doubles; 0 of nothing. */
export const sum = (): CodedCombineFn<number, number, number> => ({
  createAccumulator: () => 0,
  addInput: (total, value) => total + value,
  mergeAccumulators: (a, b) => a + b,
  extractOutput: (total) => total,
  accumulatorCoder: doubleCoder(),
  outputCoder: doubleCoder(),
});

/** The arithmetic mean of numbers; NaN of nothing. */
export const mean = (): CodedCombineFn<number, MeanAccumulator, number> => ({
  createAccumulator: () => ({ count: 0, sum: 0 }),
  addInput(accumulator, value) {
    accumulator.count += 1;
    accumulator.sum += value;
    return accumulator;
  },
  mergeAccumulators(a, b) {
    a.count += b.count;
    a.sum += b.sum;
    return a;
  },
  extractOutput: ({ count: n, sum: total }) => total / n,
  accumulatorCoder: struct({ count: int64(), sum: double() }),
  outputCoder: doubleCoder(),
});

/** The sum and the number of what a mean has seen. */
export interface MeanAccumulator {
  count: number;
  sum: number;
}

/** Answers a negative number where `a` comes before `b`. */
export type Compare<T> = (a: T, b: T) => number;

/** The smallest value, by `<` or by `compare`; the first of equal ones. There is none of nothing. */
export const min = <T>(compare: Compare<T> = natural): ChoosingCombineFn<T, Held<T>, T> =>
  reduce((a, b) => (compare(b, a) < 0 ? b : a));

/** The largest value, by `>` or by `compare`; the first of equal ones. There is none of nothing. */
export const max = <T>(compare: Compare<T> = natural): ChoosingCombineFn<T, Held<T>, T> =>
  reduce((a, b) => (compare(b, a) > 0 ? b : a));

/** What a reduction has seen: nothing yet, or one value. */
export type Held<T> = readonly [] | readonly [T];

/** Folds values in pairs, with a function for which neither order nor grouping matters. There is no result of nothing. */
export const reduce = <T>(fn: (a: T, b: T) => T): ChoosingCombineFn<T, Held<T>, T> => ({
  createAccumulator: () => [],
  addInput: (held, value) => (held.length === 0 ? [value] : [fn(held[0], value)]),
  mergeAccumulators: (a, b) => (a.length === 0 ? b : b.length === 0 ? a : [fn(a[0], b[0])]),
  // Only what has a value is asked for a result.
  extractOutput: (held) => held[0] as T,
  hasDefault: false,
});

/** All values, in no particular order; the empty list of nothing. They are held in memory. */
export const toList = <T>(): CodedCombineFn<T, T[], T[]> => ({
  createAccumulator: () => [],
  addInput(list, value) {
    list.push(value);
    return list;
  },
  mergeAccumulators(a, b) {
    for (const value of b) a.push(value);
    return a;
  },
  extractOutput: (list) => list.slice(),
});

function natural<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
