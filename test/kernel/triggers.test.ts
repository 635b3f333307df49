import fc from 'fast-check';
import type { TriggerSpec } from 'millrace';
import { describe, expect, it } from 'vitest';
import { TriggerMachine, type TriggerTime } from '#millrace/runners/kernel/index.js';
import { instantOf } from '#millrace/runners/kernel/triggers/simple-triggers.js';
import { isOver, isReady, type TriggerEvent } from './trigger-model.js';

const END = 20;

const transforms = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('delay' as const), delayMs: fc.integer({ min: 0, max: 8 }) }),
    fc.record({
      kind: fc.constant('alignTo' as const),
      periodMs: fc.integer({ min: 1, max: 7 }),
      offsetMs: fc.integer({ min: 0, max: 6 }),
    }),
  ),
  { maxLength: 2 },
);

const leaf: fc.Arbitrary<TriggerSpec> = fc.oneof(
  fc.constantFrom<TriggerSpec>(
    { kind: 'default' },
    { kind: 'always' },
    { kind: 'never' },
    { kind: 'afterEndOfWindow' },
    { kind: 'afterSynchronizedProcessingTime' },
  ),
  fc.record({ kind: fc.constant('elementCount' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('afterProcessingTime' as const), timestampTransforms: transforms }),
);

const { trigger } = fc.letrec<{ trigger: TriggerSpec }>((tie) => ({
  trigger: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('afterAll' as const, 'afterAny' as const, 'afterEach' as const),
      subtriggers: fc.array(tie('trigger'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('orFinally' as const), main: tie('trigger'), finally: tie('trigger') }),
    fc.record({ kind: fc.constant('repeat' as const), subtrigger: tie('trigger') }),
    fc.record(
      { kind: fc.constant('afterEndOfWindow' as const), earlyFirings: tie('trigger'), lateFirings: tie('trigger') },
      { requiredKeys: ['kind'] },
    ),
  ),
}));

type Step = 'element' | { readonly watermarkBy: number } | { readonly timeBy: number };

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>('element') },
    { weight: 1, arbitrary: fc.record({ watermarkBy: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 2, arbitrary: fc.record({ timeBy: fc.integer({ min: 1, max: 6 }) }) },
  ),
  { maxLength: 30 },
);

const advanced = (time: TriggerTime, step: Step): TriggerTime => {
  if (step === 'element') return time;
  if ('watermarkBy' in step) return { ...time, watermark: time.watermark + step.watermarkBy };
  return { ...time, now: time.now + step.timeBy };
};

