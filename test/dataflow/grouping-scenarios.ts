import fc from 'fast-check';
import { fixedWindows, sessionWindows, slidingWindows, type TriggerSpec } from 'millrace';
import { count, delay, repeat } from '../kernel/trigger-specs.js';
import type { Form, Scenario } from './grouping-run.js';

const triggers = fc.constantFrom<TriggerSpec>(
  { kind: 'default' },
  { kind: 'never' },
  count(3),
  repeat(count(3)),
  repeat(delay(5)),
  repeat({ kind: 'afterAll', subtriggers: [count(2), delay(4)] }),
  { kind: 'afterEndOfWindow', earlyFirings: delay(3), lateFirings: count(2) },
  { kind: 'afterEach', subtriggers: [count(2), delay(4), repeat(count(2))] },
  { kind: 'orFinally', main: repeat(count(2)), finally: count(5) },
);

const fixed = fc.integer({ min: 1, max: 15 }).map((size) => fixedWindows(size));

const sliding = fc
  .tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 10 }))
  .map(([size, period]) => slidingWindows(size, period));

const sessions = fc.integer({ min: 1, max: 10 }).map((gap) => sessionWindows(gap));

const byDefault = fc.constant<TriggerSpec>({ kind: 'default' });

const forms: Readonly<Record<Form, Pick<Scenarios, 'windowFn' | 'trigger' | 'latenessMs' | 'outputTime'>>> = {
  slice: {
    windowFn: sliding,
    trigger: byDefault,
    latenessMs: fc.constant(0),
    outputTime: fc.constant('END_OF_WINDOW'),
  },
  window: {
    windowFn: fc.oneof(fixed, sliding),
    trigger: byDefault,
    latenessMs: fc.constantFrom(0, 3, 20),
    outputTime: fc.constant('END_OF_WINDOW'),
  },
  session: {
    windowFn: sessions,
    trigger: byDefault,
    latenessMs: fc.constantFrom(0, 3, 20),
    outputTime: fc.constant('END_OF_WINDOW'),
  },
  trigger: {
    windowFn: fc.oneof(fixed, sliding, sessions),
    trigger: triggers,
    latenessMs: fc.constantFrom(0, 3, 20),
    outputTime: fc.constantFrom('END_OF_WINDOW', 'EARLIEST_IN_PANE', 'LATEST_IN_PANE'),
  },
};

type Scenarios = { [K in keyof Scenario]: fc.Arbitrary<Scenario[K]> };

export const scenarios = (form: Form): fc.Arbitrary<Scenario> =>
  fc.record<Scenario>({
    form: fc.constant(form),
    ...forms[form],
    accumulating: fc.boolean(),
    combine: fc.constantFrom('collect' as const, 'struct' as const),
    events: fc.array(
      fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({
            key: fc.constantFrom('a', 'b', 'c', 'd', 'ü'),
            after: fc.integer({ min: -20, max: 20 }),
          }),
        },
        { weight: 2, arbitrary: fc.record({ watermarkBy: fc.integer({ min: 1, max: 12 }) }) },
        { weight: 1, arbitrary: fc.record({ timeBy: fc.integer({ min: 1, max: 6 }) }) },
      ),
      { maxLength: 40 },
    ),
  });

export const cuts = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: 40 }), owners: fc.constantFrom(1 as const, 2 as const) }),
  {
    minLength: 1,
    maxLength: 3,
  },
);
