import { describe, expect, it } from 'vitest';
import { geometricMean, median } from './statistics.js';

describe('medians and means', () => {
  it('of odd and even numbers of values, in any order', () => {
    expect(median([3, 10, 1])).toBe(3);
    expect(median([4, 10, 1, 2])).toBe(3);
    expect(median([])).toBe(undefined);
  });

  it('of ratios do not depend on which way round they are', () => {
    expect(geometricMean([4, 1])).toBeCloseTo(2);
    expect(geometricMean([1 / 4, 1])).toBeCloseTo(1 / 2);
    expect(geometricMean([])).toBe(undefined);
  });
});
