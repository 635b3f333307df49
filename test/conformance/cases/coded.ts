import { fixedWindows, flatten, type KV, type PCollection, type Pipeline } from 'millrace';
import {
  array,
  boolean,
  bytes,
  double,
  int64,
  kvCoder,
  map,
  millisInstant,
  nested,
  nullable,
  nullableCoder,
  row,
  rowCoder,
  string,
  stringUtf8Coder,
  type ValueOf,
  varintCoder,
} from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** Elements with coders of their own, where they are encoded on the way: rows, and several coders in one collection. */

const Point = row({ x: int64(), y: int64() });
const Order = row({
  id: int64(),
  buyer: string(),
  paid: nullable(double()),
  open: boolean(),
  lines: array(nested(row({ article: string(), count: int64() }))),
  tags: map(string(), int64()),
  at: nested(Point),
});

const ORDERS: readonly ValueOf<typeof Order>[] = [
  {
    id: 1,
    buyer: 'ann',
    paid: 1.5,
    open: true,
    lines: [{ article: 'a', count: 2 }],
    tags: new Map(),
    at: { x: 1, y: 2 },
  },
  { id: 2, buyer: '', paid: null, open: false, lines: [], tags: new Map([['t', -7]]), at: { x: -1, y: 2 ** 40 } },
];

const orders = (p: Pipeline) => p.create('Orders', ORDERS, { coder: rowCoder(Order) });

export const rowsAsElements = conformanceCase((p) =>
  PAssert.that(
    orders(p)
      .reshuffle()
      .map(({ id, buyer, paid, lines }) => `${id} ${buyer} ${paid} ${lines.length}`),
  ).containsInAnyOrder(['1 ann 1.5 1', '2  null 0']),
);

export const rowsAsTheyWere = conformanceCase((p) => PAssert.that(orders(p).reshuffle()).containsInAnyOrder(ORDERS));

export const rowsAsKeys = conformanceCase((p) => {
  const points = p.create(
    'Points',
    [
      { key: { x: 1, y: 2 }, value: 1 },
      { key: { y: 2, x: 1 }, value: 2 },
      { key: { x: 2, y: 1 }, value: 4 },
    ],
    { coder: kvCoder(rowCoder(Point), varintCoder()) },
  );
  const sums = points
    .groupByKey()
    .map(({ key, value }) => `${key.x}/${key.y} ${[...value].reduce((a, b) => a + b, 0)}`);
  PAssert.that(sums).containsInAnyOrder(['1/2 3', '2/1 4']);
});

export const rowsAsValues = conformanceCase((p) => {
  const pairs = p.create(
    'Pairs',
    ORDERS.map((value) => ({ key: 'k', value })),
    {
      coder: kvCoder(stringUtf8Coder(), rowCoder(Order)),
    },
  );
  PAssert.that(
    pairs.groupByKey().map(({ key, value }) => `${key} ${[...value].map(({ id }) => id).sort()}`),
  ).containsInAnyOrder(['k 1,2']);
});

export const rowsWithBytesAndTimes = conformanceCase((p) => {
  const Blob = row({ data: bytes(), at: millisInstant() });
  const all = p.create('Blobs', [{ data: new Uint8Array([0, 255]), at: 5 }], { coder: rowCoder(Blob) });
  PAssert.that(all.reshuffle().map(({ data, at }) => `${[...data]} ${at}`)).containsInAnyOrder(['0,255 5']);
});

const severalCoders = (p: Pipeline): PCollection<string | null> =>
  flatten([
    p.create('Texts', ['a', 'b'], { coder: stringUtf8Coder() }),
    p.create('Nullables', ['c', null], { coder: nullableCoder(stringUtf8Coder()) }),
    p.create('Values', ['d', '']),
  ]);

export const flattenOfSeveralCoders = conformanceCase((p) =>
  PAssert.that(severalCoders(p)).containsInAnyOrder(['a', 'b', 'c', null, 'd', '']),
);

export const flattenOfSeveralCodersIsGrouped = conformanceCase((p) =>
  PAssert.that(
    severalCoders(p)
      .flatten('Again', p.create('More', ['a', null]))
      .countPerElement(),
  ).containsInAnyOrder([
    { key: 'a', value: 2 },
    { key: 'b', value: 1 },
    { key: 'c', value: 1 },
    { key: null, value: 2 },
    { key: 'd', value: 1 },
    { key: '', value: 1 },
  ]),
);

export const flattenOfPairsOfSeveralCoders = conformanceCase((p) => {
  const declared = p.create<KV<string, number>>('Declared', [{ key: 'a', value: 1 }], {
    coder: kvCoder(stringUtf8Coder(), varintCoder()),
  });
  const made = p.create('Made', [2, 3]).keyBy('Key', () => 'a');
  PAssert.that(
    declared
      .flatten(made)
      .groupByKey()
      .map(({ key, value }) => `${key} ${[...value].sort()}`),
  ).containsInAnyOrder(['a 1,2,3']);
});

export const flattenedThriceWithItself = conformanceCase((p) => {
  const one = p.create('One', ['a', 'b'], { coder: stringUtf8Coder() });
  PAssert.that(flatten([one, one, one])).containsInAnyOrder(['a', 'b', 'a', 'b', 'a', 'b']);
});

export const flattenOfMany = conformanceCase((p) => {
  const all = Array.from({ length: 24 }, (_, i) => p.create(`Part ${i}`, [i]));
  PAssert.that(flatten(all)).containsInAnyOrder(all.map((_, i) => i));
});

export const flattenOfFlattened = conformanceCase((p) => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => p.create(name, [name]));
  PAssert.that(flatten('Outer', [flatten('Inner', [a!, b!]), c!, a!])).containsInAnyOrder(['a', 'b', 'c', 'a']);
});

/** Several steps read what was flattened, and others what was not. */
export const flattenWithSeveralReaders = conformanceCase((p) => {
  const one = p.create('One', [1]);
  const other = p.create('Other', [2]);
  const both = one.flatten(other);
  PAssert.that('Both', both).containsInAnyOrder([1, 2]);
  PAssert.that('Counted', both.map((n) => n * 10).countPerElement()).containsInAnyOrder([
    { key: 10, value: 1 },
    { key: 20, value: 1 },
  ]);
  PAssert.that(
    'Other alone',
    other.map('Negative', (n) => -n),
  ).containsInAnyOrder([-2]);
});

export const flattenOfWindowsAndTimes = conformanceCase((p) => {
  const words = (name: string, at: number) =>
    p.create(name, [name], { timestamps: [at] }).windowInto(`Windows ${name}`, fixedWindows(10));
  const counted = words('a', 1)
    .flatten(words('b', 9), words('c', 10))
    .keyBy(() => 'k')
    .countPerKey();
  PAssert.that(counted.map(({ value }) => value)).containsInAnyOrder([2, 1]);
});
