import {
  buildPlan,
  definePipeline,
  fixedWindows,
  GlobalWindow,
  IntervalWindow,
  NO_FIRING_PANE,
  type PaneTiming,
  type Pipeline,
  type PipelineResult,
} from 'millrace';
import { assertionsIn, PAssert, testPipeline, testStream, timestamped, verifyAssertions } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { choose, PANES } from '#millrace/sdk/testing/pane-choice.js';
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

  it('compares pairs with a map', async () => {
    await testPipeline((p) => {
      const pairs = p.create([
        { key: 'a', value: 1 },
        { key: 'b', value: 2 },
      ]);
      PAssert.that(pairs).equalsMap(new Map(Object.entries({ b: 2, a: 1 })));
      PAssert.that(pairs.flatten(pairs)).equalsMultimap(new Map(Object.entries({ b: [2, 2], a: [1, 1] })));
    });
    const twice = (p: Pipeline) => {
      const pairs = p.create([{ key: 'a', value: 1 }]);
      PAssert.that(pairs.flatten(pairs)).equalsMap(new Map([['a', 1]]));
    };
    expect((await failureOf(twice)).message).toContain("unexpected (1):\n    { key: 'a', value: 1 }");
  });

  describe('on the panes of a window', () => {
    const WINDOW = new IntervalWindow(0, 10);
    /** Two words on time and one late in one window, and one in the next. */
    const panes = (p: Pipeline) =>
      p
        .apply(
          testStream<string>()
            .addElements(timestamped('a', 1), timestamped('b', 2))
            .advanceWatermark(12)
            .addElements(timestamped('late', 3), timestamped('next', 11))
            .advanceWatermarkToInfinity(),
        )
        .windowInto(fixedWindows(10), { allowedLateness: 5 })
        .keyBy(() => 'k')
        .groupByKey()
        .flatMap(({ value }) => value);

    it.each<[string, (p: Pipeline) => void, readonly string[]]>([
      [
        'the one on time',
        (p) => PAssert.that(panes(p)).inOnTimePane(WINDOW).equals('a'),
        [
          'in the on-time pane of [0, 10): expected the single element',
          "elsewhere (2):\n    'late' in [0, 10), late pane 1\n    'next' in [10, 20), on-time pane 0",
        ],
      ],
      [
        'those that are early',
        (p) => PAssert.that(panes(p)).inEarlyPanes(WINDOW).containsInAnyOrder(['a']),
        ["in the early panes of [0, 10): expected 1 element in any order, got 0\n  missing (1):\n    'a'"],
      ],
      [
        'the only one',
        (p) => PAssert.that(panes(p)).inOnlyPane(WINDOW).empty(),
        ['expected the only pane of [0, 10), and the window fired several times', "'late' in [0, 10), late pane 1"],
      ],
      [
        'a window where none is',
        (p) =>
          PAssert.that(p.create(['x']))
            .inWindow(WINDOW)
            .equals('x'),
        ["elsewhere (1):\n    'x' in the global window, not fired"],
      ],
      [
        'the global window',
        (p) =>
          PAssert.that(p.create([1]))
            .inWindow(GlobalWindow.INSTANCE)
            .equals(2),
        ['in all of the global window: expected the single element 2'],
      ],
    ])('says what is there instead, for %s', async (_, build, texts) => {
      const { message } = await failureOf(build);
      for (const text of texts) expect(message).toContain(text);
    });

    it.each([
      ['all', ['early', 'onTime', 'late', 'last']],
      ['early', ['early']],
      ['onTime', ['onTime']],
      ['late', ['late', 'last']],
      ['nonLate', ['early', 'onTime']],
      ['final', ['last']],
    ] as const)('chooses %s', (name, expected) => {
      const fired = (value: string, timing: PaneTiming, index: number, isLast = false) => ({
        value,
        place: {
          timestamp: 9,
          window: WINDOW,
          pane: { timing, index, isFirst: index === 0, isLast, nonSpeculativeIndex: 0 },
        },
      });
      const all = [fired('early', 'EARLY', 0), fired('onTime', 'ON_TIME', 1), fired('late', 'LATE', 2)];
      const { inside, elsewhere, wrong } = choose([...all, fired('last', 'LATE', 3, true)], WINDOW, PANES[name]);
      expect(inside).toEqual(expected);
      expect(elsewhere.length + inside.length).toBe(4);
      expect(wrong).toEqual([]);
    });

    it('tells windows of the same bounds apart', () => {
      const named = { start: 0, end: 10, maxTimestamp: 9, id: 'a' };
      const one = [{ value: 1, place: { timestamp: 9, window: named, pane: NO_FIRING_PANE } }];
      expect(choose(one, named, PANES.all).inside).toEqual([1]);
      expect(choose(one, WINDOW, PANES.all).inside).toEqual([]);
      expect(choose(one, { ...named, id: 'b' }, PANES.all).inside).toEqual([]);
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
    metrics:
      value === undefined ? [] : [{ kind: 'counter', step: 'check/Check', name: 'millrace:passert_success', value }],
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
