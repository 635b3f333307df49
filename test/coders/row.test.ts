import fc from 'fast-check';
import { MillraceError } from 'millrace';
import {
  array,
  bigint64,
  boolean,
  byte,
  bytes,
  type Coder,
  coderFromSpec,
  decimal,
  decodeFromBytes,
  double,
  encodeToBytes,
  fixedBytes,
  fixedChar,
  float,
  int16,
  int32,
  int64,
  iterable,
  map,
  microsInstant,
  millisInstant,
  nested,
  nullable,
  row,
  rowCoder,
  schemaFromJson,
  schemaFromProto,
  schemaToJson,
  schemaToProto,
  string,
  timestamp,
  type ValueOf,
  varBytes,
  varChar,
} from 'millrace/coders';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { errorOf } from '../sdk/build.js';

const inner = row({ x: double(), y: nullable(double()) });
const schema = row({
  id: int64(),
  big: bigint64(),
  byte: byte(),
  small: int16(),
  medium: int32(),
  ratio: float(),
  name: nullable(string()),
  flag: boolean(),
  data: bytes(),
  tags: array(string()),
  maybe: array(nullable(int32())),
  many: iterable(int64()),
  prices: map(string(), nullable(decimal())),
  at: nullable(millisInstant()),
  fine: microsInstant(),
  point: nested(inner),
  nanos: timestamp(9),
});

const record = <T>(fields: { [N in keyof T]: fc.Arbitrary<T[N]> }) => fc.record(fields, { noNullPrototype: true });

const value: fc.Arbitrary<Record<string, unknown>> = record<Record<string, unknown>>({
  id: fc.maxSafeInteger(),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  byte: fc.integer({ min: -128, max: 127 }),
  small: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  medium: fc.integer(),
  ratio: fc.float(),
  name: fc.option(fc.string({ unit: 'grapheme' })),
  flag: fc.boolean(),
  data: fc.uint8Array(),
  tags: fc.array(fc.string()),
  maybe: fc.array(fc.option(fc.integer())),
  many: fc.array(fc.maxSafeInteger()),
  prices: fc
    .array(fc.tuple(fc.string(), fc.option(fc.tuple(fc.bigInt(), fc.nat(20)).map(decimalText))))
    .map((entries) => new Map(entries)),
  at: fc.option(fc.integer({ min: -8.64e15, max: 8.64e15 })),
  fine: record<Record<string, unknown>>({ seconds: fc.maxSafeInteger(), micros: fc.nat(999_999) }),
  point: record<Record<string, unknown>>({ x: fc.double(), y: fc.option(fc.double()) }),
  nanos: record<Record<string, unknown>>({ seconds: fc.maxSafeInteger(), subseconds: fc.nat(999_999_999) }),
});

