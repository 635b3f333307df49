import { bagState, combiningState, eventTimer, fixedWindows, slidingWindows, sum, valueState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { list, once, sorted } from '../shapes/cells.js';
import { pairs } from '../shapes/pairs.js';
import { sumByHand } from '../shapes/sum-by-hand.js';

const requires = ['state'] as const;

const withTimers = { requires: ['state', 'timers'] } as const;

export const stateOfStepsIsApart = conformanceCase((p) => {
  const input = pairs(p, ['a', 1], ['a', 2]);
  PAssert.that('left', sumByHand(input, 'Left')).containsInAnyOrder(['a=3']);
  const twice = input.map('Twice', ({ key, value }) => ({ key, value: value * 2 }));
  PAssert.that('right', sumByHand(twice, 'Right')).containsInAnyOrder(['a=6']);
}, withTimers);

export const stateOfCellsIsApart = conformanceCase(
  (p) => {
    const declared = { state: { one: valueState<number>(), other: valueState<number>(), bag: bagState<number>() } };
    const seen = once(p, declared, ({ one, other, bag }) => {
      one.write(1);
      bag.add(2);
      const before = `${one.read()} ${other.read()} ${list(bag.read())}`;
      one.clear();
      other.write(3);
      return `${before} ${one.read()} ${other.read()} ${list(bag.read())}`;
    });
    PAssert.that(seen).containsInAnyOrder(['1 undefined 2 undefined 3 2']);
  },
  { requires },
);

export const stateOfWindowsIsApart = conformanceCase((p) => {
  const input = pairs(p, ['a', 1, 1], ['a', 2, 9], ['a', 4, 10], ['b', 8, 3]).windowInto(fixedWindows(10));
  PAssert.that(sumByHand(input)).containsInAnyOrder(['a=3[0,10)', 'a=4[10,20)', 'b=8[0,10)']);
}, withTimers);

export const stateOfSlidingWindowsIsApart = conformanceCase((p) => {
  const input = pairs(p, ['a', 1, 7], ['a', 2, 12]).windowInto(slidingWindows(10, 5));
  PAssert.that(sumByHand(input)).containsInAnyOrder(['a=1[0,10)', 'a=3[5,15)', 'a=2[10,20)']);
}, withTimers);

export const processIsCalledForEachWindow = conformanceCase(
  (p) => {
    const declared = { state: { seen: valueState<number>() } };
    const seen = pairs(p, ['a', 1, 7])
      .windowInto(slidingWindows(10, 5))
      .parDo<string, typeof declared>(
        'Each',
        () => ({
          process({ key }, { state, window, output }) {
            output(`${key}[${window.start},${window.end}) ${state.seen.read()}`);
            state.seen.write(1);
          },
        }),
        declared,
      );
    PAssert.that(seen).containsInAnyOrder(['a[0,10) undefined', 'a[5,15) undefined']);
  },
  { requires },
);

export const stateByKeysThatAreObjects = conformanceCase((p) => {
  const declared = { state: { sum: valueState<number>() }, timers: { end: eventTimer() } };
  const seen = p
    .create('Numbers', [1, 2, 3, 4, 5])
    .keyBy('Parity', (n) => ({ odd: n % 2 === 1, list: [n % 2] }))
    .parDo<string, typeof declared>(
      'Sums',
      () => ({
        process({ value }, { state, timers, window }) {
          state.sum.write((state.sum.read() ?? 0) + value);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: {
          end: ({ key, state, output }) => {
            const { odd, list } = key as { readonly odd: boolean; readonly list: readonly number[] };
            output(`${odd} ${list.join()} ${state.sum.read()}`);
          },
        },
      }),
      declared,
    );
  PAssert.that(seen).containsInAnyOrder(['true 1 9', 'false 0 6']);
}, withTimers);

export const stateOfManyKeys = conformanceCase((p) => {
  const declared = { state: { sum: combiningState(sum()) }, timers: { end: eventTimer() } };
  const sums = p
    .create(
      'Numbers',
      Array.from({ length: 3_000 }, (_, i) => i),
    )
    .keyBy('Rest', (n) => n % 1_000)
    .parDo<number, typeof declared>(
      'Sums',
      () => ({
        process({ value }, { state, timers, window }) {
          state.sum.add(value);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: { end: ({ state, output }) => output(state.sum.read()) },
      }),
      declared,
    );
  PAssert.that(sums).containsInAnyOrder(Array.from({ length: 1_000 }, (_, i) => 3 * i + 3_000));
}, withTimers);

export const stateOfLargeValues = conformanceCase((p) => {
  const declared = { state: { text: valueState<string>(), bag: bagState<string>() }, timers: { end: eventTimer() } };
  const lengths = pairs(p, ['a', 1], ['b', 2], ['a', 3]).parDo<string, typeof declared>(
    'Large',
    () => ({
      process({ value }, { state, timers, window }) {
        state.text.write('x'.repeat(1_000_000));
        state.bag.add(String(value).repeat(500_000));
        timers.end.set(window.maxTimestamp);
      },
      onTimer: {
        end: ({ key, state, output }) =>
          output(`${key} ${state.text.read()!.length} ${sorted([...state.bag.read()].map((text) => text.length))}`),
      },
    }),
    declared,
  );
  PAssert.that(lengths).containsInAnyOrder(['a 1000000 500000 500000', 'b 1000000 500000']);
}, withTimers);
