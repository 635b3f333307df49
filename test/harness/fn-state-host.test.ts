import fc from 'fast-check';
import {
  type BagState,
  type BoundedWindow,
  type CoderSpec,
  type CombineFn,
  type CombiningState,
  GlobalWindow,
  IntervalWindow,
  type MapState,
  MILLRACE_CODER,
  MILLRACE_COMBINE_FN,
  type MultimapState,
  NO_FIRING_PANE,
  type OrderedListState,
  type SetState,
  type StatePayload,
  type ValueState,
} from 'millrace';
import {
  BytesSource,
  coderFromSpec,
  deterministicValueCoder,
  globalWindowCoder,
  intervalWindowCoder,
  type Timer,
  timerCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { EXPIRATION_FAMILY } from '#millrace/runners/beam/par-do.js';
import { storedState } from '#millrace/runners/beam/stored-state.js';
import { type CellSpec, FnStateHost, type FnStateOptions } from '#millrace/runners/harness/fn-state-host.js';
import { Batch } from '#millrace/runners/kernel/index.js';
import { FakeState } from './fake-state.js';

const SUM: CombineFn<number, { total: number }, number> = {
  createAccumulator: () => ({ total: 0 }),
  addInput(accumulator, input) {
    accumulator.total += input;
    return accumulator;
  },
  mergeAccumulators(accumulator, { total }) {
    accumulator.total += total;
    return accumulator;
  },
  extractOutput: ({ total }) => total,
};
const CODERS: Record<string, CoderSpec> = {
  value: { spec: { urn: MILLRACE_CODER.value } },
  key: { spec: { urn: MILLRACE_CODER.key } },
};
const combineFn = { urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn: { kind: 'inline', token: 't' } } };

/** A cell as it comes out of the preparation of a plan. */
function cell(declared: StatePayload): CellSpec {
  const coders = { ...CODERS };
  const stored = storedState(declared, 'cell', coders);
  const coder = coderFromSpec(stored.kind === 'combining' ? stored.accumulatorCoderId : stored.coderId, coders);
  const elementCoder = declared.ttlMs === undefined ? coder : coder.components[1]!;
  return {
    declared,
    coder,
    elementCoder,
    ttlMs: declared.ttlMs,
    combineFn: () => SUM as CombineFn<unknown, unknown, unknown>,
  };
}

const TIMERS = timerCoder(deterministicValueCoder(), globalWindowCoder());

function host(engine: FakeState, cells: Record<string, StatePayload>, options: Partial<FnStateOptions> = {}) {
  const timers: Timer<unknown>[] = [];
  const made = new FnStateHost({
    transformId: 'step',
    keyCoder: deterministicValueCoder(),
    windowCoder: globalWindowCoder(),
    cells: Object.fromEntries(Object.entries(cells).map(([id, declared]) => [id, cell(declared)])),
    timers: new Map([
      ['later', { coder: TIMERS, timeDomain: 'EVENT_TIME' }],
      [EXPIRATION_FAMILY, { coder: TIMERS, timeDomain: 'EVENT_TIME' }],
    ]),
    service: engine,
    sendTimers: (_, bytes) => {
      const source = new BytesSource(bytes);
      while (source.remaining > 0) timers.push(TIMERS.decode(source, true));
    },
    now: () => 0,
    ...options,
  });
  return { host: made, timers };
}

const batchOf = (...keys: readonly unknown[]): Batch => {
  const batch = new Batch(false, keys.length);
  for (const key of keys) batch.append({ key, value: 0 }, 0, GlobalWindow.INSTANCE, NO_FIRING_PANE);
  return batch;
};

/*
 * Runs random operations on a cell of the engine's and on a plain model side by side, with the ends of bundles, other keys
 * and small pages in between; what is read must be the same all the time.
 */
