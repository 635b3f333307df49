import {
  Binary,
  Bool,
  type Data,
  FixedSizeBinary,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  Timestamp,
  Utf8,
} from 'apache-arrow';
import { CODER_ERROR } from '../../sdk/coders/errors.js';
import { type AtomicType, LOGICAL_TYPE, type LogicalType } from '../../sdk/coders/index.js';
import { isWellFormed } from '../../sdk/coders/surrogates.js';
import type { InstantForm } from './instants.js';
import { lengthProblem } from './lengths.js';
import { converted, failAt, isNot, type Place } from './place.js';

/** The values of a column of one type, without those that are null. */
export interface Present {
  readonly length: number;
  readonly nullCount: number;
  /** A set bit for each value that is not null; undefined when none is. */
  readonly nullBitmap: Uint8Array | undefined;
  /** Calls back for each value that is there, in order. */
  each(visit: (value: unknown, index: number) => void): void;
}

export function atomicColumn(type: AtomicType, present: Present, place: Place): Data {
  switch (type) {
    case 'byte':
      return integers(present, place, 8, new Int8Array(present.length), (base, data) =>
        makeData({ ...base, type: new Int8(), data }),
      );
    case 'int16':
      return integers(present, place, 16, new Int16Array(present.length), (base, data) =>
        makeData({ ...base, type: new Int16(), data }),
      );
    case 'int32':
      return integers(present, place, 32, new Int32Array(present.length), (base, data) =>
        makeData({ ...base, type: new Int32(), data }),
      );
    case 'int64':
      return int64s(present, (value, i) => int64(value, place, i));
    case 'float':
      return makeData({ ...base(present), type: new Float32(), data: floats(present, place, Float32Array) });
    case 'double':
      return makeData({ ...base(present), type: new Float64(), data: floats(present, place, Float64Array) });
    case 'string':
      return texts(present, place, undefined);
    case 'boolean':
      return booleans(present, place);
    case 'bytes':
      return blobs(present, place, undefined);
  }
}

/** The column of a logical type that has a form of its own; undefined for one that is its representation. */
export function logicalColumn(type: LogicalType, present: Present, place: Place): Data | undefined {
  switch (type.logical) {
    case LOGICAL_TYPE.bigint64:
      return int64s(present, (value, i) => {
        if (typeof value !== 'bigint') throw failAt(place, i, CODER_ERROR.unencodable, isNot('a bigint', value));
        return int64(value, place, i);
      });
    case LOGICAL_TYPE.fixedChar:
    case LOGICAL_TYPE.varChar:
      return texts(present, place, type);
    case LOGICAL_TYPE.fixedBytes:
    case LOGICAL_TYPE.varBytes:
      return blobs(present, place, type);
    default:
      return undefined;
  }
}

export function instantColumn(form: InstantForm, present: Present, place: Place): Data {
  const data = new BigInt64Array(present.length);
  present.each((value, i) => {
    data[i] = converted(place, i, value, form.toTicks);
  });
  return makeData({ ...base(present), type: new Timestamp(form.unitDigits / 3, 'UTC'), data });
}

export const base = ({ length, nullCount, nullBitmap }: Present) => ({ length, nullCount, nullBitmap });

function integers<A extends Int8Array | Int16Array | Int32Array>(
  present: Present,
  place: Place,
  bits: number,
  data: A,
  make: (props: ReturnType<typeof base>, data: A) => Data,
): Data {
  const limit = 2 ** (bits - 1);
  present.each((value, i) => {
    if (!Number.isInteger(value) || (value as number) < -limit || (value as number) >= limit)
      throw failAt(place, i, CODER_ERROR.range, isNot(`an integer from ${-limit} to ${limit - 1}`, value));
    data[i] = value as number;
  });
  return make(base(present), data);
}

function int64(value: unknown, place: Place, i: number): bigint {
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) === value) return value;
  } else if (Number.isSafeInteger(value)) return BigInt(value as number);
  throw failAt(place, i, CODER_ERROR.range, isNot('an integer of 64 bits, safe if it is a number', value));
}

