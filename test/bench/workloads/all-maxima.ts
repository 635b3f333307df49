import type { CombineFn } from 'millrace';

/** All elements for which `by` is largest. */
export function allMaxima<T>(by: (element: T) => number): CombineFn<T, T[], T[]> {
  const addInput = (maxima: T[], element: T): T[] => {
    const best = maxima[0];
    if (best === undefined) return [element];
    const difference = by(element) - by(best);
    if (difference < 0) return maxima;
    if (difference > 0) maxima.length = 0;
    maxima.push(element);
    return maxima;
  };
  return {
    createAccumulator: () => [],
    addInput,
    mergeAccumulators: (maxima, others) => others.reduce(addInput, maxima),
    extractOutput: (maxima) => maxima.slice(),
  };
}
