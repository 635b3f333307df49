import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometricMean, median, type Pair, ratioOfMedians } from './statistics.js';

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

describe('the ratio of medians', () => {
  const noisy = (factor: number): Pair[] =>
    [1, 1.1, 0.95, 1.02, 0.98, 1.05].map((old, i) => ({ old, new: old * factor * (i % 2 === 0 ? 1.02 : 0.99) }));

  it('holds what is really there, and says how sure that is', () => {
    const { ratio, low, high } = ratioOfMedians(noisy(1.2));
    expect(ratio).toBeCloseTo(1.2, 1);
    expect(low).toBeGreaterThan(1);
    expect(high - low).toBeLessThan(0.3);
  });

  it('is sure of nothing where the runs lie further apart than the two', () => {
    const wild = [1, 3, 0.5, 2, 0.8, 1.5].map((old, i, all) => ({ old, new: all[(i + 1) % all.length]! * 1.05 }));
    const { low, high } = ratioOfMedians(wild);
    expect(low).toBeLessThan(1);
    expect(high).toBeGreaterThan(1);
  });

  it('lies in its interval, scales with the new figures, and is the same every time', () => {
    const figure = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.record({ old: figure, new: figure }), { minLength: 1, maxLength: 9 }), (pairs) => {
        const { ratio, low, high } = ratioOfMedians(pairs);
        expect(ratioOfMedians(pairs)).toEqual({ ratio, low, high });
        expect(low).toBeLessThanOrEqual(high);
        const doubled = ratioOfMedians(pairs.map((pair) => ({ old: pair.old, new: pair.new * 2 })));
        expect(doubled.ratio).toBeCloseTo(ratio * 2);
        expect(doubled.low).toBeCloseTo(low * 2);
        if (pairs.length === 1) expect([low, high]).toEqual([ratio, ratio]);
      }),
      { numRuns: 30 },
    );
  });
});
