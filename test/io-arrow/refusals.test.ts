import fc from 'fast-check';
import { MillraceError } from 'millrace';
import { arrowSchemaOf, decodeArrowStream, encodeArrowStream, recordBatchOf, rowsOf } from 'millrace/arrow';
import {
  array,
  bigint64,
  byte,
  bytes,
  decimal,
  double,
  fixedBytes,
  float,
  int32,
  int64,
  map,
  microsInstant,
  millisInstant,
  nested,
  nullable,
  row,
  type Schema,
  string,
  timestamp,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../sdk/build.js';

describe('types that Arrow has no form for', () => {
  it.each<[Schema, string, string]>([
    [row({ price: decimal() }), 'price', 'decimal'],
    [row({ order: nested(row({ lines: array(row2()) })) }), 'order.lines[].price', 'decimal'],
    [row({ rates: map(string(), nullable(decimal())) }), 'rates{value}', 'decimal'],
    [row({ odd: map(nullable(string()), int32()) }), 'odd{key}', 'nullable'],
    [row({ '': int32() }), '', 'no name'],
  ])('%j is refused, by the path %s', (schema, path, what) => {
    const error = errorOf(() => arrowSchemaOf(schema));
    expect(error.code).toBe('ARROW_UNSUPPORTED_TYPE');
    expect(error.summary).toContain(`"${path}"`);
    expect(error.summary).toContain(what);
  });

  function row2() {
    return nested(row({ price: decimal() }));
  }
});

describe('values that are not of their type', () => {
  const good = { x: 1 };
  it.each<[string, Schema, unknown, string, string]>([
    ['too large a byte', row({ x: byte() }), { x: 128 }, 'CODER_RANGE', 'the number 128'],
    ['an unsafe integer', row({ x: int64() }), { x: 2 ** 53 }, 'CODER_RANGE', '9007199254740992'],
    ['65 bits', row({ x: bigint64() }), { x: 2n ** 63n }, 'CODER_RANGE', '9223372036854775808'],
    ['a number for a bigint', row({ x: bigint64() }), { x: 1 }, 'CODER_UNENCODABLE', 'a bigint is expected'],
    ['text for a number', row({ x: double() }), { x: '1' }, 'CODER_UNENCODABLE', 'the string "1"'],
    ['half a character', row({ x: string() }), { x: '\ud800' }, 'CODER_UNENCODABLE', 'lone surrogate'],
    ['null', row({ x: string() }), { x: null }, 'CODER_UNENCODABLE', 'not null'],
    ['nothing', row({ x: string() }), {}, 'CODER_UNENCODABLE', 'not undefined'],
    ['a surplus property', row({ x: int32() }), { x: 1, y: 2 }, 'CODER_UNENCODABLE', '"y"'],
    ['text for bytes', row({ x: bytes() }), { x: 'abc' }, 'CODER_UNENCODABLE', 'Uint8Array'],
    ['two bytes for three', row({ x: fixedBytes(3) }), { x: new Uint8Array(2) }, 'CODER_RANGE', 'length is 2'],
    ['half a millisecond', row({ x: millisInstant() }), { x: 0.5 }, 'CODER_RANGE', '0.5'],
    ['a million micros', row({ x: microsInstant() }), { x: { seconds: 1, micros: 1e6 } }, 'CODER_RANGE', '1000000'],
    [
      'the year 9999 in nanoseconds',
      row({ x: timestamp(9) }),
      { x: { seconds: 253402300799, subseconds: 0 } },
      'CODER_RANGE',
      '253402300799',
    ],
    ['text for an array', row({ x: array(string()) }), { x: 'abc' }, 'CODER_UNENCODABLE', 'array'],
    ['an object for a map', row({ x: map(string(), int32()) }), { x: {} }, 'CODER_UNENCODABLE', 'a Map'],
    ['an array for a row', row({ x: nested(row({ y: int32() })) }), { x: [1] }, 'CODER_UNENCODABLE', 'property "0"'],
  ])('%s is an error that names row and field', (_, schema, value, code, text) => {
    const rows = schema.fields[0]!.type === 'int32' ? [good, value] : [value];
    const error = errorOf(() => recordBatchOf<unknown>(rows, schema));
    expect(error.code).toBe(code);
    expect(error.summary).toContain(`of row ${rows.length - 1}`);
    expect(error.summary).toContain(text);
  });

  it('are named through lists, maps and rows', () => {
    const schema = row({ a: array(nullable(nested(row({ m: map(string(), byte()) })))) });
    const rows = [
      { a: [] },
      { a: [null, { m: new Map([['x', 1]]) }] },
      { a: [] },
      {
        a: [
          { m: new Map() },
          null,
          {
            m: new Map([
              ['y', 1],
              ['z', 1000],
            ]),
          },
        ],
      },
      { a: [] },
    ];
    const error = errorOf(() => recordBatchOf(rows, schema));
    expect(error.summary).toContain('in the field "a[].m{value}" of row 3: an integer from -128 to 127 is expected');
  });
});

describe('columns that are not those of a schema', () => {
  const wide = recordBatchOf(
    [{ n: 2n ** 53n, at: { seconds: 1, subseconds: 1 }, t: null }],
    row({
      n: bigint64(),
      at: timestamp(9),
      t: nullable(string()),
    }),
  );

  it.each<[Schema, string, string]>([
    [row({ n: int64() }), 'CODER_RANGE', 'in row 0: "n": 9007199254740992'],
    [row({ n: int32() }), 'CODER_RANGE', '"n"'],
    [row({ n: string() }), 'ARROW_SCHEMA_MISMATCH', '"n" is of the type Int64, and the schema says string'],
    [row({ at: millisInstant() }), 'CODER_RANGE', '"at": 1000000001 ticks of 10^-9 s'],
    [row({ t: string() }), 'CODER_UNENCODABLE', '"t" is null'],
    [row({ missing: string() }), 'ARROW_SCHEMA_MISMATCH', 'no Arrow column "missing"'],
    [row({ n: nested(row({ x: int32() })) }), 'ARROW_SCHEMA_MISMATCH', '"n"'],
    [row({ n: float() }), 'ARROW_SCHEMA_MISMATCH', '"n"'],
  ])('%j is refused', (schema, code, text) => {
    const error = errorOf(() => rowsOf(wide, schema));
    expect(error.code).toBe(code);
    expect(error.summary).toContain(text);
  });
});

describe('streams', () => {
  const batch = recordBatchOf(
    [
      { a: 1, s: ['x', 'ä'] },
      { a: 2, s: [] },
    ],
    row({ a: int32(), s: array(string()) }),
  );
  const stream = encodeArrowStream([batch, batch]);

  it('of several schemas are refused, not cut off', () => {
    const other = recordBatchOf([{ a: 1 }], row({ a: int64() }));
    expect(errorOf(() => encodeArrowStream([batch, other])).code).toBe('ARROW_SCHEMA_MISMATCH');
    expect(errorOf(() => encodeArrowStream([])).code).toBe('ARROW_SCHEMA_MISMATCH');
  });

  it('of no batch keep their schema', () => {
    const [empty, ...others] = decodeArrowStream(encodeArrowStream([], batch.schema));
    expect(others).toEqual([]);
    expect(empty!.numRows).toBe(0);
    expect(String(empty!.schema)).toBe(String(batch.schema));
    expect(rowsOf(empty!)).toEqual([]);
  });

  it('that are none are an error', () => {
    for (const garbage of ['', 'hello, world, this is text', '\0\0\0\0', '{"schema":{}}'])
      expect(errorOf(() => decodeArrowStream(Buffer.from(garbage))).code).toBe('ARROW_MALFORMED');
  });

  it('cut short or changed give an error or rows', () => {
    const edits = fc.array(fc.tuple(fc.nat(stream.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(edits, fc.integer({ min: 1, max: stream.length }), (changes, length) => {
        const broken = stream.slice(0, length);
        for (const [at, byte] of changes) broken[at] = byte;
        try {
          for (const decoded of decodeArrowStream(broken)) if (decoded.numRows < 1_000) rowsOf(decoded);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      }),
    );
  });
});