describe('a trigger', () => {
  it.each([false, true])(
    'agrees with a model that reads all that has happened (for windows that merge: %s)',
    (merging) => {
      fc.assert(
        fc.property(trigger, steps, (spec, list) => {
          const machine = new TriggerMachine(spec, merging);
          const history: TriggerEvent[] = [];
          const state = machine.begin();
          let wasReady = machine.shouldFire(state, { watermark: 0, now: 100, windowEnd: END });
          let time: TriggerTime = { watermark: 0, now: 100, windowEnd: END };
          for (const step of list) {
            const before = time;
            const instant = machine.instantAfter(state, before.now);
            time = advanced(time, step);
            if (step === 'element') {
              history.push({ kind: 'element', time });
              machine.onElement(state, time);
            }
            const ready = machine.shouldFire(state, time);
            expect(ready).toBe(isReady(spec, history, time));
            if (!ready) {
              wasReady = false;
              continue;
            }
            if (step !== 'element' && !wasReady) {
              // Nothing becomes ready unless it was to be asked.
              if ('timeBy' in step) expect(instant).toBeLessThanOrEqual(time.now);
              else expect(machine.asksAtEnd && before.watermark <= END && time.watermark > END).toBe(true);
            }
            history.push({ kind: 'fire', time });
            machine.onFire(state, time);
            expect(machine.isFinished(state)).toBe(isOver(spec, history));
            if (machine.isFinished(state)) return;
            wasReady = machine.shouldFire(state, time);
          }
        }),
        { numRuns: 3_000 },
      );
    },
  );

  /** Kinds that remember nothing but the pane, so that windows that merge are one pane with the elements of all. */
  const ofPane = fc.letrec<{ pane: TriggerSpec }>((tie) => ({
    pane: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.record({
        kind: fc.constantFrom('afterAll' as const, 'afterAny' as const),
        subtriggers: fc.array(tie('pane'), { minLength: 1, maxLength: 3 }),
      }),
    ),
  })).pane;
  const mergeable: fc.Arbitrary<TriggerSpec> = fc.oneof(
    ofPane.map((subtrigger): TriggerSpec => ({ kind: 'repeat', subtrigger })),
    fc.record({ early: fc.option(ofPane), late: ofPane }).map(
      ({ early, late }): TriggerSpec => ({
        kind: 'afterEndOfWindow',
        ...(early !== null && { earlyFirings: early }),
        lateFirings: late,
      }),
    ),
  );

  it('of windows that merge sees the elements of all that have not fired', () => {
    const merge = fc.record({ mergeOf: fc.tuple(fc.nat(2), fc.nat(2)), longerBy: fc.nat(15) });
    const element = fc.record({ elementOf: fc.nat(2) });
    const onwards = fc.record({ watermarkBy: fc.nat(8), timeBy: fc.nat(4) });
    const script = fc.array(fc.oneof({ weight: 3, arbitrary: element }, merge, onwards), { maxLength: 30 });
    fc.assert(
      fc.property(mergeable, script, (spec, list) => {
        const machine = new TriggerMachine(spec, true);
        /** Of the model: the elements since the last firing, and whether the window has fired after its end. */
        interface Window {
          state: number[];
          end: number;
          pane: TriggerEvent[];
          isLate: boolean;
        }
        const windows: Window[] = [0, 1, 2].map((i) => ({
          state: machine.begin(),
          end: 10 + i,
          pane: [],
          isLate: false,
        }));
        let watermark = 0;
        let now = 100;
        const at = ({ end }: Window): TriggerTime => ({ watermark, now, windowEnd: end });
        const modelReady = (window: Window): boolean => {
          const { pane, isLate } = window;
          if (spec.kind === 'repeat') return isReady(spec.subtrigger, pane, at(window));
          if (spec.kind !== 'afterEndOfWindow') return false;
          const firings = isLate ? spec.lateFirings : spec.earlyFirings;
          const isDue = !isLate && watermark > window.end;
          return isDue || (firings !== undefined && isReady(firings, pane, at(window)));
        };
        for (const step of list) {
          if ('elementOf' in step) {
            const window = windows[step.elementOf % windows.length]!;
            window.pane.push({ kind: 'element', time: at(window) });
            machine.onElement(window.state, at(window));
          } else if ('mergeOf' in step) {
            const [a, b] = step.mergeOf.map((i) => windows[i % windows.length]!) as [Window, Window];
            if (a === b) continue;
            a.end = Math.max(a.end, b.end) + step.longerBy;
            a.isLate = a.isLate && b.isLate && watermark > a.end;
            a.pane = [...a.pane, ...b.pane].sort((x, y) => x.time.now - y.time.now);
            a.state = machine.merge([a.state, b.state], at(a));
            windows.splice(windows.indexOf(b), 1);
          } else {
            watermark += step.watermarkBy;
            now += step.timeBy;
          }
          for (const window of windows) {
            const ready = machine.shouldFire(window.state, at(window));
            expect(ready).toBe(modelReady(window));
            if (!ready) continue;
            machine.onFire(window.state, at(window));
            window.pane = [];
            window.isLate = watermark > window.end;
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  const count = (n: number): TriggerSpec => ({ kind: 'elementCount', count: n });
  const time: TriggerTime = { watermark: 0, now: 0, windowEnd: END };

  it('that takes turns goes on where one of the merged windows was, and what had not begun has not', () => {
    const machine = new TriggerMachine({ kind: 'afterEach', subtriggers: [count(2), count(3)] }, true);
    const further = machine.begin();
    const behind = machine.begin();
    for (let i = 0; i < 2; i++) machine.onElement(further, time);
    machine.onFire(further, time);
    machine.onElement(further, time);
    machine.onElement(behind, time);
    const merged = machine.merge([further, behind], time);
    expect(machine.shouldFire(merged, time)).toBe(false);
    machine.onElement(merged, time);
    expect(machine.shouldFire(merged, time)).toBe(true);
    machine.onFire(merged, time);
    expect(machine.isFinished(merged)).toBe(true);
  });

  it('has its end before it again when its window comes to reach beyond the watermark', () => {
    const machine = new TriggerMachine({ kind: 'afterEndOfWindow', lateFirings: count(5) }, true);
    const state = machine.begin();
    machine.onElement(state, time);
    const past = { ...time, watermark: END + 1 };
    machine.onFire(state, past);
    machine.onElement(state, past);
    expect(machine.shouldFire(state, past)).toBe(false);
    const longer = { ...past, windowEnd: END + 10 };
    const merged = machine.merge([state], longer);
    expect(machine.shouldFire(merged, longer)).toBe(false);
    expect(machine.shouldFire(merged, { ...longer, watermark: END + 11 })).toBe(true);
  });

  it('waits in a merged window for the earliest of the instants', () => {
    const wait = (delayMs: number): TriggerSpec => ({
      kind: 'afterProcessingTime',
      timestampTransforms: [{ kind: 'delay', delayMs }],
    });
    const machine = new TriggerMachine({ kind: 'repeat', subtrigger: wait(10) }, true);
    const states = [3, 1, 2].map((now) => {
      const state = machine.begin();
      machine.onElement(state, { ...time, now });
      return state;
    });
    const merged = machine.merge(states, { ...time, now: 4 });
    expect(machine.instantAfter(merged, 4)).toBe(11);
    expect(machine.shouldFire(merged, { ...time, now: 11 })).toBe(true);
  });
});

describe('an instant of processing time', () => {
  it.each([
    [7, [], 7],
    [7, [{ kind: 'delay', delayMs: 5 }], 12],
    [7, [{ kind: 'alignTo', periodMs: 10, offsetMs: 0 }], 10],
    [10, [{ kind: 'alignTo', periodMs: 10, offsetMs: 0 }], 10],
    [11, [{ kind: 'alignTo', periodMs: 10, offsetMs: 3 }], 13],
    [1, [{ kind: 'alignTo', periodMs: 10, offsetMs: 3 }], 3],
    [-4, [{ kind: 'alignTo', periodMs: 10, offsetMs: 3 }], 3],
    [
      7,
      [
        { kind: 'delay', delayMs: 5 },
        { kind: 'alignTo', periodMs: 10, offsetMs: 0 },
      ],
      20,
    ],
  ] as const)('%d after %j is %d', (arrival, list, instant) => {
    expect(instantOf(arrival, list)).toBe(instant);
  });
});
