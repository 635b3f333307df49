import { varintCoder } from '../coders/index.js';
import type { CodedCombineFn } from './verbs/keyed.js';

/** Counts, whatever the values are. */
export const countFn: CodedCombineFn<unknown, number, number> = {
  createAccumulator: () => 0,
  addInput: (n) => n + 1,
  mergeAccumulators: (a, b) => a + b,
  extractOutput: (n) => n,
  accumulatorCoder: varintCoder(),
  outputCoder: varintCoder(),
};
