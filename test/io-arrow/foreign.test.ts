import {
  Bool,
  Date_,
  DateUnit,
  Decimal,
  Dictionary,
  Field,
  FixedSizeList,
  Float16,
  Float32,
  Int32,
  LargeUtf8,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  TimestampSecond,
  tableFromArrays,
  tableToIPC,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
  Utf8View,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { MillraceError } from 'millrace';
import { arrowSchemaOf, decodeArrowStream, recordBatchOf, rowsOf, schemaOfArrow } from 'millrace/arrow';
import {
  bigint64,
  decimal,
  int32,
  int64,
  type LogicalType,
  map,
  millisInstant,
  nested,
  nullable,
  row,
  schemaToJson,
  string,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';

describe('what other programs write', () => {
  it('is read: dictionaries, unsigned integers, decimals, large and view types, lists of a fixed size', () => {
    const columns: Record<string, Vector> = {
      color: vectorFromArray(['red', null, 'red'], new Dictionary(new Utf8(), new Int32())),
      small: vectorFromArray([255, 0, null], new Uint8()),
      wide: vectorFromArray([2 ** 32 - 1, 0, null], new Uint32()),
      huge: vectorFromArray([2n ** 53n - 1n, 0n, null], new Uint64()),
      large: vectorFromArray(['ä', '', null], new LargeUtf8()),
      view: vectorFromArray(['short', 'longer than twelve bytes', null], new Utf8View()),
      ratio: vectorFromArray([0.5, -0, null], new Float32()),
      half: vectorFromArray([0.5, 2, null], new Float16()),
      pair: vectorFromArray([[1, 2], [3, 4], null], new FixedSizeList(2, new Field('item', new Int32()))),
      flags: vectorFromArray([[true, false], [], null], new List(new Field('item', new Bool(), true))),
      seconds: vectorFromArray([new Date(1_000), new Date(-1_000), null], new TimestampSecond()),
    };
    const table = new Table(columns);
    const expected = [
      {
        color: 'red',
        small: 255,
        wide: 2 ** 32 - 1,
        huge: 2 ** 53 - 1,
        large: 'ä',
        view: 'short',
        ratio: 0.5,
        half: 0.5,
        pair: [1, 2],
        flags: [true, false],
        seconds: { seconds: 1, subseconds: 0 },
      },
      {
        color: null,
        small: 0,
        wide: 0,
        huge: 0,
        large: '',
        view: 'longer than twelve bytes',
        ratio: -0,
        half: 2,
        pair: [3, 4],
        flags: [],
        seconds: { seconds: -1, subseconds: 0 },
      },
      {
        color: 'red',
        small: null,
        wide: null,
        huge: null,
        large: null,
        view: null,
        ratio: null,
        half: null,
        pair: null,
        flags: null,
        seconds: null,
      },
    ];
    expect(rowsOf(table)).toStrictEqual(expected);
    expect(decodeArrowStream(tableToIPC(table, 'stream')).flatMap((batch) => rowsOf(batch))).toStrictEqual(expected);
    expect(decodeArrowStream(tableToIPC(table, 'file')).flatMap((batch) => rowsOf(batch))).toStrictEqual(expected);
  });

  it('is read as what the schema asks for', () => {
    const table = tableFromArrays({ n: Int32Array.of(1, 2), name: ['a', 'b'] });
    expect(rowsOf(table, row({ n: bigint64() }))).toStrictEqual([{ n: 1n }, { n: 2n }]);
    expect(rowsOf(table, row({ name: nullable(string()), n: int64() }))).toStrictEqual([
      { name: 'a', n: 1 },
      { name: 'b', n: 2 },
    ]);
    const instants = new Table({ at: vectorFromArray([new Date(5), new Date(-5)], new TimestampMicrosecond()) });
    expect(rowsOf(instants, row({ at: millisInstant() }))).toStrictEqual([{ at: 5 }, { at: -5 }]);
  });

  it('has decimals as text of the scale of their column', () => {
    const type = new Decimal(2, 10, 128);
    const words = Uint32Array.of(1250, 0, 0, 0, 2 ** 32 - 5, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1);
    const schema = new Schema([new Field('price', type)]);
    const children = [makeData({ type, length: 2, nullCount: 0, data: words })];
    const batch = new RecordBatch(
      schema,
      makeData({ type: new Struct(schema.fields), length: 2, nullCount: 0, children }),
    );
    expect(schemaOfArrow(schema)).toEqual(row({ price: decimal() }));
    expect(rowsOf(batch)).toStrictEqual([{ price: '12.50' }, { price: '-0.05' }]);
  });

  it('is refused by the field that rows have no type for', () => {
    const point = new Struct([new Field('days', new List(new Field('item', new Date_(DateUnit.DAY))))]);
    try {
      schemaOfArrow(new Schema([new Field('point', point)]));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(MillraceError);
      expect((error as MillraceError).code).toBe('ARROW_UNSUPPORTED_TYPE');
      expect((error as MillraceError).summary).toContain('"point.days[]" is of the Arrow type Date32<DAY>');
    }
  });
});

describe('what we write', () => {
  it('has the types that Arrow people expect', () => {
    const types = arrowSchemaOf(
      row({ n: int64(), name: nullable(string()), at: millisInstant(), tags: map(string(), nullable(int32())) }),
    ).fields.map((field) => `${field.name}${field.nullable ? '?' : ''}: ${field.type}`);
    expect(types).toEqual([
      'n: Int64',
      'name?: Utf8',
      'at: Timestamp<MILLISECOND, UTC>',
      'tags: Map<{key:Utf8, value:Int32}>',
    ]);
  });

  it('can be read by the library itself', () => {
    const schema = row({ n: int64(), at: millisInstant(), in: nested(row({ s: nullable(string()) })) });
    const batch = recordBatchOf(
      [
        { n: 1, at: 1_000, in: { s: null } },
        { n: 2, at: 2_000, in: { s: 'x' } },
      ],
      schema,
    );
    expect(
      JSON.parse(JSON.stringify(batch.toArray().map((held) => held && { ...held.toJSON(), n: `${held.n}` }))),
    ).toEqual([
      { n: '1', at: 1_000, in: { s: null } },
      { n: '2', at: 2_000, in: { s: 'x' } },
    ]);
  });

  it('keeps the number of rows that have no fields', () => {
    const batch = recordBatchOf([{}, {}], row({}));
    expect(rowsOf(batch)).toStrictEqual([{}, {}]);
  });

  it('carries logical types that have no values of their own as their representation', () => {
    const color: LogicalType = {
      logical: 'org:example:color:v1',
      representation: 'string',
      argumentType: 'int32',
      argument: 7,
    };
    const beamDate: LogicalType = { logical: 'beam:logical_type:date:v1', representation: 'int64' };
    const schema = {
      fields: [
        { name: 'c', type: color },
        { name: 'd', type: { nullable: beamDate } },
      ],
    };
    const batch = recordBatchOf<unknown>(
      [
        { c: 'red', d: 20_000 },
        { c: 'blue', d: null },
      ],
      schema,
    );
    expect(rowsOf(batch)).toStrictEqual([
      { c: 'red', d: 20_000 },
      { c: 'blue', d: null },
    ]);
    expect(batch.schema.fields[0]!.metadata.get('ARROW:extension:name')).toBe('org:example:color:v1');
    // An extension of somebody else's is its storage, as Arrow asks for.
    expect(schemaToJson(schemaOfArrow(batch.schema)).fields).toEqual([
      { name: 'c', type: 'string' },
      { name: 'd', type: { nullable: beamDate } },
    ]);
  });
});