function agrees<S, M>(declared: StatePayload, newModel: () => M, op: fc.Arbitrary<(state: S, model: M) => unknown[]>) {
  const command = fc.oneof(
    { weight: 6, arbitrary: fc.record({ op, key: fc.constantFrom('a', 'b') }) },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
    { weight: 1, arbitrary: fc.constant('prefetch' as const) },
  );
  return fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(command, { maxLength: 60 }), async (page, commands) => {
      const engine = new FakeState(page);
      const { host: state } = host(engine, { cell: declared });
      const models: Record<string, M> = { a: newModel(), b: newModel() };
      for (const each of commands) {
        if (each === 'flush') await state.flush();
        else if (each === 'prefetch') await state.prefetch(batchOf('a', 'b', 'a'));
        else {
          state.select(each.key, GlobalWindow.INSTANCE);
          const [found, expected] = each.op(state.cells.cell as S, models[each.key]!);
          expect(found).toEqual(expected);
        }
      }
    }),
    { numRuns: 150 },
  );
}

const small = fc.integer({ min: 0, max: 5 });
const NOTHING = [undefined, undefined];

describe('a cell over an engine', () => {
  it('holds a value', () =>
    agrees<ValueState<unknown>, { value?: unknown }>(
      { kind: 'value', coderId: 'value' },
      () => ({}),
      fc.oneof(
        small.map((n) => (state: ValueState<unknown>, model: { value?: unknown }) => {
          state.write({ n });
          model.value = { n };
          return NOTHING;
        }),
        fc.constant((state: ValueState<unknown>, model: { value?: unknown }) => [state.read(), model.value]),
        fc.constant((state: ValueState<unknown>, model: { value?: unknown }) => {
          state.clear();
          delete model.value;
          return NOTHING;
        }),
      ),
    ));

  it('holds a bag', () =>
    agrees<BagState<unknown>, unknown[]>(
      { kind: 'bag', coderId: 'value' },
      () => [],
      fc.oneof(
        small.map((n) => (state: BagState<unknown>, model: unknown[]) => {
          state.add(`element ${n}`);
          model.push(`element ${n}`);
          return NOTHING;
        }),
        fc.constant((state: BagState<unknown>, model: unknown[]) => [[...state.read()], model]),
        fc.constant((state: BagState<unknown>, model: unknown[]) => [state.isEmpty(), model.length === 0]),
        fc.constant((state: BagState<unknown>, model: unknown[]) => {
          state.clear();
          model.length = 0;
          return NOTHING;
        }),
      ),
    ));

  it('combines', () =>
    agrees<CombiningState<number, number>, { sum: number | undefined }>(
      { kind: 'combining', combineFn, accumulatorCoderId: 'value' },
      () => ({ sum: undefined }),
      fc.oneof(
        small.map((n) => (state: CombiningState<number, number>, model: { sum: number | undefined }) => {
          state.add(n);
          model.sum = (model.sum ?? 0) + n;
          return NOTHING;
        }),
        fc.constant((state: CombiningState<number, number>, model: { sum: number | undefined }) => [
          [state.read(), state.isEmpty()],
          [model.sum ?? 0, model.sum === undefined],
        ]),
        fc.constant((state: CombiningState<number, number>, model: { sum: number | undefined }) => {
          state.clear();
          model.sum = undefined;
          return NOTHING;
        }),
      ),
    ));

  it('holds a map', () =>
    agrees<MapState<unknown, unknown>, Map<unknown, unknown>>(
      { kind: 'map', keyCoderId: 'key', coderId: 'value' },
      () => new Map(),
      fc.oneof(
        fc.tuple(small, small).map(([k, v]) => (state: MapState<unknown, unknown>, model: Map<unknown, unknown>) => {
          state.put(k, v === 0 ? undefined : v);
          model.set(k, v === 0 ? undefined : v);
          return NOTHING;
        }),
        small.map((k) => (state: MapState<unknown, unknown>, model: Map<unknown, unknown>) => {
          state.remove(k);
          model.delete(k);
          return NOTHING;
        }),
        small.map((k) => (state: MapState<unknown, unknown>, model: Map<unknown, unknown>) => [
          [state.get(k), state.has(k), state.isEmpty()],
          [model.get(k), model.has(k), model.size === 0],
        ]),
        fc.constant((state: MapState<unknown, unknown>, model: Map<unknown, unknown>) => [
          [new Map(state.entries()), new Set(state.keys()), [...state.values()].length],
          [model, new Set(model.keys()), model.size],
        ]),
        fc.constant((state: MapState<unknown, unknown>, model: Map<unknown, unknown>) => {
          state.clear();
          model.clear();
          return NOTHING;
        }),
      ),
    ));

  it('holds a set', () =>
    agrees<SetState<unknown>, Set<unknown>>(
      { kind: 'set', coderId: 'key' },
      () => new Set(),
      fc.oneof(
        small.map((n) => (state: SetState<unknown>, model: Set<unknown>) => {
          state.add(`${n}`);
          model.add(`${n}`);
          return NOTHING;
        }),
        small.map((n) => (state: SetState<unknown>, model: Set<unknown>) => {
          state.remove(`${n}`);
          model.delete(`${n}`);
          return NOTHING;
        }),
        small.map((n) => (state: SetState<unknown>, model: Set<unknown>) => [
          [state.has(`${n}`), new Set(state.read()), state.isEmpty()],
          [model.has(`${n}`), model, model.size === 0],
        ]),
        fc.constant((state: SetState<unknown>, model: Set<unknown>) => {
          state.clear();
          model.clear();
          return NOTHING;
        }),
      ),
    ));

  it('holds a multimap', () =>
    agrees<MultimapState<unknown, unknown>, Map<unknown, unknown[]>>(
      { kind: 'multimap', keyCoderId: 'key', coderId: 'value' },
      () => new Map(),
      fc.oneof(
        fc
          .tuple(small, small)
          .map(([k, v]) => (state: MultimapState<unknown, unknown>, model: Map<unknown, unknown[]>) => {
            state.put(k, v);
            model.set(k, [...(model.get(k) ?? []), v]);
            return NOTHING;
          }),
        small.map((k) => (state: MultimapState<unknown, unknown>, model: Map<unknown, unknown[]>) => {
          state.remove(k);
          model.delete(k);
          return NOTHING;
        }),
        small.map((k) => (state: MultimapState<unknown, unknown>, model: Map<unknown, unknown[]>) => [
          [[...state.get(k)], state.has(k), [...state.entries()].length, new Set(state.keys()), state.isEmpty()],
          [
            model.get(k) ?? [],
            model.has(k),
            [...model.values()].flat().length,
            new Set(model.keys()),
            model.size === 0,
          ],
        ]),
        fc.constant((state: MultimapState<unknown, unknown>, model: Map<unknown, unknown[]>) => {
          state.clear();
          model.clear();
          return NOTHING;
        }),
      ),
    ));

  it('holds a list in order', () =>
    agrees<OrderedListState<unknown>, { value: unknown; timestamp: number }[]>(
      { kind: 'orderedList', coderId: 'value' },
      () => [],
      fc.oneof(
        fc.tuple(small, small).map(([value, timestamp]) => (state: OrderedListState<unknown>, model: never) => {
          const list = model as { value: unknown; timestamp: number }[];
          state.add(value, timestamp);
          list.push({ value, timestamp });
          list.sort((a, b) => a.timestamp - b.timestamp);
          return NOTHING;
        }) as fc.Arbitrary<(s: OrderedListState<unknown>, m: { value: unknown; timestamp: number }[]) => unknown[]>,
        fc.tuple(small, small).map(([from, until]) => (state, model) => [
          [[...state.read()], [...state.readRange(from, until)], state.isEmpty()],
          [model, model.filter(({ timestamp: t }) => t >= from && t < until), model.length === 0],
        ]) as fc.Arbitrary<(s: OrderedListState<unknown>, m: { value: unknown; timestamp: number }[]) => unknown[]>,
        fc.tuple(small, small).map(([from, until]) => (state, model) => {
          state.clearRange(from, until);
          const left = model.filter(({ timestamp: t }) => t < from || t >= until);
          model.splice(0, model.length, ...left);
          return NOTHING;
        }) as fc.Arbitrary<(s: OrderedListState<unknown>, m: { value: unknown; timestamp: number }[]) => unknown[]>,
      ),
    ));

  it('keeps keys and windows apart, and equal ones together', async () => {
    const engine = new FakeState();
    const { host: state } = host(
      engine,
      { cell: { kind: 'value', coderId: 'value' } },
      { windowCoder: intervalWindowCoder() as never },
    );
    const value = state.cells.cell as ValueState<unknown>;
    const at = (key: unknown, window: BoundedWindow) => {
      state.select(key, window);
      return value;
    };
    at('k', new IntervalWindow(0, 10)).write(1);
    at('k', new IntervalWindow(10, 20)).write(2);
    at(['k'], new IntervalWindow(0, 10)).write(3);
    await state.flush();
    expect(at('k', new IntervalWindow(0, 10)).read()).toBe(1);
    expect(at('k', new IntervalWindow(10, 20)).read()).toBe(2);
    expect(at(['k'], new IntervalWindow(0, 10)).read()).toBe(3);
    expect(at('other', new IntervalWindow(0, 10)).read()).toBeUndefined();
  });

  it('fetches what a batch is going to need at one go', async () => {
    const engine = new FakeState();
    const { host: state } = host(engine, {
      last: { kind: 'value', coderId: 'value' },
      by: { kind: 'map', keyCoderId: 'key', coderId: 'value' },
      all: { kind: 'bag', coderId: 'value' },
    });
    await state.prefetch(batchOf('a', 'b', 'a'));
    expect(engine.asked.map((calls) => calls.length)).toEqual([4]);
    for (const key of ['a', 'b']) {
      state.select(key, GlobalWindow.INSTANCE);
      (state.cells.last as ValueState<unknown>).read();
      (state.cells.by as MapState<unknown, unknown>).get('x');
      (state.cells.all as BagState<unknown>).add(1);
    }
    expect(engine.waits).toBe(0);
    // Bags are mostly written only; once one was read they are fetched ahead too.
    expect([...(state.cells.all as BagState<unknown>).read()]).toEqual([1]);
    expect(engine.waits).toBe(1);
    await state.flush();
    await state.prefetch(batchOf('a', 'b'));
    expect(engine.asked.at(-1)).toHaveLength(6);
  });

  it('does not let the log of a map grow beyond what it says', async () => {
    const engine = new FakeState();
    const { host: state } = host(engine, { cell: { kind: 'map', keyCoderId: 'key', coderId: 'value' } });
    const map = state.cells.cell as MapState<unknown, unknown>;
    for (let bundle = 0; bundle < 50; bundle++) {
      state.select('k', GlobalWindow.INSTANCE);
      for (let i = 0; i < 20; i++) map.put(i % 4, bundle);
      await state.flush();
    }
    expect(engine.bytes).toBeLessThan(1_000);
    state.select('k', GlobalWindow.INSTANCE);
    expect(new Map(map.entries())).toEqual(new Map([0, 1, 2, 3].map((k) => [k, 49])));
  });

  it('gives a cell up that was not written for its time to live', async () => {
    const engine = new FakeState();
    let now = 1_000;
    const declared = { kind: 'bag', coderId: 'value', ttlMs: 100 } as const;
    const { host: state } = host(engine, { cell: declared }, { now: () => now });
    const bag = state.cells.cell as BagState<unknown>;
    const read = () => {
      state.select('k', GlobalWindow.INSTANCE);
      return [...bag.read()];
    };
    state.select('k', GlobalWindow.INSTANCE);
    bag.add(1);
    await state.flush();
    now = 1_099;
    expect(read()).toEqual([1]);
    bag.add(2);
    await state.flush();
    now = 1_198;
    expect(read()).toEqual([1, 2]);
    now = 1_199;
    expect(read()).toEqual([]);
    bag.add(3);
    await state.flush();
    expect(read()).toEqual([3]);
  });

  it('says who touches a cell when no key is there', () => {
    const { host: state } = host(new FakeState(), { cell: { kind: 'value', coderId: 'value' } });
    state.select('k', GlobalWindow.INSTANCE);
    const { read } = state.cells.cell as ValueState<unknown>;
    state.leave();
    expect(() => read.call(state.cells.cell)).toThrow(expect.objectContaining({ code: 'STATE_OUTSIDE_CALL' }));
  });
});