function int64s(present: Present, convert: (value: unknown, index: number) => bigint): Data {
  const data = new BigInt64Array(present.length);
  present.each((value, i) => {
    data[i] = convert(value, i);
  });
  return makeData({ ...base(present), type: new Int64(), data });
}

function floats<A extends Float32Array | Float64Array>(
  present: Present,
  place: Place,
  Floats: new (length: number) => A,
): A {
  const data = new Floats(present.length);
  present.each((value, i) => {
    if (typeof value !== 'number') throw failAt(place, i, CODER_ERROR.unencodable, isNot('a number', value));
    data[i] = value;
  });
  return data;
}

function booleans(present: Present, place: Place): Data {
  const data = new Uint8Array((present.length + 7) >> 3);
  present.each((value, i) => {
    if (typeof value !== 'boolean') throw failAt(place, i, CODER_ERROR.unencodable, isNot('a boolean', value));
    if (value) data[i >> 3]! |= 1 << (i & 7);
  });
  return makeData({ ...base(present), type: new Bool(), data });
}

function checkLength(sized: LogicalType | undefined, length: number, place: Place, i: number): void {
  const wrong = sized && lengthProblem(sized, length);
  if (wrong !== undefined) throw failAt(place, i, CODER_ERROR.range, wrong);
}

function texts(present: Present, place: Place, sized: LogicalType | undefined): Data {
  const { data, valueOffsets } = concatenated(present, place, (value, i) => {
    if (typeof value !== 'string') throw failAt(place, i, CODER_ERROR.unencodable, isNot('a string', value));
    if (!isWellFormed(value))
      throw failAt(place, i, CODER_ERROR.unencodable, 'a string with a lone surrogate has no UTF-8 form');
    checkLength(sized, value.length, place, i);
    return Buffer.from(value, 'utf8');
  });
  return makeData({ ...base(present), type: new Utf8(), data, valueOffsets });
}

function blobs(present: Present, place: Place, sized: LogicalType | undefined): Data {
  const { data, valueOffsets } = concatenated(present, place, (value, i) => {
    if (!(value instanceof Uint8Array)) throw failAt(place, i, CODER_ERROR.unencodable, isNot('a Uint8Array', value));
    checkLength(sized, value.length, place, i);
    return value;
  });
  const width = sized?.logical === LOGICAL_TYPE.fixedBytes ? Number(sized.argument) : 0;
  if (width > 0) return fixedBlobs(present, width, data, valueOffsets);
  return makeData({ ...base(present), type: new Binary(), data, valueOffsets });
}

/** Blobs of one width stand at multiples of it, and nulls take room too. */
function fixedBlobs(present: Present, width: number, data: Uint8Array, valueOffsets: Int32Array): Data {
  let spread = data;
  if (data.length < present.length * width) {
    spread = new Uint8Array(present.length * width);
    present.each((_, i) => spread.set(data.subarray(valueOffsets[i], valueOffsets[i + 1]), i * width));
  }
  return makeData({ ...base(present), type: new FixedSizeBinary(width), data: spread });
}

/** An Arrow buffer with 32-bit offsets ends here. */
const BLOB_LIMIT = 2 ** 31 - 1;

function concatenated(present: Present, place: Place, bytesOf: (value: unknown, index: number) => Uint8Array) {
  const parts: Uint8Array[] = [];
  const valueOffsets = new Int32Array(present.length + 1);
  let end = 0;
  let next = 0;
  present.each((value, i) => {
    const part = bytesOf(value, i);
    valueOffsets.fill(end, next, i + 1);
    next = i + 1;
    end += part.length;
    if (end > BLOB_LIMIT)
      throw failAt(place, i, CODER_ERROR.range, 'the column holds more than 2 GiB', 'make smaller batches');
    parts.push(part);
  });
  valueOffsets.fill(end, next);
  return { data: new Uint8Array(Buffer.concat(parts, end)), valueOffsets };
}
