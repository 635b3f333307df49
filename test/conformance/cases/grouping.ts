import { count, flatten, type KV, mean, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const sorted = <T>(values: Iterable<T>): T[] => [...values].sort();

export const groupByKey = conformanceCase((p) => {
  const pairs: KV<string, number>[] = [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ];
  const grouped = p.create('Pairs', pairs).groupByKey();
  PAssert.that(grouped.map(({ key, value }) => `${key}:${sorted(value)}`)).containsInAnyOrder(['a:1,3', 'b:2']);
});

export const groupNothing = conformanceCase((p) => {
  PAssert.that(p.create<KV<string, number>>('Nothing', []).groupByKey()).empty();
});

export const groupedValuesIterateTwice = conformanceCase((p) => {
  const pairs = p.create('Pairs', [1, 2, 3]).keyBy(() => 'all');
  const twice = pairs.groupByKey().map(({ value }) => [...value].length + [...value].length);
  PAssert.that(twice).containsInAnyOrder([6]);
});

export const groupByManyKinds = conformanceCase((p) => {
  const keys = [1, '1', 1n, true, null, 'true', -1, 1.5];
  const grouped = p
    .create('Keys', [...keys, ...keys])
    .keyBy((key) => key)
    .countPerKey();
  PAssert.that(grouped.map(({ key, value }) => `${typeof key}:${String(key)}=${value}`)).containsInAnyOrder(
    keys.map((key) => `${typeof key}:${String(key)}=2`),
  );
});

export const groupByStructuredKeys = conformanceCase((p) => {
  const points = [
    { x: 1, y: 2 },
    { y: 2, x: 1 },
    { x: 1, y: 3 },
  ];
  const counted = p
    .create('Points', points)
    .keyBy((point) => point)
    .countPerKey();
  PAssert.that(counted.map(({ key, value }) => `${key.x},${key.y}:${value}`)).containsInAnyOrder(['1,2:2', '1,3:1']);
});

export const zeroAndNaNAreOneKeyEach = conformanceCase((p) => {
  const counted = p
    .create('Numbers', [0, -0, Number.NaN, Number.NaN])
    .keyBy((n) => n)
    .countPerKey();
  PAssert.that(counted.map(({ value }) => value)).containsInAnyOrder([2, 2]);
});

export const countPerElement = conformanceCase((p) => {
  PAssert.that(p.create('Words', ['a', 'b', 'a']).countPerElement()).containsInAnyOrder([
    { key: 'a', value: 2 },
    { key: 'b', value: 1 },
  ]);
});

export const combineSum = conformanceCase((p) => {
  const sums = p
    .create('Numbers', [1, 2, 3, 4])
    .keyBy((n) => n % 2)
    .combinePerKey(sum());
  PAssert.that(sums).containsInAnyOrder([
    { key: 0, value: 6 },
    { key: 1, value: 4 },
  ]);
});

export const combineMean = conformanceCase((p) => {
  const means = p
    .create('Numbers', [1, 2, 3, 6])
    .keyBy(() => 'all')
    .combinePerKey(mean());
  PAssert.that(means).containsInAnyOrder([{ key: 'all', value: 3 }]);
});

export const combineGlobally = conformanceCase((p) => {
  PAssert.that(p.create('Numbers', [1, 2, 3]).combineGlobally(count())).containsInAnyOrder([3]);
});

export const combineObjects = conformanceCase((p) => {
  const extremes = p
    .create('Numbers', [4, -2, 9])
    .keyBy(() => 'all')
    .combinePerKey({
      createAccumulator: () => ({ low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }),
      addInput: (a: { low: number; high: number }, n: number) => {
        a.low = Math.min(a.low, n);
        a.high = Math.max(a.high, n);
        return a;
      },
      mergeAccumulators: (a, b) => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) }),
      extractOutput: ({ low, high }) => high - low,
    });
  PAssert.that(extremes).containsInAnyOrder([{ key: 'all', value: 11 }]);
});

export const manyKeys = conformanceCase((p) => {
  const keyed = p.create('One', [3_000]).flatMap(function* (n) {
    for (let i = 0; i < 3 * n; i++) yield i % n;
  });
  PAssert.that(
    keyed
      .countPerElement()
      .map(({ value }) => value)
      .countPerElement(),
  ).containsInAnyOrder([{ key: 3, value: 3_000 }]);
});

export const groupTwice = conformanceCase((p) => {
  const lengths = p
    .create('Words', ['a', 'b', 'a', 'cc', 'dd', 'cc', 'cc'])
    .countPerElement()
    .map(({ value }) => value)
    .countPerElement();
  PAssert.that(lengths).containsInAnyOrder([
    { key: 2, value: 1 },
    { key: 1, value: 2 },
    { key: 3, value: 1 },
  ]);
});

export const flattenTwo = conformanceCase((p) => {
  const one = p.create('One', [1, 2]);
  const other = p.create('Other', ['x']);
  PAssert.that(flatten([one, other])).containsInAnyOrder([1, 2, 'x']);
});

export const flattenWithItself = conformanceCase((p) => {
  const one = p.create('One', [1, 2]);
  PAssert.that(one.flatten(one)).containsInAnyOrder([1, 1, 2, 2]);
});

export const flattenWithEmpty = conformanceCase((p) => {
  const nothing = p.create<number>('Nothing', []);
  PAssert.that(p.create('One', [1]).flatten(nothing)).containsInAnyOrder([1]);
});

export const flattenThenGroup = conformanceCase((p) => {
  const left = p.create('Left', ['a', 'b']).map('L', (word) => word);
  const right = p.create('Right', ['b', 'c']).filter('R', () => true);
  PAssert.that(left.flatten(right).countPerElement()).containsInAnyOrder([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'c', value: 1 },
  ]);
});

export const reshuffle = conformanceCase(
  (p) => {
    PAssert.that(
      p
        .create('Numbers', [1, 2, 3])
        .reshuffle()
        .map((n) => n + 1),
    ).containsInAnyOrder([2, 3, 4]);
  },
  { requires: ['reshuffle'] },
);