/** The text of a decimal as it is decoded: digits, a point, no zeros in front. */
function decimalText([unscaled, scale]: [bigint, number]): string {
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`.padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

describe('rows', () => {
  const coder: Coder<unknown> = rowCoder<unknown>(schema);

  it('carry every type without loss', () => {
    fc.assert(
      fc.property(value, fc.boolean(), (row, context) => {
        expect(decodeFromBytes(coder, encodeToBytes(coder, row, context), context)).toStrictEqual(row);
      }),
    );
  });

  it('answer hostile bytes with an error or a row', () => {
    fc.assert(
      fc.property(value, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (row, edits) => {
        const bytes = encodeToBytes(coder, row);
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
        try {
          decodeFromBytes(coder, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      }),
    );
  });

  it('have the types of their fields', () => {
    const small = row({ id: int64(), tags: array(string()), at: nullable(millisInstant()), in: nested(inner) });
    expectTypeOf<ValueOf<typeof small>>().toEqualTypeOf<{
      id: number;
      tags: string[];
      at: number | null;
      in: { x: number; y: number | null };
    }>();
    expectTypeOf(rowCoder(small)).toEqualTypeOf<Coder<ValueOf<typeof small>>>();
  });

  it('decode to one shape, in the order of the schema, whatever the order was', () => {
    const coder = rowCoder<unknown>(row({ a: int64(), b: nullable(int64()), c: string() }));
    const back = decodeFromBytes(coder, encodeToBytes(coder, { c: 'x', a: 1 }));
    expect(Object.entries(back as object)).toEqual([
      ['a', 1],
      ['b', null],
      ['c', 'x'],
    ]);
  });

  it('keep a field named __proto__ a field', () => {
    const coder = rowCoder<unknown>(schemaFromJson({ fields: [{ name: '__proto__', type: 'int64' }] }));
    const back = decodeFromBytes(coder, encodeToBytes(coder, JSON.parse('{"__proto__": 7}')));
    expect(Object.entries(back as object)).toEqual([['__proto__', 7]]);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  it('name the field that is wrong', () => {
    const coder = rowCoder<unknown>(row({ id: int64(), at: nested(row({ n: int16() })), code: fixedChar(2) }));
    const good = { id: 1, at: { n: 1 }, code: 'ab' };
    const cases: [object, string][] = [
      [{ ...good, id: undefined }, 'the row field "id" is undefined, and its type is not nullable'],
      [{ ...good, at: { n: 40_000 } }, 'in the row field "at": in the row field "n": int16 is an integer'],
      [{ ...good, id: 1.5 }, 'in the row field "id": 1.5 is not an integer within'],
      [{ ...good, id: 2n ** 63n }, 'does not fit 64 bits'],
      [{ ...good, code: 'a' }, 'does not take a value of length 1'],
      [{ ...good, more: 1 }, 'a row has the property "more", its schema has not'],
    ];
    for (const [row, text] of cases) expect(errorOf(() => encodeToBytes(coder, row)).summary).toContain(text);
  });

  it('refuse an int64 that a number cannot hold, or give a bigint where that is asked', () => {
    const schema = row({ id: int64() });
    const bytes = encodeToBytes(rowCoder<unknown>(schema), { id: 2n ** 63n - 1n });
    expect(errorOf(() => decodeFromBytes(rowCoder(schema), bytes))).toMatchObject({ code: 'CODER_RANGE' });
    expect(decodeFromBytes(rowCoder<unknown>(schema, { wideIntegers: 'bigint' }), bytes)).toEqual({
      id: 2n ** 63n - 1n,
    });
    expect(decodeFromBytes(rowCoder<unknown>(row({ id: bigint64() })), bytes)).toEqual({ id: 2n ** 63n - 1n });
  });

  it('read a negative int32 in five bytes or in ten', () => {
    const coder = rowCoder(row({ n: int32() }));
    const five = encodeToBytes(coder, { n: -2 });
    expect([...five]).toEqual([1, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f]);
    const ten = [1, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    expect(decodeFromBytes(coder, Uint8Array.from(ten))).toEqual({ n: -2 });
  });

  it.each(['0', '-0.5', '100', '0.001', '-128', '255.0', '12E+3', '1E-2000'])('carry the decimal %s', (text) => {
    const coder = rowCoder(row({ d: decimal() }));
    expect(decodeFromBytes(coder, encodeToBytes(coder, { d: text }))).toEqual({ d: text });
  });

  it('are deterministic unless they hold a map', () => {
    expect(rowCoder(inner).deterministic).toBe(true);
    expect(coder.deterministic).toContain('map');
  });
});

describe('schemas', () => {
  it('are the same through a plan and through Beam’s bytes', () => {
    const all = row({ a: nested(schema), b: fixedBytes(3), c: varBytes(4), d: varChar(5), e: fixedChar(1) });
    expect(schemaFromJson(schemaToJson(all))).toEqual(all);
    expect(schemaFromProto(schemaToProto(all))).toEqual(all);
  });

  it('read easily in a plan', () => {
    expect(JSON.stringify(row({ id: int64(), tags: array(nullable(string())) }))).toBe(
      '{"fields":[{"name":"id","type":"int64"},{"name":"tags","type":{"array":{"nullable":"string"}}}]}',
    );
  });

  it('give bigints for another SDK’s int64, and numbers for ours', () => {
    const ours = row({ id: int64() });
    const bytes = encodeToBytes(rowCoder<unknown>(ours), { id: 2n ** 60n });
    const base64 = Buffer.from(schemaToProto(ours)).toString('base64');
    const theirs = coderFromSpec('c', { c: { spec: { urn: 'beam:coder:row:v1', payload: { $bytes: base64 } } } });
    expect(decodeFromBytes(theirs, bytes)).toEqual({ id: 2n ** 60n });
  });

  it.each([
    [null, '$ is not an object'],
    [{ fields: 1 }, '$.fields is not a list'],
    [{ fields: [{ name: 'a', type: 'int65' }] }, '$.fields[0].type is "int65", none of byte'],
    [{ fields: [{ name: 'a', type: {} }] }, 'must have one of nullable, array'],
    [{ fields: [{ name: 'a', type: { array: 'int64', map: ['int64', 'int64'] } }] }, 'must have one of'],
    [{ fields: [{ name: 'a', type: { nullable: { nullable: 'int64' } } }] }, 'nullable twice'],
    [
      {
        fields: [
          { name: 'a', type: 'int64' },
          { name: 'a', type: 'int64' },
        ],
      },
      'fields[1].name repeats "a"',
    ],
    [{ fields: [{ name: 'a', type: 'int64', encodingPosition: 1 }] }, 'encodingPosition must be another one of 0 to 0'],
    [{ fields: [{ name: 'a', type: 'int64', extra: 1 }] }, 'has an unknown property "extra"'],
  ])('%j is refused', (json, text) => {
    expect(errorOf(() => schemaFromJson(json)).summary).toContain(text);
  });

  it('answer hostile bytes with an error or a schema', () => {
    const good = schemaToProto(row({ a: nested(schema), b: fixedBytes(3) }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = good.slice();
        for (const [at, byte] of edits) bytes[at] = byte;
        try {
          rowCoder(schemaFromProto(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      }),
    );
  });
});
