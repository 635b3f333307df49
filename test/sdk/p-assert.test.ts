import { buildPlan, definePipeline, fixedWindows, IntervalWindow, type Pipeline, type PipelineResult } from 'millrace';
import { assertionsIn, PAssert, testPipeline, verifyAssertions } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { planOf } from './build.js';

/** The error of a pipeline that fails. */
async function failureOf(build: (p: Pipeline) => void): Promise<Error & { code: string; step: string }> {
  return testPipeline(build).then(
    () => expect.unreachable('the pipeline did not fail'),
    (error) => error,
  );
}

describe('PAssert', () => {
  it('holds', async () => {
    await testPipeline((p) => {
      const numbers = p.create('numbers', [3, 1, 2, 1]);
      PAssert.that(numbers).containsInAnyOrder([1, 1, 2, 3]);
      PAssert.that(
        'none',
        numbers.filter((n) => n > 3),
      ).empty();
      PAssert.that(numbers.filter((n) => n === 3)).equals(3);
      PAssert.that(numbers).satisfies((all) => {
        if (all.length !== 4) throw new Error('no');
      });
      PAssert.that(p.create('nothing', [] as number[])).empty();
    });
  });

  it('compares groups, maps, dates and what else has no identity', async () => {
    const made = new Date(5);
    await testPipeline((p) => {
      PAssert.that(p.create('pairs', [{ key: 'a', value: 1 }]).groupByKey()).equals({ key: 'a', value: [1] });
      PAssert.that(
        p.create('values', [new Map([[{ a: 1 }, new Set([1, 2])]]), made, Number.NaN, -0]),
      ).containsInAnyOrder([0, Number.NaN, new Date(5), new Map([[{ a: 1 }, new Set([2, 1])]])]);
    });
  });

  it('looks into one window', async () => {
    await testPipeline((p) => {
      const windowed = p.create([1, 2, 11], { timestamps: [1, 2, 11] }).windowInto(fixedWindows(10));
      PAssert.that('first', windowed).inWindow(new IntervalWindow(0, 10)).containsInAnyOrder([2, 1]);
      PAssert.that('second', windowed).inWindow(new IntervalWindow(10, 20)).equals(11);
      PAssert.that('third', windowed).inWindow(new IntervalWindow(20, 30)).empty();
      PAssert.that('sums', windowed.map((n) => ({ key: 0, value: n })).countPerKey())
        .inWindow(new IntervalWindow(0, 10))
        .equals({ key: 0, value: 2 });
    });
  });

  it('says what is missing and what is too much', async () => {
    const error = await failureOf((p) =>
      PAssert.that(p.create(['a', 'b', 'b'])).containsInAnyOrder(['b', 'c', 'a', 'a']),
    );
    expect(error).toMatchObject({ code: 'PASSERT_FAILED', kind: 'function', step: 'PAssert/Check' });
    expect(error.message).toContain("missing (2):\n    'c'\n    'a'");
    expect(error.message).toContain("unexpected (1):\n    'b'");
    expect(error.message).toMatch(/p-assert\.test\.ts:\d+/);
  });

  it.each<[string, (p: Pipeline) => void, string]>([
    ['empty', (p) => PAssert.that(p.create([{ a: 1 }])).empty(), 'unexpected (1):\n    { a: 1 }'],
    ['equals', (p) => PAssert.that(p.create([1, 2])).equals(1), 'expected the single element 1, got 2'],
    [
      'satisfies',
      (p) =>
        PAssert.that(p.create([1])).satisfies(() => {
          throw new Error('too small');
        }),
      'too small',
    ],
    ['many', (p) => PAssert.that(p.create(Array.from({ length: 40 }, (_, i) => i))).empty(), '… and 30 more'],
  ])('%s shows the elements', async (_, build, text) => {
    expect((await failureOf(build)).message).toContain(text);
  });

  it('is found in the plan, with its line', () => {
    const plan = planOf((p) => {
      const numbers = p.create([1]);
      PAssert.that(numbers).equals(1);
      numbers.apply('inner', (input) => PAssert.that('mine', input).equals(1));
    });
    expect(assertionsIn(plan)).toEqual([
      { step: 'PAssert', checkStep: 'PAssert/Check', source: expect.stringMatching(/p-assert\.test\.ts:\d+:\d+$/) },
      { step: 'inner/mine', checkStep: 'inner/mine/Check', source: expect.stringMatching(/p-assert\.test\.ts/) },
    ]);
  });

  it('of a JSON plan still counts', () => {
    const { plan } = buildPlan(definePipeline({ name: 'x', build: (p) => PAssert.that(p.create([1])).equals(1) }));
    expect(assertionsIn(JSON.parse(JSON.stringify(plan)))).toHaveLength(1);
  });
});

describe('verifyAssertions', () => {
  const plan = planOf((p) => PAssert.that('check', p.create([1])).equals(1));
  const result = (value?: number): PipelineResult => ({
    state: 'DONE',
    durationMs: 1,
    metrics: value === undefined ? [] : [{ step: 'check/Check', name: 'millrace:passert_success', value }],
  });

  it('is content with a check that ran once', () => {
    expect(verifyAssertions(plan, result(1))).toEqual(result(1));
  });

  it('fails a run in which a check never ran, or ran again', () => {
    for (const metrics of [result(), result(0)]) {
      const { state, error } = verifyAssertions(plan, metrics);
      expect(state).toBe('FAILED');
      expect(error).toMatchObject({ code: 'PASSERT_NEVER_RAN', step: 'check' });
      expect(error?.source).toMatch(/p-assert\.test\.ts/);
    }
    expect(verifyAssertions(plan, result(2)).error?.code).toBe('PASSERT_REPEATED');
  });

  it('leaves the error of a run that failed', () => {
    const failed: PipelineResult = { ...result(), state: 'FAILED' };
    expect(verifyAssertions(plan, failed)).toBe(failed);
  });
});
