import fc from 'fast-check';
import {
  afterCount,
  type CodedCombineFn,
  count,
  fixedWindows,
  largest,
  max,
  mean,
  min,
  type Pipeline,
  reduce,
  repeatedly,
  sessionWindows,
  smallest,
  sum,
  toList,
  top,
} from 'millrace';
import { testCombineFn } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { errorOf, planOf, step, windowingOf } from './build.js';

/** What a combiner makes of values that were divided over some accumulators. */
function combined<I, A, O>(fn: CodedCombineFn<I, A, O>, parts: readonly (readonly I[])[]): O {
  const accumulators = parts.map((part) => part.reduce((a, value) => fn.addInput(a, value), fn.createAccumulator()));
  return fn.extractOutput(accumulators.reduce((a, b) => fn.mergeAccumulators(a, b), fn.createAccumulator()));
}

describe('combiners', () => {
  const parts = fc.array(fc.array(fc.integer({ min: -1e6, max: 1e6 }))).filter((all) => all.flat().length > 0);
  const cases: [string, CodedCombineFn<number, unknown, unknown>, (all: number[]) => unknown][] = [
    ['count', count() as CodedCombineFn<number, unknown, unknown>, (all) => all.length],
    ['sum', sum() as CodedCombineFn<number, unknown, unknown>, (all) => all.reduce((a, b) => a + b, 0)],
    ['mean', mean() as CodedCombineFn<number, unknown, unknown>, (all) => all.reduce((a, b) => a + b, 0) / all.length],
    ['min', min<number>() as CodedCombineFn<number, unknown, unknown>, (all) => Math.min(...all)],
    ['max', max<number>() as CodedCombineFn<number, unknown, unknown>, (all) => Math.max(...all)],
    [
      'reduce',
      reduce<number>((a, b) => a ^ b) as CodedCombineFn<number, unknown, unknown>,
      (all) => all.reduce((a, b) => a ^ b),
    ],
    ['toList', toList<number>() as CodedCombineFn<number, unknown, unknown>, (all) => all],
  ];

  it.each(cases)('%s does not depend on how its values are divided', (_, fn, expected) => {
    fc.assert(
      fc.property(parts, (divided) => {
        expect(combined(fn, divided)).toEqual(expected(divided.flat()));
      }),
    );
  });

  it('answer what later additions do not change', () => {
    const fn = toList<number>();
    const accumulator = fn.addInput(fn.createAccumulator(), 1);
    const answered = fn.extractOutput(accumulator);
    fn.addInput(accumulator, 2);
    expect(answered).toEqual([1]);
  });

  it('min and max follow a comparison', () => {
    const byLength = (a: string, b: string) => a.length - b.length;
    expect(
      combined(max(byLength), [
        ['a', 'ccc'],
        ['bb', 'ddd'],
      ]),
    ).toBe('ccc');
    expect(combined(min(byLength), [['ccc'], ['a', 'b']])).toBe('a');
  });
});

describe('the largest and the smallest', () => {
  const numbers = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 30 });

  it('are those at the end of what is sorted, however the values are split and merged', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 12 }), (values, n) => {
        const ascending = [...values].sort((a, b) => a - b);
        testCombineFn(largest<number>(n), values, [...ascending].reverse().slice(0, n), { runs: 10 });
        testCombineFn(smallest<number>(n), values, ascending.slice(0, n), { runs: 10 });
      }),
      { numRuns: 50 },
    );
  });

  it('by a comparison of the author', () => {
    const byLength = (a: string, b: string) => a.length - b.length;
    testCombineFn(top(2, byLength), ['a', 'ccc', 'bb', ''], ['ccc', 'bb']);
  });

  it('of no whole number are refused', () => {
    for (const n of [0, -1, 1.5, Number.NaN])
      expect(errorOf(() => largest(n))).toMatchObject({ code: 'PLAN_ARGUMENT' });
  });
});

describe('a fan-out', () => {
  const pairs = (p: Pipeline) => p.create([1, 2, 3]).keyBy((n) => n);

  it('is refused where windows merge: a part does not know the sessions of the others', () => {
    const error = errorOf(() =>
      planOf((p) => {
        pairs(p).windowInto(sessionWindows(10)).combinePerKey('Sum', sum(), { fanout: 2 });
      }),
    );
    expect(error).toMatchObject({ code: 'PLAN_WINDOWING', step: 'Sum' });
  });

  it.each([0, 1.5, Number.NaN, -1])('of %d is refused', (fanout) => {
    const error = errorOf(() => planOf((p) => pairs(p).combinePerKey('Sum', sum(), { fanout })));
    expect(error).toMatchObject({ code: 'PLAN_ARGUMENT', step: 'Sum' });
  });

  it('fires its parts once each, whatever the windowing says of the whole', () => {
    const plan = planOf((p) => {
      pairs(p)
        .windowInto(fixedWindows(10), { trigger: repeatedly(afterCount(1)), accumulation: 'accumulating' })
        .combinePerKey('Sum', sum(), { fanout: 2 });
    });
    expect(windowingOf(plan, 'Sum/Parts').accumulationMode).toBe('DISCARDING');
    expect(windowingOf(plan, 'Sum').accumulationMode).toBe('ACCUMULATING');
  });

  it('is another function where the combined one is another', () => {
    const planWith = (fn: CodedCombineFn<number, unknown, number>) =>
      JSON.stringify(
        step(
          planOf((p) => pairs(p).combinePerKey('Fold', fn, { fanout: 2 })),
          'Fold/Parts',
        ).spec,
      );
    expect(planWith(sum())).not.toBe(planWith(mean()));
    expect(planWith(sum())).toBe(planWith(sum()));
  });
});
