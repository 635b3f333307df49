import fc from 'fast-check';
import { MAX_TIMESTAMP } from 'millrace';
import { describe, expect, it } from 'vitest';
import { OrderedList } from '#millrace/runners/dataflow/ordered-list.js';

/** Enough for several chunks; in order, backwards or in none. */
const starts = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 3_000, size: 'max' }),
    fc.constantFrom('ascending', 'descending', 'none'),
  )
  .map(([values, order]) => {
    if (order === 'none') return values;
    return values.sort((a, b) => (order === 'ascending' ? a - b : b - a));
  });

describe('an ordered list', () => {
  it('agrees with a sorted array', () => {
    fc.assert(
      fc.property(
        starts,
        fc.nat(),
        fc.array(fc.integer({ min: -5_001, max: 5_001 }), { maxLength: 50 }),
        (values, seed, looked) => {
          const list = new OrderedList<{ readonly start: number }>();
          const sorted = values.map((start) => ({ start }));
          for (const value of sorted) list.add(value);
          // Some go from the front, as time passes, and some from anywhere.
          sorted.sort((a, b) => a.start - b.start);
          for (let i = seed % (sorted.length + 1); i > 0; i--) {
            const [gone] = sorted.splice(i % 3 === 0 ? (seed * i) % sorted.length : 0, 1);
            list.remove(gone!);
          }
          expect(list.isEmpty).toBe(sorted.length === 0);
          for (const instant of [...looked, ...sorted.map(({ start }) => start)]) {
            expect(list.lastBefore(instant)).toBe(sorted.findLast(({ start }) => start < instant));
            expect(list.lastUpTo(instant)).toBe(sorted.findLast(({ start }) => start <= instant));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('finds what it is given at the end of time, where not every number is a whole one', () => {
    const [before, at] = [{ start: MAX_TIMESTAMP - 2 }, { start: MAX_TIMESTAMP }];
    const list = new OrderedList(before);
    list.add(at);
    expect(list.lastUpTo(MAX_TIMESTAMP)).toBe(at);
    list.remove(at);
    expect([...list]).toEqual([before]);
  });
});
