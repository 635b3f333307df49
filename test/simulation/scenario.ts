import fc from 'fast-check';
import type { TriggerSpec } from 'millrace';

/** What happens in the test stream; instants are in the scenario's unit, and count from where the watermark stands. */
export type Event =
  | { readonly kind: 'elements'; readonly tag: number; readonly elements: readonly Arrival[] }
  | { readonly kind: 'watermark'; readonly tag: number; readonly by: number }
  | { readonly kind: 'time'; readonly by: number };

export interface Arrival {
  readonly key: string;
  readonly after: number;
}

export const WINDOW_FNS = [
  'global',
  'fixed',
  'sliding',
  'sessions',
  'days',
  'months',
  'byKey',
  'overlapping',
  'named',
  'merging',
] as const;

export interface WindowingChoice {
  readonly windows: (typeof WINDOW_FNS)[number];
  readonly size: number;
  readonly period: number;
  readonly offset: number;
  readonly trigger: TriggerSpec;
  readonly accumulation: 'discarding' | 'accumulating';
  readonly lateness: number;
  readonly timestampCombiner: 'endOfWindow' | 'latest' | 'earliest';
  readonly closingBehavior: 'EMIT_ALWAYS' | 'EMIT_IF_NONEMPTY';
  readonly onTimeBehavior: 'FIRE_ALWAYS' | 'FIRE_IF_NONEMPTY';
}

export const STATEFUL = [
  'buffer',
  'number',
  'loop',
  'clock',
  'expire',
  'tags',
  'cells',
  'sorted',
  'ttl',
  'window',
] as const;
export const VIEWS = ['iterable', 'list', 'multimap', 'singleton'] as const;

/** A step. What it reads is counted from the latest collection back. */
export type Step =
  | { readonly kind: 'window'; readonly from: number; readonly windowing: WindowingChoice }
  | { readonly kind: 'group'; readonly from: number }
  | { readonly kind: 'combine'; readonly from: number; readonly fanout: boolean }
  | { readonly kind: 'stateful'; readonly from: number; readonly does: (typeof STATEFUL)[number] }
  | { readonly kind: 'side'; readonly from: number; readonly side: number; readonly view: (typeof VIEWS)[number] }
  | { readonly kind: 'flatten'; readonly from: number; readonly other: number; readonly windowing: WindowingChoice }
  | { readonly kind: 'partition' | 'reshuffle' | 'twice' | 'finish' | 'rekey' | 'later'; readonly from: number }
  | { readonly kind: 'split'; readonly from: number; readonly pause: number };

export interface Scenario {
  /** How each stream is windowed to begin with. */
  readonly streams: readonly WindowingChoice[];
  /** Milliseconds: 1, or hours, so that calendar windows end. */
  readonly unit: number;
  readonly events: readonly Event[];
  readonly steps: readonly Step[];
}

const small = fc.integer({ min: 1, max: 3 });
const delays = fc.record({
  delayMs: fc.integer({ min: 0, max: 6 }),
  periodMs: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
});

const { trigger: anyTrigger } = fc.letrec<{ trigger: TriggerSpec; leaf: TriggerSpec }>((tie) => ({
  leaf: fc.oneof(
    small.map((count): TriggerSpec => ({ kind: 'elementCount', count })),
    delays.map(
      ({ delayMs, periodMs }): TriggerSpec => ({
        kind: 'afterProcessingTime',
        timestampTransforms: [
          { kind: 'delay', delayMs },
          ...(periodMs === undefined ? [] : [{ kind: 'alignTo' as const, periodMs, offsetMs: delayMs % periodMs }]),
        ],
      }),
    ),
    fc.constantFrom<TriggerSpec>(
      { kind: 'default' },
      { kind: 'always' },
      { kind: 'never' },
      { kind: 'afterSynchronizedProcessingTime' },
      { kind: 'afterEndOfWindow' },
    ),
  ),
  trigger: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    tie('trigger').map((subtrigger): TriggerSpec => ({ kind: 'repeat', subtrigger })),
    fc
      .record({
        early: fc.option(tie('trigger'), { nil: undefined }),
        late: fc.option(tie('trigger'), { nil: undefined }),
      })
      .map(
        ({ early, late }): TriggerSpec => ({
          kind: 'afterEndOfWindow',
          ...(early !== undefined && { earlyFirings: early }),
          ...(late !== undefined && { lateFirings: late }),
        }),
      ),
    fc
      .record({
        kind: fc.constantFrom('afterAll' as const, 'afterAny' as const, 'afterEach' as const),
        subtriggers: fc.array(tie('trigger'), { minLength: 1, maxLength: 3 }),
      })
      .map((made): TriggerSpec => made),
    fc
      .tuple(tie('trigger'), tie('trigger'))
      .map(([main, until]): TriggerSpec => ({ kind: 'orFinally', main, finally: until })),
  ),
}));

