import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { CodedCombineFn } from '../pipeline/verbs/keyed.js';
import type { Compare } from './combiners.js';

/**
 * The `n` largest values by `compare`, the largest first. Of values that compare as equal, which ones are kept is not
 * said; the empty list of nothing. An accumulator holds `n` values.
 */
export function top<T>(n: number, compare: Compare<T>): CodedCombineFn<T, T[], T[]> {
  if (!Number.isSafeInteger(n) || n < 1) throw planError(PLAN_ERROR.argument, `top ${n}: not a whole number from 1 on`);
  return {
    createAccumulator: () => [],
    addInput(largest, value) {
      insert(largest, value, n, compare);
      return largest;
    },
    mergeAccumulators(a, b) {
      for (const value of b) if (!insert(a, value, n, compare)) break;
      return a;
    },
    extractOutput: (largest) => largest.slice(),
  };
}

/** The `n` largest values by `>`, the largest first. */
export const largest = <T extends number | string | bigint>(n: number): CodedCombineFn<T, T[], T[]> =>
  top<T>(n, (a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** The `n` smallest values by `<`, the smallest first. */
export const smallest = <T extends number | string | bigint>(n: number): CodedCombineFn<T, T[], T[]> =>
  top<T>(n, (a, b) => (a < b ? 1 : a > b ? -1 : 0));

/** Puts a value into a descending list of `n` at most; answers whether it had a place there. */
function insert<T>(list: T[], value: T, n: number, compare: Compare<T>): boolean {
  // Most values are too small, which one look tells.
  if (list.length === n && compare(value, list[n - 1]!) <= 0) return false;
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compare(list[middle]!, value) >= 0) from = middle + 1;
    else to = middle;
  }
  list.splice(from, 0, value);
  if (list.length > n) list.pop();
  return true;
}
