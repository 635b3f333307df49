import fc from 'fast-check';
import {
  array,
  bigint64,
  boolean,
  byte,
  bytes,
  double,
  fixedBytes,
  fixedChar,
  float,
  int16,
  int32,
  int64,
  map,
  microsInstant,
  millisInstant,
  nested,
  nullable,
  row,
  string,
  type TypeOf,
  timestamp,
  varBytes,
  varChar,
} from 'millrace/coders';

/** A field type, and values of it. */
export type Typed = readonly [type: TypeOf<unknown>, values: fc.Arbitrary<unknown>];

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\u{feff}mark', 'äöü €', '👩‍👩‍👧'));
/** A field called `constructor` travels too, but toStrictEqual would take it for the object's class. */
const name = fc.string({ minLength: 1 }).filter((text) => text !== 'constructor');
/** -0 is kept, and NaN. */
const doubles = fc.double();

const leaves: readonly Typed[] = [
  [byte(), fc.integer({ min: -128, max: 127 })],
  [int16(), fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })],
  [int32(), fc.integer()],
  [int64(), fc.maxSafeInteger()],
  [bigint64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [float(), fc.float()],
  [double(), doubles],
  [string(), text],
  [boolean(), fc.boolean()],
  [bytes(), fc.uint8Array()],
  [fixedChar(2), fc.constantFrom('ab', 'äö', '👍')],
  [varChar(3), fc.string({ unit: 'grapheme-ascii', maxLength: 3 })],
  [fixedBytes(3), fc.uint8Array({ minLength: 3, maxLength: 3 })],
  [varBytes(3), fc.uint8Array({ maxLength: 3 })],
  [millisInstant(), fc.integer({ min: -8.64e15, max: 8.64e15 })],
  [microsInstant(), parts('micros', 2 ** 43, 999_999)],
  [timestamp(0), parts('subseconds', 2 ** 53 - 1, 0)],
  [timestamp(2), parts('subseconds', 2 ** 50, 99)],
  [timestamp(9), parts('subseconds', 9_223_372_035, 999_999_999)],
];

function parts(name: 'micros' | 'subseconds', seconds: number, most: number): fc.Arbitrary<unknown> {
  return plain({ seconds: fc.integer({ min: -seconds, max: seconds }), [name]: fc.nat(most) });
}

function plain(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(fields, { noNullPrototype: true });
}

/** Types of any depth, each with its values. */
export const anyTyped: fc.Arbitrary<Typed> = fc.letrec<{ type: Typed; notNull: Typed; row: Typed }>((tie) => ({
  type: fc.oneof(
    { weight: 3, arbitrary: tie('notNull') },
    { weight: 1, arbitrary: tie('notNull').map(([type, values]): Typed => [nullable(type), fc.option(values)]) },
  ),
  notNull: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('type').map(([type, values]): Typed => [array(type), fc.array(values, { maxLength: 4 })]),
    fc
      .tuple(fc.constantFrom(...leaves.filter(([type]) => type === 'string' || type === 'int64')), tie('type'))
      .map(
        ([[key, keys], [value, values]]): Typed => [
          map(key, value),
          fc.array(fc.tuple(keys, values), { maxLength: 4 }).map((entries) => new Map(entries)),
        ],
      ),
    tie('row'),
  ),
  row: fc
    .dictionary(fc.oneof(name, fc.constantFrom('id', 'toString', 'a.b')), tie('type'), {
      maxKeys: 4,
      noNullPrototype: true,
    })
    .map((fields): Typed => typedRow(fields)),
})).type;

function typedRow(fields: Record<string, Typed>): Typed {
  const types = Object.fromEntries(Object.entries(fields).map(([name, [type]]) => [name, type]));
  const values = Object.fromEntries(Object.entries(fields).map(([name, [, values]]) => [name, values]));
  return [nested(row(types)), plain(values)];
}

/** A schema, and some rows of it. */
export const schemaAndRows = fc
  .dictionary(name, anyTyped, { minKeys: 1, maxKeys: 6, noNullPrototype: true })
  .chain((fields) => {
    const types = Object.fromEntries(Object.entries(fields).map(([name, [type]]) => [name, type]));
    const values = Object.fromEntries(Object.entries(fields).map(([name, [, values]]) => [name, values]));
    return fc.tuple(fc.constant(row(types)), fc.array(plain(values), { maxLength: 20 }));
  });