/** Half of them the default one; the others mostly go on for ever, because plans with those that end are often refused. */
const triggers = fc.oneof(
  { weight: 3, arbitrary: fc.constant<TriggerSpec>({ kind: 'default' }) },
  { weight: 3, arbitrary: anyTrigger.map((subtrigger): TriggerSpec => ({ kind: 'repeat', subtrigger })) },
  { weight: 1, arbitrary: anyTrigger },
);

/** The same scenario, where every window fires once. */
export function firingOnce(scenario: Scenario): Scenario {
  const once = (choice: WindowingChoice): WindowingChoice => ({ ...choice, trigger: { kind: 'default' }, lateness: 0 });
  return {
    ...scenario,
    streams: scenario.streams.map(once),
    steps: scenario.steps.map((step) => ('windowing' in step ? { ...step, windowing: once(step.windowing) } : step)),
  };
}

const COUNTING: TriggerSpec = { kind: 'repeat', subtrigger: { kind: 'elementCount', count: 2 } };

const windowings: fc.Arbitrary<WindowingChoice> = fc
  .record({
    windows: fc.constantFrom(...WINDOW_FNS),
    size: fc.integer({ min: 1, max: 20 }),
    period: fc.integer({ min: 1, max: 12 }),
    offset: fc.integer({ min: 0, max: 11 }),
    trigger: triggers,
    accumulation: fc.constantFrom('discarding' as const, 'accumulating' as const),
    lateness: fc.constantFrom(0, 0, 3, 30),
    timestampCombiner: fc.constantFrom('endOfWindow' as const, 'latest' as const, 'earliest' as const),
    closingBehavior: fc.constantFrom('EMIT_IF_NONEMPTY' as const, 'EMIT_ALWAYS' as const),
    onTimeBehavior: fc.constantFrom('FIRE_ALWAYS' as const, 'FIRE_IF_NONEMPTY' as const),
  })
  .map((choice) => {
    // Streams that never end would never be complete there.
    const isEndless = choice.windows === 'global' && choice.trigger.kind === 'default';
    return isEndless ? { ...choice, trigger: COUNTING } : choice;
  });

const from = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 4 }) });

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('window' as const), from, windowing: windowings }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('group' as const), from }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('combine' as const), from, fanout: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('stateful' as const), from, does: fc.constantFrom(...STATEFUL) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('side' as const),
      from,
      side: fc.nat({ max: 5 }),
      view: fc.constantFrom(...VIEWS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('flatten' as const),
      from,
      other: fc.nat({ max: 5 }),
      windowing: windowings,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('partition', 'reshuffle', 'twice', 'finish', 'rekey', 'later'),
      from,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('split' as const), from, pause: fc.integer({ min: 0, max: 4 }) }),
  },
);

const arrivals = fc.record({ key: fc.constantFrom('a', 'b', 'c'), after: fc.integer({ min: -20, max: 25 }) });

function events(tags: number, most: number): fc.Arbitrary<Event[]> {
  const tag = fc.nat({ max: tags - 1 });
  return fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('elements' as const),
          tag,
          elements: fc.array(arrivals, { minLength: 1, maxLength: most }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('watermark' as const), tag, by: fc.integer({ min: 1, max: 15 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), by: fc.integer({ min: 1, max: 8 }) }) },
    ),
    { maxLength: 24 },
  );
}

/** Small pipelines over test streams. In half of them elements come one by one, so that the order of all that happens is known. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 4))
  .chain(([tags, most]) =>
    fc.record({
      streams: fc.array(windowings, { minLength: tags, maxLength: tags }),
      unit: fc.constantFrom(1, 1, 3_600_000),
      events: events(tags, most),
      steps: fc.array(steps, { minLength: 1, maxLength: 7 }),
    }),
  );
