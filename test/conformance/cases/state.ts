import {
  asSingleton,
  bagState,
  combiningState,
  type DoFn,
  eventTimer,
  fixedWindows,
  type KV,
  mapState,
  mean,
  multimapState,
  orderedListState,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  type StateSpec,
  setState,
  slidingWindows,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import { double, nullable, nullableCoder, row, rowCoder, string, varintCoder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

type Pair = KV<string, number>;

/** Pairs, at the instants 0, 1, 2 … unless each says when. */
function pairs(p: Pipeline, ...elements: readonly (readonly [key: string, value: number, at?: number])[]) {
  return p.create<Pair>(
    'Pairs',
    elements.map(([key, value]) => ({ key, value })),
    { timestamps: elements.map(([, , at], i) => at ?? i) },
  );
}

const requires = ['state'] as const;
const withTimers = { requires: ['state', 'timers'] } as const;

/** Runs `work` once for the only element that there is. */
function once<S extends { readonly [id: string]: StateSpec }>(
  p: Pipeline,
  declared: { readonly state: S },
  work: (state: ProcessContext<string, { readonly state: S }>['state']) => string,
): PCollection<string> {
  return pairs(p, ['k', 0]).parDo<string, { readonly state: S }>(
    'Once',
    () => ({ process: (_, context) => context.output(work(context.state)) }),
    declared,
  );
}

const list = (values: Iterable<unknown>): string => [...values].join(' ');
const sorted = (values: Iterable<unknown>): string => [...values].map(String).sort().join(' ');

const summing = { state: { sum: valueState<number>() }, timers: { end: eventTimer() } };

/** The sum of the values of a key, in a cell, when the window has come to its end. */
class SumByHand implements DoFn<Pair, string, typeof summing> {
  process({ value }: Pair, { state, timers, window }: ProcessContext<string, typeof summing>): void {
    state.sum.write((state.sum.read() ?? 0) + value);
    timers.end.set(window.maxTimestamp);
  }
  readonly onTimer = {
    end: ({ key, state, window, output }: TimerContext<string, typeof summing>): void => {
      const { start, end } = window;
      output(`${key}=${state.sum.read()}${start < 0 && end > 1e12 ? '' : `[${start},${end})`}`);
    },
  };
}

const sumByHand = (input: PCollection<Pair>, name = 'SumByHand'): PCollection<string> =>
  input.parDo(name, () => new SumByHand(), summing);

// Value cells.

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

// Bags and combining cells.

export const bagHoldsAll = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { end: eventTimer() } };
  const seen = pairs(p, ['a', 1], ['a', 3], ['a', 1], ['b', 7]).parDo<string, typeof declared>(
    'Bags',
    () => ({
      process({ value }, { state, timers, window }) {
        state.bag.add(value);
        timers.end.set(window.maxTimestamp);
      },
      onTimer: { end: ({ key, state, output }) => output(`${key}: ${sorted(state.bag.read())}`) },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['a: 1 1 3', 'b: 7']);
}, withTimers);

export const bagReadsWhatWasThere = conformanceCase(
  (p) => {
    const seen = once(p, { state: { bag: bagState<number>() } }, ({ bag }) => {
      const empty = bag.isEmpty();
      bag.add(1);
      bag.add(2);
      const before = bag.read();
      bag.add(3);
      const all = sorted(bag.read());
      const filled = bag.isEmpty();
      const first = [...before].length;
      bag.clear();
      return `${empty} ${all} ${filled} ${first} ${bag.isEmpty()} ${[...bag.read()].length}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true 1 2 3 false 2 true 0']);
  },
  { requires },
);

export const bagIsClearedAndFilledAgain = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { end: eventTimer() } };
  const batches = pairs(p, ...Array.from({ length: 10 }, () => ['k', 1] as const)).parDo<string, typeof declared>(
    'BatchesOfThree',
    () => ({
      process({ value }, { state, timers, window, output }) {
        state.bag.add(value);
        timers.end.set(window.maxTimestamp);
        if ([...state.bag.read()].length < 3) return;
        output('three');
        state.bag.clear();
      },
      onTimer: { end: ({ state, output }) => output(`rest ${list(state.bag.read())}`) },
    }),
    declared,
  );
  PAssert.that(batches).containsInAnyOrder(['three', 'three', 'three', 'rest 1']);
}, withTimers);

export const combiningFoldsWhatIsAdded = conformanceCase((p) => {
  const declared = {
    state: { sum: combiningState(sum()), mean: combiningState(mean()) },
    timers: { end: eventTimer() },
  };
  const seen = pairs(p, ['a', 1], ['a', 2], ['a', 6], ['b', 4]).parDo<string, typeof declared>(
    'Folds',
    () => ({
      process({ value }, { state, timers, window }) {
        state.sum.add(value);
        state.mean.add(value);
        timers.end.set(window.maxTimestamp);
      },
      onTimer: { end: ({ key, state, output }) => output(`${key} ${state.sum.read()} ${state.mean.read()}`) },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['a 9 3', 'b 4 4']);
}, withTimers);

export const combiningReadsNothingAsTheEmptyFold = conformanceCase(
  (p) => {
    const seen = once(p, { state: { sum: combiningState(sum()) } }, ({ sum: cell }) => {
      const before = `${cell.isEmpty()} ${cell.read()}`;
      cell.add(5);
      const after = `${cell.isEmpty()} ${cell.read()}`;
      cell.clear();
      return `${before} ${after} ${cell.read()}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true 0 false 5 0']);
  },
  { requires },
);

// Maps, sets, multimaps.

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

// Ordered lists.

export const orderedListIsInOrderOfTime = conformanceCase(
  (p) => {
    const declared = { state: { list: orderedListState<string>() }, timers: { end: eventTimer() } };
    const seen = pairs(p, ['a', 30], ['a', -5], ['a', 10], ['a', 20], ['b', 1]).parDo<string, typeof declared>(
      'Ordered',
      () => ({
        process({ value }, { state, timers, window }) {
          state.list.add(`v${value}`, value);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: {
          end: ({ key, state, output }) =>
            output(`${key} ${list([...state.list.read()].map(({ value, timestamp }) => `${value}@${timestamp}`))}`),
        },
      }),
      declared,
    );
    PAssert.that(seen).containsInAnyOrder(['a v-5@-5 v10@10 v20@20 v30@30', 'b v1@1']);
  },
  { requires: ['state', 'timers', 'orderedListState'] },
);

export const orderedListByRanges = conformanceCase(
  (p) => {
    const seen = once(p, { state: { list: orderedListState<string>() } }, ({ list: cell }) => {
      const empty = cell.isEmpty();
      for (const at of [5, 1, 3, 3, 9]) cell.add(`e${at}`, at);
      const values = (elements: Iterable<{ readonly value: string }>) => list([...elements].map(({ value }) => value));
      const some = values(cell.readRange(3, 9));
      const none = values(cell.readRange(6, 9)) + values(cell.readRange(9, 3));
      cell.clearRange(3, 5);
      const rest = values(cell.read());
      cell.clear();
      return `${empty} ${some}|${none}|${rest}|${cell.isEmpty()}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true e3 e3 e5||e1 e5 e9|true']);
  },
  { requires: ['state', 'orderedListState'] },
);

export const orderedListKeepsTheOrderOfOneTimestamp = conformanceCase(
  (p) => {
    const seen = once(p, { state: { list: orderedListState<number>() } }, ({ list: cell }) => {
      cell.add(1, 7);
      cell.add(2, 7);
      cell.add(0, 3);
      cell.add(3, 7);
      return list([...cell.read()].map(({ value }) => value));
    });
    PAssert.that(seen).containsInAnyOrder(['0 1 2 3']);
  },
  { requires: ['state', 'orderedListState'] },
);

// What keeps state apart.

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

// Beside other steps.

export const stateBehindAGroupByKey = conformanceCase((p) => {
  const groups = pairs(p, ['a', 1, 1], ['a', 2, 2], ['b', 3, 3], ['a', 4, 11])
    .windowInto(fixedWindows(10))
    .groupByKey()
    .map('Sizes', ({ key, value }) => ({ key, value: [...value].length }));
  PAssert.that(sumByHand(groups)).containsInAnyOrder(['a=2[0,10)', 'b=1[0,10)', 'a=1[10,20)']);
}, withTimers);

export const stateBehindState = conformanceCase((p) => {
  const first = sumByHand(pairs(p, ['a', 1], ['a', 2], ['b', 5]), 'First');
  const again = first.map('Length', (text) => ({ key: text[0]!, value: text.length }));
  PAssert.that(sumByHand(again, 'Second')).containsInAnyOrder(['a=3', 'b=3']);
}, withTimers);

export const stateOfFlattenedInputs = conformanceCase((p) => {
  const one = p.create<Pair>('One', [{ key: 'a', value: 1 }]);
  const other = p.create<Pair>('Other', [
    { key: 'a', value: 2 },
    { key: 'b', value: 3 },
  ]);
  PAssert.that(sumByHand(one.flatten(other))).containsInAnyOrder(['a=3', 'b=3']);
}, withTimers);

export const stateWithSeveralOutputs = conformanceCase(
  (p) => {
    const again = outputTag('again').of<string>();
    const declared = { state: { seen: valueState<boolean>() } };
    const { main, again: repeated } = pairs(p, ['a', 1], ['b', 1], ['a', 1]).parDo(
      'Split',
      (): DoFn<Pair, string, typeof declared> => ({
        process({ key }, context) {
          if (context.state.seen.read() === true) context.outputTagged(again, key);
          else context.output(key);
          context.state.seen.write(true);
        },
      }),
      { ...declared, outputs: [again] },
    );
    PAssert.that('firsts', main).containsInAnyOrder(['a', 'b']);
    PAssert.that('others', repeated).containsInAnyOrder(['a']);
  },
  { requires },
);

export const stateBesideASideInput = conformanceCase(
  (p) => {
    const factors = p
      .create('Factors', [10, 100], { timestamps: [1, 11] })
      .windowInto('FactorsInTens', fixedWindows(10));
    const declared = {
      state: { sum: valueState<number>() },
      timers: { end: eventTimer() },
      sideInputs: { factor: asSingleton(factors) },
    };
    const products = pairs(p, ['a', 1, 2], ['a', 2, 3], ['a', 4, 12])
      .windowInto(fixedWindows(10))
      .parDo<string, typeof declared>(
        'Products',
        () => ({
          process({ value }, { state, timers, window, sideInputs }) {
            state.sum.write((state.sum.read() ?? 0) + value * sideInputs.factor);
            timers.end.set(window.maxTimestamp);
          },
          onTimer: {
            end: ({ key, state, sideInputs, output }) => output(`${key} ${state.sum.read()} ${sideInputs.factor}`),
          },
        }),
        declared,
      );
    PAssert.that(products).containsInAnyOrder(['a 30 10', 'a 400 100']);
  },
  { requires: ['sideInputs', 'state', 'timers'] },
);

// Errors.

export const anErrorBesideStateNamesTheElement = conformanceCase(
  (p) => {
    const declared = { state: { seen: valueState<number>() } };
    pairs(p, ['good', 1], ['bad', 2]).parDo<string, typeof declared>(
      'Failing',
      () => ({
        process({ key }, { state }) {
          state.seen.write(1);
          if (key === 'bad') throw new Error('no bad keys');
        },
      }),
      declared,
    );
  },
  { requires, fails: 'FUNCTION_THREW', saying: ['no bad keys', 'Failing', "'bad'"] },
);

export const aPromiseBesideStateIsRefused = conformanceCase(
  (p) => {
    const declared = { state: { seen: valueState<number>() } };
    const later = async (): Promise<void> => {};
    pairs(p, ['a', 1]).parDo<string, typeof declared>(
      'Later',
      () => ({ process: () => later() as unknown as undefined }),
      declared,
    );
  },
  { requires, fails: 'FUNCTION_RETURNED_PROMISE', saying: ['Later', 'mapAsync'] },
);
