import { eventTimer, valueState } from 'millrace';
import { double, nullable, nullableCoder, row, rowCoder, string, varintCoder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { once } from '../shapes/cells.js';
import { pairs } from '../shapes/pairs.js';
import { sumByHand } from '../shapes/sum-by-hand.js';

const requires = ['state'] as const;

const withTimers = { requires: ['state', 'timers'] } as const;

export const stateOfAKey = conformanceCase((p) => {
  PAssert.that(sumByHand(pairs(p, ['a', 1], ['b', 10], ['a', 2], ['b', 20], ['c', 5]))).containsInAnyOrder([
    'a=3',
    'b=30',
    'c=5',
  ]);
}, withTimers);

export const stateOnlyWithoutTimers = conformanceCase(
  (p) => {
    const declared = { state: { seen: valueState<number>() } };
    const firsts = pairs(p, ['a', 1], ['a', 1], ['b', 2], ['a', 1], ['b', 2]).parDo<string, typeof declared>(
      'Firsts',
      () => ({
        process({ key, value }, { state, output }) {
          if (state.seen.read() === undefined) output(`${key}${value}`);
          state.seen.write(value);
        },
      }),
      declared,
    );
    PAssert.that(firsts).containsInAnyOrder(['a1', 'b2']);
  },
  { requires },
);

export const everyElementIsCountedOnce = conformanceCase(
  (p) => {
    const declared = { state: { count: valueState<number>() } };
    const counts = pairs(p, ...Array.from({ length: 60 }, (_, i) => [`k${i % 3}`, i] as const)).parDo<
      string,
      typeof declared
    >(
      'Counts',
      () => ({
        process({ key }, { state, output }) {
          const count = (state.count.read() ?? 0) + 1;
          state.count.write(count);
          output(`${key}:${count}`);
        },
      }),
      declared,
    );
    PAssert.that(counts).containsInAnyOrder(Array.from({ length: 60 }, (_, i) => `k${i % 3}:${Math.floor(i / 3) + 1}`));
  },
  { requires },
);

export const valueIsEmptyAtFirstAndWhenCleared = conformanceCase(
  (p) => {
    const seen = once(p, { state: { cell: valueState<number>() } }, ({ cell }) => {
      const before = cell.read();
      cell.write(0);
      const written = cell.read();
      cell.clear();
      return `${before} ${written} ${cell.read()}`;
    });
    PAssert.that(seen).containsInAnyOrder(['undefined 0 undefined']);
  },
  { requires },
);

export const valueOfAnyKind = conformanceCase(
  (p) => {
    const declared = { state: { cell: valueState<ReadonlyMap<string, readonly (number | null)[]>>() } };
    const seen = once(p, declared, ({ cell }) => {
      cell.write(new Map([['a', [1, null, -0.5]]]));
      return JSON.stringify([...cell.read()!]);
    });
    PAssert.that(seen).containsInAnyOrder(['[["a",[1,null,-0.5]]]']);
  },
  { requires },
);

export const valueWithACoderOfItsOwn = conformanceCase((p) => {
  const schema = row({ name: string(), weight: nullable(double()) });
  const declared = {
    state: {
      last: valueState({ coder: rowCoder(schema) }),
      count: valueState({ coder: nullableCoder(varintCoder()) }),
    },
    timers: { end: eventTimer() },
  };
  const seen = pairs(p, ['a', 1], ['a', 1], ['b', 2]).parDo<string, typeof declared>(
    'Rows',
    () => ({
      process({ key, value }, { state, timers, window }) {
        state.last.write({ name: key, weight: value === 1 ? null : value });
        state.count.write((state.count.read() ?? 0) + 1);
        timers.end.set(window.maxTimestamp);
      },
      onTimer: {
        end: ({ state, output }) => {
          const last = state.last.read()!;
          output(`${last.name} ${last.weight} ${state.count.read()}`);
        },
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['a null 2', 'b 2 1']);
}, withTimers);

export const stateThatExpiresStaysForItsTime = conformanceCase(
  (p) => {
    const declared = { state: { seen: valueState<number>({ ttl: 3_600_000 }) } };
    const firsts = pairs(p, ['a', 1], ['a', 1], ['b', 2]).parDo<string, typeof declared>(
      'Firsts',
      () => ({
        process({ key }, { state, output }) {
          if (state.seen.read() === undefined) output(key);
          state.seen.write(1);
        },
      }),
      declared,
    );
    PAssert.that(firsts).containsInAnyOrder(['a', 'b']);
  },
  { requires: ['state', 'stateTtl'] },
);
