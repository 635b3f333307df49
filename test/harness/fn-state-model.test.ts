import fc from 'fast-check';
import {
  type BagState,
  type CombiningState,
  GlobalWindow,
  type MapState,
  type MultimapState,
  type OrderedListState,
  type SetState,
  type StatePayload,
  type ValueState,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { batchOf, combineFn, host } from './engine-cells.js';
import { FakeState } from './fake-state.js';

/** Does something to a cell and to its model, and answers what it has read of both, if anything. */
type Op<S, M> = (state: S, model: M) => readonly [found: unknown, expected: unknown] | undefined;

/*
 * Runs random operations on a cell of the engine's and on a plain model side by side, with the ends of bundles, other keys
 * and small pages in between; what is read must be the same all the time.
 */
function agrees<S, M>(declared: StatePayload, newModel: () => M, ...ops: readonly fc.Arbitrary<Op<S, M>>[]) {
  const command = fc.oneof(
    { weight: 6, arbitrary: fc.record({ op: fc.oneof(...ops), key: fc.constantFrom('a', 'b') }) },
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
          const read = each.op(state.cells.cell as S, models[each.key]!);
          if (read !== undefined) expect(read[0]).toEqual(read[1]);
        }
      }
    }),
    { numRuns: 150 },
  );
}

const small = fc.integer({ min: 0, max: 5 });

describe('a cell over an engine', () => {
  it('holds a value', () =>
    agrees<ValueState<unknown>, { value?: unknown }>(
      { kind: 'value', coderId: 'value' },
      () => ({}),
      small.map((n) => (state, model) => {
        state.write({ n });
        model.value = { n };
      }),
      fc.constant((state, model) => [state.read(), model.value]),
      fc.constant((state, model) => {
        state.clear();
        delete model.value;
      }),
    ));

  it('holds a bag', () =>
    agrees<BagState<unknown>, unknown[]>(
      { kind: 'bag', coderId: 'value' },
      () => [],
      small.map((n) => (state, model) => {
        state.add(`element ${n}`);
        model.push(`element ${n}`);
      }),
      fc.constant((state, model) => [[...state.read()], model]),
      fc.constant((state, model) => [state.isEmpty(), model.length === 0]),
      fc.constant((state, model) => {
        state.clear();
        model.length = 0;
      }),
    ));

  it('combines', () =>
    agrees<CombiningState<number, number>, { sum: number | undefined }>(
      { kind: 'combining', combineFn, accumulatorCoderId: 'value' },
      () => ({ sum: undefined }),
      small.map((n) => (state, model) => {
        state.add(n);
        model.sum = (model.sum ?? 0) + n;
      }),
      fc.constant((state, model) => [
        [state.read(), state.isEmpty()],
        [model.sum ?? 0, model.sum === undefined],
      ]),
      fc.constant((state, model) => {
        state.clear();
        model.sum = undefined;
      }),
    ));

  it('holds a map', () =>
    agrees<MapState<unknown, unknown>, Map<unknown, unknown>>(
      { kind: 'map', keyCoderId: 'key', coderId: 'value' },
      () => new Map(),
      fc.tuple(small, small).map(([k, v]) => (state, model) => {
        state.put(k, v === 0 ? undefined : v);
        model.set(k, v === 0 ? undefined : v);
      }),
      small.map((k) => (state, model) => {
        state.remove(k);
        model.delete(k);
      }),
      small.map((k) => (state, model) => [
        [state.get(k), state.has(k), state.isEmpty()],
        [model.get(k), model.has(k), model.size === 0],
      ]),
      fc.constant((state, model) => [
        [new Map(state.entries()), new Set(state.keys()), [...state.values()].length],
        [model, new Set(model.keys()), model.size],
      ]),
      fc.constant((state, model) => {
        state.clear();
        model.clear();
      }),
    ));

  it('holds a set', () =>
    agrees<SetState<unknown>, Set<unknown>>(
      { kind: 'set', coderId: 'key' },
      () => new Set(),
      small.map((n) => (state, model) => {
        state.add(`${n}`);
        model.add(`${n}`);
      }),
      small.map((n) => (state, model) => {
        state.remove(`${n}`);
        model.delete(`${n}`);
      }),
      small.map((n) => (state, model) => [
        [state.has(`${n}`), new Set(state.read()), state.isEmpty()],
        [model.has(`${n}`), model, model.size === 0],
      ]),
      fc.constant((state, model) => {
        state.clear();
        model.clear();
      }),
    ));

  it('holds a multimap', () =>
    agrees<MultimapState<unknown, unknown>, Map<unknown, unknown[]>>(
      { kind: 'multimap', keyCoderId: 'key', coderId: 'value' },
      () => new Map(),
      fc.tuple(small, small).map(([k, v]) => (state, model) => {
        state.put(k, v);
        model.set(k, [...(model.get(k) ?? []), v]);
      }),
      small.map((k) => (state, model) => {
        state.remove(k);
        model.delete(k);
      }),
      small.map((k) => (state, model) => [
        [[...state.get(k)], state.has(k), [...state.entries()].length, new Set(state.keys()), state.isEmpty()],
        [model.get(k) ?? [], model.has(k), [...model.values()].flat().length, new Set(model.keys()), model.size === 0],
      ]),
      fc.constant((state, model) => {
        state.clear();
        model.clear();
      }),
    ));

  it('holds a list in order', () =>
    agrees<OrderedListState<unknown>, { value: unknown; timestamp: number }[]>(
      { kind: 'orderedList', coderId: 'value' },
      () => [],
      fc.tuple(small, small).map(([value, timestamp]) => (state, model) => {
        state.add(value, timestamp);
        model.push({ value, timestamp });
        model.sort((a, b) => a.timestamp - b.timestamp);
      }),
      fc.tuple(small, small).map(([from, until]) => (state, model) => [
        [[...state.read()], [...state.readRange(from, until)], state.isEmpty()],
        [model, model.filter(({ timestamp: t }) => t >= from && t < until), model.length === 0],
      ]),
      fc.tuple(small, small).map(([from, until]) => (state, model) => {
        state.clearRange(from, until);
        const left = model.filter(({ timestamp: t }) => t < from || t >= until);
        model.splice(0, model.length, ...left);
      }),
    ));
});
