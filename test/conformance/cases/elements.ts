import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

export const map = conformanceCase((p) => {
  PAssert.that(p.create('Numbers', [1, 2, 3]).map((n) => `${n * 2}`)).containsInAnyOrder(['2', '4', '6']);
});

export const mapOfNothing = conformanceCase((p) => {
  PAssert.that(p.create<number>('Nothing', []).map((n) => n * 2)).empty();
});

export const filter = conformanceCase((p) => {
  const mixed: (string | number)[] = [1, 'a', 2, 'b'];
  const texts = p.create('Mixed', mixed).filter((x): x is string => typeof x === 'string');
  PAssert.that(texts.map((text) => text.toUpperCase())).containsInAnyOrder(['A', 'B']);
});

export const flatMapArrays = conformanceCase((p) => {
  PAssert.that(
    p.create('Lines', ['a b', '', 'c']).flatMap((line) => line.split(' ').filter((w) => w !== '')),
  ).containsInAnyOrder(['a', 'b', 'c']);
});

export const flatMapGenerators = conformanceCase((p) => {
  const counted = p.create('Numbers', [0, 1, 3]).flatMap(function* (n) {
    for (let i = 0; i < n; i++) yield `${n}/${i}`;
  });
  PAssert.that(counted).containsInAnyOrder(['1/0', '3/0', '3/1', '3/2']);
});

export const flatMapExplodes = conformanceCase((p) => {
  const many = p.create('One', [50_000]).flatMap(function* (n) {
    for (let i = 0; i < n; i++) yield i % 10;
  });
  PAssert.that(many.countPerElement()).containsInAnyOrder(
    Array.from({ length: 10 }, (_, key) => ({ key, value: 5_000 })),
  );
});

export const keyBy = conformanceCase((p) => {
  PAssert.that(p.create('Words', ['a', 'bb']).keyBy((word) => word.length)).containsInAnyOrder([
    { key: 1, value: 'a' },
    { key: 2, value: 'bb' },
  ]);
});

export const largeElements = conformanceCase((p) => {
  const lengths = p
    .create('Sizes', [1 << 20, 2 << 20, 3])
    .map('Large', (size) => 'x'.repeat(size))
    .reshuffle()
    .map('Length', (text) => text.length);
  PAssert.that(lengths).containsInAnyOrder([1 << 20, 2 << 20, 3]);
});

export const largeValuesOfAKey = conformanceCase((p) => {
  const lengths = p
    .create('Sizes', [1 << 19, 1 << 20, 7])
    .map('Large', (size) => ({ key: 'k', value: 'x'.repeat(size) }))
    .groupByKey()
    .map('Length', ({ value }) => [...value].reduce((total, { length }) => total + length, 0));
  PAssert.that(lengths).containsInAnyOrder([(1 << 19) + (1 << 20) + 7]);
});

export const flatMapOfEmptyArrays = conformanceCase((p) =>
  PAssert.that(p.create('Numbers', [0, 1, 2]).flatMap((n) => Array.from({ length: n }, () => n))).containsInAnyOrder([
    1, 2, 2,
  ]),
);
