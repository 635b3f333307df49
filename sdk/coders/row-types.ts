import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { readDecimal, writeDecimal } from './decimal.js';
import { CODER_ERROR, coderError, describeValue, wrongType } from './errors.js';
import { readInstant, writeInstant } from './instant.js';
import { iterableCoder } from './iterable.js';
import { allDeterministic } from './kv.js';
import { nullableCoder } from './nullable.js';
import { bigintVarintCoder, boolCoder, bytesCoder, doubleCoder, stringUtf8Coder } from './scalars.js';
import { type FieldType, LOGICAL_TYPE, type LogicalType, type Schema } from './schema.js';

export interface RowCoderOptions {
  /**
   * What an int64 field beyond ±(2^53 - 1) becomes: an error (the default), or a bigint where the schema is another
   * SDK's and cannot say `bigint64()`.
   */
  readonly wideIntegers?: 'error' | 'bigint';
}

type MakeRow = (schema: Schema, options: RowCoderOptions) => Coder<unknown>;

/** The coder of the values of one type, always in the nested context; `makeRow` is handed in by the row coder. */
export function typeCoder(type: FieldType, options: RowCoderOptions, makeRow: MakeRow): Coder<unknown> {
  if (typeof type === 'string') {
    switch (type) {
      case 'byte':
        return integer(
          'byte',
          8,
          (value, to) => to.byte(value & 0xff),
          (from) => (from.byte() << 24) >> 24,
        );
      case 'int16':
        return integer('int16', 16, writeInt16, (from) => (((from.byte() << 8) | from.byte()) << 16) >> 16);
      case 'int32':
        return integer('int32', 32, (value, to) => to.varint(value >>> 0), readInt32);
      case 'int64':
        return options.wideIntegers === 'bigint' ? ANY_INT64 : INT64;
      case 'float':
        return FLOAT;
      case 'double':
        return doubleCoder();
      case 'string':
        return stringUtf8Coder();
      case 'boolean':
        return boolCoder();
      case 'bytes':
        return bytesCoder();
    }
  }
  const inner = (of: FieldType): Coder<unknown> => typeCoder(of, options, makeRow);
  if ('nullable' in type) return nullableCoder(inner(type.nullable));
  if ('array' in type) return iterableCoder(inner(type.array));
  if ('iterable' in type) return iterableCoder(inner(type.iterable));
  if ('map' in type) return mapCoder(inner(type.map[0]), inner(type.map[1]));
  if ('row' in type) return makeRow(type.row, options);
  return logicalCoder(type, inner(type.representation));
}

function logicalCoder(type: LogicalType, representation: Coder<unknown>): Coder<unknown> {
  switch (type.logical) {
    case LOGICAL_TYPE.millisInstant:
      return MILLIS_INSTANT;
    case LOGICAL_TYPE.decimal:
      return DECIMAL;
    case LOGICAL_TYPE.bigint64:
      return bigintVarintCoder();
    case LOGICAL_TYPE.fixedChar:
    case LOGICAL_TYPE.fixedBytes:
      return sizedCoder(type, representation, true);
    case LOGICAL_TYPE.varChar:
    case LOGICAL_TYPE.varBytes:
      return sizedCoder(type, representation, false);
    default:
      return representation;
  }
}

/** A coder of a type that has none of its own among Beam's; only rows use it. */
function fieldCoder<T>(
  name: string,
  encode: (value: T, to: ByteSink) => void,
  decode: (from: ByteSource) => T,
  deterministic: true | string = true,
): Coder<T> {
  return { urn: `${BEAM_CODER.row} (${name})`, components: [], deterministic, encode, decode };
}

function integer(
  name: string,
  bits: number,
  write: (value: number, to: ByteSink) => void,
  read: (from: ByteSource) => number,
): Coder<number> {
  const limit = 2 ** (bits - 1);
  return fieldCoder(
    name,
    (value, to) => {
      if (!Number.isInteger(value) || value < -limit || value >= limit)
        throw coderError(
          CODER_ERROR.range,
          `${name} is an integer from ${-limit} to ${limit - 1}, not ${describeValue(value)}`,
        );
      write(value, to);
    },
    read,
  );
}

function writeInt16(value: number, to: ByteSink): void {
  to.byte((value >> 8) & 0xff);
  to.byte(value & 0xff);
}

/** Java writes a negative int32 as five bytes, other SDKs as the ten of an int64. We write five and read both. */
function readInt32(from: ByteSource): number {
  const value = from.varint();
  if (value < -(2 ** 31) || value >= 2 ** 32) throw coderError(CODER_ERROR.range, `${value} is no int32`);
  return value | 0;
}

function writeInt64(value: number | bigint, to: ByteSink): void {
  if (typeof value === 'bigint') to.varint64(value);
  else if (typeof value === 'number') to.varint(value);
  else throw wrongType('int64', 'an integer', value);
}

const INT64 = fieldCoder<number | bigint>('int64', writeInt64, (from) => from.varint());

const ANY_INT64 = fieldCoder<number | bigint>('int64', writeInt64, (from) => {
  const value = from.varint64();
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
});

const FLOAT = fieldCoder<number>(
  'float',
  (value, to) => {
    if (typeof value !== 'number') throw wrongType('float', 'a number', value);
    to.float32(value);
  },
  (from) => from.float32(),
);

/** Beam writes this logical type as an instant, not as the int64 of its representation. */
const MILLIS_INSTANT = fieldCoder<number>('millis_instant', (value, to) => writeInstant(to, value), readInstant);

const DECIMAL = fieldCoder<string>('decimal', (value, to) => writeDecimal(to, value), readDecimal);

function sizedCoder(type: LogicalType, representation: Coder<unknown>, exact: boolean): Coder<unknown> {
  const limit = type.argument;
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0)
    throw coderError(CODER_ERROR.spec, `${type.logical} has no length as its argument`);
  const name = `${type.logical}(${limit})`;
  return fieldCoder<unknown>(
    name,
    (value, to) => {
      const length = (value as { length?: unknown } | null | undefined)?.length;
      if (typeof length === 'number' && (exact ? length !== limit : length > limit))
        throw coderError(CODER_ERROR.range, `${name} does not take a value of length ${length}`, {
          hint: exact ? 'pad or cut it before, so that every runner sees the same value' : 'cut it before',
        });
      representation.encode(value, to, true);
    },
    (from) => representation.decode(from, true),
  );
}

function mapCoder(key: Coder<unknown>, value: Coder<unknown>): Coder<Map<unknown, unknown>> {
  const entries = iterableCoder<[unknown, unknown]>({
    urn: `${BEAM_CODER.row} (map entry)`,
    components: [key, value],
    deterministic: allDeterministic([key, value]),
    encode([k, v], to) {
      key.encode(k, to, true);
      value.encode(v, to, true);
    },
    decode: (from) => [key.decode(from, true), value.decode(from, true)],
  });
  return fieldCoder(
    'map',
    (held, to) => {
      if (!(held instanceof Map)) throw wrongType('map', 'a Map', held);
      entries.encode([...held], to, true);
    },
    (from) => new Map(entries.decode(from, true)),
    'a map field has no order of its own',
  );
}