describe('timers over an engine', () => {
  const set = (tag: string, fireTimestamp: number): Timer<unknown> => ({
    userKey: 'k',
    dynamicTimerTag: tag,
    windows: GlobalWindow.INSTANCE,
    clearBit: false,
    fireTimestamp,
    holdTimestamp: fireTimestamp,
    pane: NO_FIRING_PANE,
  });

  it('go out once, as they were left', async () => {
    const { host: state, timers } = host(new FakeState(), {});
    state.select('k', GlobalWindow.INSTANCE);
    state.setTimer('later', 'a', 10, 5);
    state.setTimer('later', 'a', 20, 6);
    state.setTimer('later', 'b', 30, 7);
    state.clearTimer('later', 'b');
    await state.flush();
    await state.flush();
    expect(timers).toEqual([
      { ...set('a', 20), holdTimestamp: 6 },
      { userKey: 'k', dynamicTimerTag: 'b', windows: GlobalWindow.INSTANCE, clearBit: true },
    ]);
  });

  it('do not fire when the bundle has cleared them or set them anew', () => {
    const { host: state } = host(new FakeState(), {});
    state.select('k', GlobalWindow.INSTANCE);
    state.clearTimer('later', 'cleared');
    state.setTimer('later', 'moved', 50, 50);
    state.setTimer('later', 'same', 10, 10);
    const due = (tag: string) => [...state.due('later', set(tag, 10))].map(({ tag: fired }) => fired);
    expect(['cleared', 'moved', 'same', 'other'].flatMap(due)).toEqual(['same', 'other']);
  });

  it('do not fire where an engine makes one of what was cleared', () => {
    const { host: state } = host(new FakeState(), {});
    // Prism 2.77 fires a timer in processing time at once when it is cleared, with an empty pane.
    const pane = { timing: 'EARLY', isFirst: false, isLast: false, index: 0, nonSpeculativeIndex: -1 } as const;
    expect([...state.due('later', { ...set('x', 0), pane } as Timer<unknown>)]).toEqual([]);
  });

  it('tell of the end of a window, behind what is still to fire in it', async () => {
    const engine = new FakeState();
    const { host: state, timers } = host(
      engine,
      { cell: { kind: 'value', coderId: 'value' } },
      { expiration: (window) => window.maxTimestamp },
    );
    const value = state.cells.cell as ValueState<unknown>;
    state.select('k', GlobalWindow.INSTANCE);
    value.write(1);
    await state.flush();
    const end = GlobalWindow.INSTANCE.maxTimestamp;
    expect(timers.splice(0)).toEqual([set('', end)]);

    // The end has come, and a timer that fires before it in the same bundle sets another one.
    expect([...state.due(EXPIRATION_FAMILY, set('', end))]).toHaveLength(1);
    state.select('k', GlobalWindow.INSTANCE);
    state.setTimer('later', '', end, end);
    const ends: unknown[] = [];
    state.expire('k', GlobalWindow.INSTANCE, () => ends.push(value.read()));
    expect(ends).toEqual([]);
    await state.flush();
    expect(timers.splice(0).map(({ dynamicTimerTag }) => dynamicTimerTag)).toHaveLength(2);

    state.expire('k', GlobalWindow.INSTANCE, () => ends.push(value.read()));
    await state.flush();
    expect(ends).toEqual([1]);
    expect(timers).toEqual([]);
    expect(engine.bytes).toBe(0);
  });
});
