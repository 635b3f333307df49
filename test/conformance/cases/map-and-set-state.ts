import { eventTimer, mapState, multimapState, setState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { list, once, sorted } from '../shapes/cells.js';
import { pairs } from '../shapes/pairs.js';

export const mapByItsKeys = conformanceCase(
  (p) => {
    const seen = once(p, { state: { map: mapState<string, number>() } }, ({ map }) => {
      const empty = map.isEmpty();
      map.put('x', 1);
      map.put('y', 2);
      map.put('x', 3);
      map.put('z', 4);
      map.remove('z');
      map.remove('never');
      const has = `${map.has('x')} ${map.has('z')} ${map.get('z')}`;
      const all = sorted([...map.entries()].map(([key, value]) => `${key}${value}`));
      return `${empty} ${map.isEmpty()} ${map.get('x')} ${has} ${all} ${sorted(map.keys())} ${sorted(map.values())}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true false 3 true false undefined x3 y2 x y 2 3']);
  },
  { requires: ['state', 'mapState'] },
);

export const mapOverManyElements = conformanceCase(
  (p) => {
    const declared = { state: { counts: mapState<number, number>() }, timers: { end: eventTimer() } };
    const seen = pairs(p, ['a', 1], ['a', 2], ['a', 1], ['b', 1], ['a', 1]).parDo<string, typeof declared>(
      'Counts',
      () => ({
        process({ value }, { state, timers, window }) {
          state.counts.put(value, (state.counts.get(value) ?? 0) + 1);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: {
          end: ({ key, state, output }) =>
            output(`${key} ${sorted([...state.counts.entries()].map(([value, count]) => `${value}:${count}`))}`),
        },
      }),
      declared,
    );
    PAssert.that(seen).containsInAnyOrder(['a 1:3 2:1', 'b 1:1']);
  },
  { requires: ['state', 'timers', 'mapState'] },
);

export const mapKeysAreEqualByTheirEncoding = conformanceCase(
  (p) => {
    const seen = once(p, { state: { map: mapState<{ a: number; b: string }, string>() } }, ({ map }) => {
      map.put({ a: 1, b: 'x' }, 'first');
      map.put({ b: 'x', a: 1 }, 'second');
      map.put({ a: 2, b: 'x' }, 'third');
      return `${[...map.keys()].length} ${map.get({ a: 1, b: 'x' })} ${map.has({ a: 3, b: 'x' })}`;
    });
    PAssert.that(seen).containsInAnyOrder(['2 second false']);
  },
  { requires: ['state', 'mapState'] },
);

export const mapCleared = conformanceCase(
  (p) => {
    const seen = once(p, { state: { map: mapState<string, number>() } }, ({ map }) => {
      map.put('x', 1);
      map.clear();
      const cleared = `${map.isEmpty()} ${map.has('x')} ${[...map.entries()].length}`;
      map.put('y', 2);
      return `${cleared} ${sorted(map.keys())}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true false 0 y']);
  },
  { requires: ['state', 'mapState'] },
);

export const setHoldsEachOnce = conformanceCase(
  (p) => {
    const seen = once(p, { state: { set: setState<number | string>() } }, ({ set }) => {
      const empty = set.isEmpty();
      for (const element of [1, 2, 1, '1', 3]) set.add(element);
      set.remove(3);
      const all = list([...set.read()].map((element) => JSON.stringify(element)).sort());
      return `${empty} ${set.isEmpty()} ${all} ${set.has(1)} ${set.has('1')} ${set.has(3)}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true false "1" 1 2 true true false']);
  },
  { requires: ['state', 'mapState'] },
);

export const setOfObjects = conformanceCase(
  (p) => {
    const declared = { state: { set: setState<{ id: number }>() }, timers: { end: eventTimer() } };
    const seen = pairs(p, ['a', 1], ['a', 2], ['a', 1], ['b', 1]).parDo<string, typeof declared>(
      'Distinct',
      () => ({
        process({ value }, { state, timers, window }) {
          state.set.add({ id: value });
          timers.end.set(window.maxTimestamp);
        },
        onTimer: {
          end: ({ key, state, output }) => output(`${key} ${sorted([...state.set.read()].map(({ id }) => id))}`),
        },
      }),
      declared,
    );
    PAssert.that(seen).containsInAnyOrder(['a 1 2', 'b 1']);
  },
  { requires: ['state', 'timers', 'mapState'] },
);

export const multimapHoldsSeveralToAKey = conformanceCase(
  (p) => {
    const seen = once(p, { state: { map: multimapState<string, number>() } }, ({ map }) => {
      const empty = map.isEmpty();
      map.put('x', 1);
      map.put('x', 1);
      map.put('y', 2);
      map.put('z', 3);
      map.remove('z');
      const all = sorted([...map.entries()].map(([key, value]) => `${key}${value}`));
      const found = `${sorted(map.get('x'))} ${list(map.get('z'))}`;
      return `${empty} ${map.isEmpty()} ${all} ${sorted(map.keys())} ${found} ${map.has('y')} ${map.has('z')}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true false x1 x1 y2 x y 1 1  true false']);
  },
  { requires: ['state', 'mapState'] },
);
