import {
  coGroupByKey,
  count,
  fixedWindows,
  flatten,
  type KV,
  mean,
  type PCollection,
  sessionWindows,
  sum,
} from 'millrace';
import { stringUtf8Coder } from 'millrace/coders';
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

/** `key:left|right` of every group. */
const sides = (grouped: PCollection<KV<unknown, { left: Iterable<unknown>; right: Iterable<unknown> }>>) =>
  grouped.map('Sides', ({ key, value: { left, right } }) => `${String(key)}:${sorted(left)}|${sorted(right)}`);

export const coGroup = conformanceCase((p) => {
  const left = p.create('Left', ['a1', 'b1', 'b2']).keyBy((word) => word[0]!);
  const right = p
    .create('Right', [5, 6, 7])
    .map('Pair', (value): KV<string, number> => ({ key: value === 7 ? 'c' : 'b', value }));
  PAssert.that(sides(coGroupByKey({ left, right }))).containsInAnyOrder(['a:a1|', 'b:b1,b2|5,6', 'c:|7']);
});

export const coGroupWithoutValues = conformanceCase((p) => {
  const left = p.create<KV<string, number>>('Left', []);
  const right = p.create<KV<string, number>>('Right', []);
  PAssert.that(coGroupByKey({ left, right })).empty();
});

export const coGroupOfOneWithItself = conformanceCase((p) => {
  const pairs = p.create('Numbers', [1, 2]).keyBy((n) => n % 2);
  PAssert.that(sides(coGroupByKey({ left: pairs, right: pairs }))).containsInAnyOrder(['0:2|2', '1:1|1']);
});

export const coGroupOfOneAndOfThree = conformanceCase((p) => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) =>
    p.create(name, [name, null, undefined]).keyBy(`Key ${name}`, () => 0),
  );
  const sizes = coGroupByKey({ a: a!, b: b!, c: c! }).map(({ value }) =>
    [value.a, value.b, value.c].map((each) => [...each, ...each].length),
  );
  PAssert.that(sizes).containsInAnyOrder([[6, 6, 6]]);
  PAssert.that(
    'one',
    coGroupByKey('alone', { a: a! }).map(({ value }) => [...value.a].length),
  ).containsInAnyOrder([3]);
});

/** Keys are equal whatever the coders of the inputs say about them. */
export const coGroupOfSeveralCoders = conformanceCase((p) => {
  const left = p
    .create('Left', ['a', 'b'], { coder: stringUtf8Coder() })
    .keyBy((word) => word)
    .groupByKey()
    .map(({ key, value }) => ({ key, value: [...value].length }));
  const right = p.create('Right', [{ text: 'a' }]).keyBy(({ text }) => text);
  const texts = coGroupByKey({ left, right: right.map('Texts', ({ key, value }) => ({ key, value: value.text })) });
  PAssert.that(sides(texts)).containsInAnyOrder(['a:1|a', 'b:1|']);
});

export const coGroupByWindow = conformanceCase((p) => {
  const stamped = (name: string, instants: number[]) =>
    p
      .create(name, instants, { timestamps: instants })
      .windowInto(`Windows ${name}`, fixedWindows(10))
      .keyBy(`Key ${name}`, () => 'k');
  const grouped = coGroupByKey({ left: stamped('Left', [1, 11]), right: stamped('Right', [3, 4, 25]) });
  PAssert.that(sides(grouped)).containsInAnyOrder(['k:1|3,4', 'k:11|', 'k:|25']);
});

/** A session may be held together by the elements of both inputs. */
export const coGroupBySession = conformanceCase((p) => {
  const stamped = (name: string, instants: number[]) =>
    p
      .create(name, instants, { timestamps: instants })
      .windowInto(`Windows ${name}`, sessionWindows(10))
      .keyBy(`Key ${name}`, () => 'k');
  const grouped = coGroupByKey({ left: stamped('Left', [10, 26]), right: stamped('Right', [18, 50]) });
  PAssert.that(sides(grouped)).containsInAnyOrder(['k:10,26|18', 'k:|50']);
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
