import {
  afterAny,
  afterCount,
  afterProcessingTime,
  afterSynchronizedProcessingTime,
  afterWatermark,
  afterAll as allOf,
  always,
  BEAM_CODER,
  BEAM_WINDOW_FN,
  defaultTrigger,
  afterEach as eachOf,
  fixedWindows,
  flatten,
  generateSequence,
  globalWindow,
  minutes,
  never,
  orFinally,
  repeatedly,
  seconds,
  sessionWindows,
  slidingWindows,
  type TriggerSpec,
  type WindowFnDescriptor,
  type WindowOptions,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { errorOf, planOf, step, windowingOf } from './build.js';

function windowed(windowFn: WindowFnDescriptor, options?: WindowOptions) {
  const plan = planOf((p) => {
    p.create([{ key: 'a', value: 1 }])
      .windowInto('window', windowFn, options)
      .groupByKey('group');
  });
  return { window: windowingOf(plan, 'window'), group: windowingOf(plan, 'group'), plan };
}

describe('a windowing strategy', () => {
  it("has Beam's fields and defaults", () => {
    const { window, plan } = windowed(fixedWindows(seconds(10), { offsetMs: 500 }));
    expect(window).toEqual({
      windowFn: { urn: BEAM_WINDOW_FN.fixed, payload: { sizeMs: 10_000, offsetMs: 500 } },
      mergeStatus: 'NON_MERGING',
      windowCoderId: 'interval_window',
      trigger: { kind: 'default' },
      accumulationMode: 'DISCARDING',
      outputTime: 'END_OF_WINDOW',
      closingBehavior: 'EMIT_IF_NONEMPTY',
      onTimeBehavior: 'FIRE_ALWAYS',
      allowedLatenessMs: 0,
      assignsToOneWindow: true,
      environmentId: 'node',
    });
    expect(plan.components.coders.interval_window).toEqual({ spec: { urn: BEAM_CODER.intervalWindow } });
    expect(step(plan, 'window').spec?.payload).toEqual({ windowFn: window.windowFn });
  });

  it('of sliding windows assigns to several, unless they only follow each other', () => {
    const { window } = windowed(slidingWindows(seconds(10), seconds(5)));
    expect(window.windowFn.payload).toEqual({ sizeMs: 10_000, periodMs: 5_000, offsetMs: 0 });
    expect(window.assignsToOneWindow).toBe(false);
    expect(windowed(slidingWindows(seconds(5), seconds(5))).window.assignsToOneWindow).toBe(true);
  });

  it('of sessions is merged once', () => {
    const { window, group } = windowed(sessionWindows(minutes(1)));
    expect(window).toMatchObject({ mergeStatus: 'NEEDS_MERGE', windowFn: { payload: { gapMs: 60_000 } } });
    expect(group.mergeStatus).toBe('ALREADY_MERGED');
  });

  it('keeps what a later windowInto does not say', () => {
    const plan = planOf((p) => {
      p.create([1])
        .windowInto('first', fixedWindows(1_000), { allowedLateness: 5, timestampCombiner: 'earliest' })
        .windowInto('second', globalWindow(), { accumulation: 'accumulating' });
    });
    expect(windowingOf(plan, 'second')).toMatchObject({
      windowFn: { urn: BEAM_WINDOW_FN.global },
      windowCoderId: 'global_window',
      allowedLatenessMs: 5,
      outputTime: 'EARLIEST_IN_PANE',
      accumulationMode: 'ACCUMULATING',
    });
  });

  it('that is the same stands once in the plan', () => {
    const plan = planOf((p) => {
      for (const name of ['a', 'b'])
        p.create(name, [1])
          .windowInto(fixedWindows(1_000))
          .keyBy((n) => n)
          .groupByKey();
    });
    expect(Object.keys(plan.components.windowingStrategies)).toEqual([
      expect.stringMatching(/^fixed_windows-[0-9a-f]{8}$/),
      'global_windows',
    ]);
  });

  const once: TriggerSpec = { kind: 'elementCount', count: 3 };
  const delayed: TriggerSpec = {
    kind: 'afterProcessingTime',
    timestampTransforms: [{ kind: 'delay', delayMs: 10 }],
  };
  it.each<[TriggerSpec, TriggerSpec]>([
    [
      { kind: 'repeat', subtrigger: once },
      { kind: 'repeat', subtrigger: { kind: 'elementCount', count: 1 } },
    ],
    [
      { kind: 'repeat', subtrigger: { kind: 'afterAll', subtriggers: [once, delayed] } },
      {
        kind: 'repeat',
        subtrigger: {
          kind: 'afterAll',
          subtriggers: [{ kind: 'elementCount', count: 1 }, { kind: 'afterSynchronizedProcessingTime' }],
        },
      },
    ],
    [
      { kind: 'afterEndOfWindow', earlyFirings: once, lateFirings: once },
      {
        kind: 'afterEndOfWindow',
        earlyFirings: { kind: 'elementCount', count: 1 },
        lateFirings: { kind: 'elementCount', count: 1 },
      },
    ],
    [{ kind: 'afterEndOfWindow' }, { kind: 'afterEndOfWindow' }],
    [{ kind: 'never' }, { kind: 'never' }],
    [{ kind: 'always' }, { kind: 'always' }],
  ])('continues the trigger %j', (trigger, continued) => {
    expect(windowed(fixedWindows(1_000), { trigger, accumulation: 'discarding' }).group.trigger).toEqual(continued);
  });
});

describe('a trigger', () => {
  it.each<[TriggerSpec, TriggerSpec]>([
    [defaultTrigger(), { kind: 'default' }],
    [always(), { kind: 'always' }],
    [never(), { kind: 'never' }],
    [afterCount(3), { kind: 'elementCount', count: 3 }],
    [afterWatermark(), { kind: 'afterEndOfWindow' }],
    [
      afterWatermark({ early: afterCount(3), late: always() }),
      {
        kind: 'afterEndOfWindow',
        earlyFirings: { kind: 'elementCount', count: 3 },
        lateFirings: { kind: 'always' },
      },
    ],
    [
      afterProcessingTime(seconds(5), { alignTo: minutes(1), offsetMs: 30 }),
      {
        kind: 'afterProcessingTime',
        timestampTransforms: [
          { kind: 'delay', delayMs: 5_000 },
          { kind: 'alignTo', periodMs: 60_000, offsetMs: 30 },
        ],
      },
    ],
    [afterProcessingTime(0), { kind: 'afterProcessingTime', timestampTransforms: [] }],
    [afterSynchronizedProcessingTime(), { kind: 'afterSynchronizedProcessingTime' }],
    [repeatedly(never()), { kind: 'repeat', subtrigger: { kind: 'never' } }],
    [eachOf(always(), never()), { kind: 'afterEach', subtriggers: [{ kind: 'always' }, { kind: 'never' }] }],
    [allOf(always(), never()), { kind: 'afterAll', subtriggers: [{ kind: 'always' }, { kind: 'never' }] }],
    [afterAny(always(), never()), { kind: 'afterAny', subtriggers: [{ kind: 'always' }, { kind: 'never' }] }],
    [orFinally(always(), never()), { kind: 'orFinally', main: { kind: 'always' }, finally: { kind: 'never' } }],
  ])('is written down as Beam has it: %j', (trigger, spec) => {
    expect(trigger).toEqual(spec);
    const { window } = windowed(fixedWindows(1_000), { trigger: repeatedly(trigger), accumulation: 'discarding' });
    expect(window.trigger).toEqual({ kind: 'repeat', subtrigger: spec });
  });

  it.each<[string, () => TriggerSpec]>([
    ['no element', () => afterCount(0)],
    ['half an element', () => afterCount(1.5)],
    ['a negative delay', () => afterProcessingTime(-1)],
    ['an alignment to nothing', () => afterProcessingTime(1, { alignTo: 0 })],
    ['an offset into the past', () => afterProcessingTime(1, { alignTo: 10, offsetMs: -1 })],
    // @ts-expect-error: a composed trigger has parts
    ['no parts', () => allOf()],
  ])('is not made of %s', (_what, make) => {
    expect(errorOf(make).code).toBe('PLAN_WINDOWING');
  });

  it('that may lose data is refused with what to write instead', () => {
    const error = errorOf(() =>
      windowed(fixedWindows(1_000), { trigger: eachOf(afterCount(1), afterCount(2)), accumulation: 'discarding' }),
    );
    expect(error.code).toBe('PLAN_UNSAFE_TRIGGER');
    expect(error.hint).toContain('repeatedly');
  });
});

describe('a windowing that cannot be meant', () => {
  it('is a group that never ends', () => {
    const error = errorOf(() =>
      planOf(
        (p) =>
          void p
            .apply(generateSequence())
            .keyBy((n) => n)
            .countPerKey('count'),
      ),
    );
    expect(error).toMatchObject({ code: 'PLAN_UNBOUNDED_GROUPING', step: 'count/GroupByKey' });
    expect(error.hint).toContain('windowInto');
    expect(error.source).toMatch(/windowing\.test\.ts/);
    planOf((p) => {
      const endless = p.apply(generateSequence()).keyBy((n) => n);
      endless.windowInto(fixedWindows(1_000)).countPerKey();
      const trigger: TriggerSpec = { kind: 'repeat', subtrigger: { kind: 'elementCount', count: 1 } };
      endless.windowInto(globalWindow(), { trigger, accumulation: 'discarding' }).countPerKey();
    });
  });

  it.each<[TriggerSpec, WindowOptions]>([
    [{ kind: 'elementCount', count: 3 }, {}],
    [{ kind: 'afterEndOfWindow' }, { allowedLateness: 5 }],
    [{ kind: 'afterAny', subtriggers: [{ kind: 'default' }, { kind: 'elementCount', count: 3 }] }, {}],
    [{ kind: 'orFinally', main: { kind: 'default' }, finally: { kind: 'elementCount', count: 3 } }, {}],
  ])('is the trigger %j, which loses data', (trigger, options) => {
    const error = errorOf(() => windowed(fixedWindows(1_000), { trigger, accumulation: 'discarding', ...options }));
    expect(error.code).toBe('PLAN_UNSAFE_TRIGGER');
  });

  it('is a trigger without an accumulation mode', () => {
    const error = errorOf(() => windowed(fixedWindows(1_000), { trigger: { kind: 'always' } }));
    expect(error.hint).toContain('accumulating');
  });

  it('are panes that retract', () => {
    const accumulation = 'retracting' as 'accumulating';
    const error = errorOf(() => windowed(fixedWindows(1_000), { trigger: { kind: 'always' }, accumulation }));
    expect(error).toMatchObject({ code: 'PLAN_WINDOWING', message: expect.stringContaining('retracting') });
  });

  it.each([0, -1, 1.5, Number.NaN])('is a window of %s ms', (size) => {
    expect(errorOf(() => fixedWindows(size)).code).toBe('PLAN_WINDOWING');
    expect(errorOf(() => sessionWindows(size)).code).toBe('PLAN_WINDOWING');
    expect(errorOf(() => slidingWindows(size, 1)).code).toBe('PLAN_WINDOWING');
    expect(errorOf(() => slidingWindows(1, size)).code).toBe('PLAN_WINDOWING');
  });

  it('is an offset outside of the window, or a negative lateness', () => {
    expect(errorOf(() => fixedWindows(10, { offsetMs: 10 })).code).toBe('PLAN_WINDOWING');
    expect(errorOf(() => windowed(fixedWindows(10), { allowedLateness: -1 })).code).toBe('PLAN_WINDOWING');
  });

  it('is to flatten collections in different windows', () => {
    const error = errorOf(() =>
      planOf((p) => void flatten('both', [p.create([1]), p.create([2]).windowInto(fixedWindows(5))])),
    );
    expect(error).toMatchObject({ code: 'PLAN_WINDOWING', step: 'both' });
  });
});
