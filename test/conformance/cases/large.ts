import { asList, asMap, bagState, groupIntoBatches, mapBatch, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** More than one message of an engine holds, and keys that are long. */

const keysOfLength = (length: number) =>
  conformanceCase((p) => {
    const long = (first: string) => first + 'k'.repeat(length - 1);
    const lengths = p
      .create('Firsts', ['a', 'a', 'b'])
      .keyBy(long)
      .groupByKey()
      .map(({ key, value }) => `${key.length} ${[...value].join('+')}`);
    PAssert.that(lengths).containsInAnyOrder([`${length} a+a`, `${length} b`]);
  });

export const keysOf10Kilobytes = keysOfLength(10_000);
export const keysOf100Kilobytes = keysOfLength(100_000);
export const keysOf1Megabyte = keysOfLength(1_000_000);

/** A message of gRPC has 4 MiB where nothing else is said. */
const SIZE = 5 << 20;

export const largeElementsAsASideInput = conformanceCase(
  (p) => {
    const large = p.create('Letters', ['a', 'a', 'b']).map('Large', (letter) => letter.repeat(SIZE));
    const seen = large.map('See', (text, { firsts }) => `${text[0]}${firsts.filter((f) => f === text[0]).length}`, {
      sideInputs: { firsts: asList(large.map('First', (text) => text[0]!)) },
    });
    PAssert.that(seen).containsInAnyOrder(['a2', 'a2', 'b1']);
  },
  { requires: ['sideInputs'] },
);

export const sideInputOfLargeElements = conformanceCase(
  (p) => {
    const large = p
      .create('Letters', ['a', 'b'])
      .map('Large', (letter) => ({ key: letter, value: letter.repeat(SIZE) }));
    const seen = p.create('Main', ['a', 'b', 'c']).map('See', (key, { large: view }) => view.get(key)?.length ?? 0, {
      sideInputs: { large: asMap(large) },
    });
    PAssert.that(seen).containsInAnyOrder([SIZE, SIZE, 0]);
  },
  { requires: ['sideInputs'] },
);

export const largeElementsAreGrouped = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Letters', ['a', 'a', 'b'])
      .map('Large', (letter) => ({ key: letter, value: letter.repeat(SIZE) }))
      .groupByKey()
      .map('Sizes', ({ key, value }) => `${key} ${[...value].map(({ length }) => length / SIZE).join('+')}`),
  ).containsInAnyOrder(['a 1+1', 'b 1']),
);

export const largeInputInBatches = conformanceCase((p) => {
  const numbers = p.create(
    'Numbers',
    Array.from({ length: 5_000 }, (_, i) => i),
  );
  const times6 = numbers.apply(mapBatch((batch) => batch.map((n) => n * 2))).map('Thrice', (n) => n * 3);
  PAssert.that(times6.combineGlobally(sum())).containsInAnyOrder([6 * ((5_000 * 4_999) / 2)]);
});

/** More values to a key than one answer of an engine holds. */
export const manyValuesOfOneKey = conformanceCase((p) => {
  const lengths = p
    .create('One', [40_000])
    .flatMap(function* (n) {
      for (let i = 0; i < n; i++) yield { key: 'hot', value: i };
    })
    .groupByKey()
    .map(({ value }) => {
      let [count, total] = [0, 0];
      for (const n of value) {
        count++;
        total += n;
      }
      return `${count} ${total}`;
    });
  PAssert.that(lengths).containsInAnyOrder([`40000 ${(40_000 * 39_999) / 2}`]);
});

export const largeBag = conformanceCase(
  (p) => {
    const declared = { state: { bag: bagState<string>() } };
    const sizes = p
      .create('Letters', ['a', 'b', 'c', 'd'])
      .keyBy(() => 'k')
      .parDo<number, typeof declared>(
        'Hoard',
        () => ({
          process({ value }, { state, output }) {
            state.bag.add(value.repeat(SIZE / 4));
            const held = [...state.bag.read()];
            if (held.length === 4) output(held.reduce((total, { length }) => total + length, 0));
          },
        }),
        declared,
      );
    PAssert.that(sizes).containsInAnyOrder([SIZE]);
  },
  { requires: ['state'] },
);

export const batchesOfOneLargeElement = conformanceCase(
  (p) => {
    const sizes = p
      .create('Sizes', [10, 100_000, 20])
      .map('Text', (size) => ({ key: 'k', value: 'x'.repeat(size) }))
      .apply(groupIntoBatches({ bytes: 50_000 }))
      .flatMap('Sizes of', ({ value }) => value.map(({ length }) => length));
    PAssert.that(sizes).containsInAnyOrder([10, 100_000, 20]);
  },
  { requires: ['state', 'timers', 'windowExpiration'] },
);
