import { isUtf8 } from 'node:buffer';
import {
  BinaryView,
  type Data,
  type DataType,
  type Decimal,
  type FixedSizeBinary,
  type Float,
  Precision,
  Type,
  Vector,
} from 'apache-arrow';
import { CODER_ERROR } from '../../sdk/coders/errors.js';
import { ARROW_ERROR, arrowError } from './errors.js';

/** The value at an index of a column; it is not asked for where the column is null. */
export type Read = (index: number) => unknown;

/** Whole numbers of any Arrow integer type, as bigints where 64 bits need them. */
export function readIntegers(data: Data, path: string): (index: number) => number | bigint {
  const values = data.values as ArrayLike<number | bigint>;
  checkRoom(values.length, data.length, path);
  return (i) => values[i]!;
}

/** The same as numbers that the type of a row's field holds. */
export function readNumbers(data: Data, bits: 8 | 16 | 32 | 53, path: string): (index: number) => number {
  const read = readIntegers(data, path);
  const end = 2 ** (bits === 53 ? 53 : bits - 1);
  return (i) => {
    const value = Number(read(i));
    if (value >= end || value < -end || value === -(2 ** 53))
      throw arrowError(CODER_ERROR.range, `${JSON.stringify(path)}: ${read(i)} is beyond what the type holds`, {
        hint: bits === 53 ? 'bigint64() reads all integers of 64 bits' : 'int64() or bigint64() hold more',
      });
    return value;
  };
}

export function readInt64s(data: Data, path: string): (index: number) => bigint {
  const read = readIntegers(data, path);
  return (i) => {
    const value = BigInt(read(i));
    if (BigInt.asIntN(64, value) !== value)
      throw arrowError(CODER_ERROR.range, `${JSON.stringify(path)}: ${value} is beyond int64`);
    return value;
  };
}

/** Floats of the type or of a narrower one. */
export function readFloats(data: Data, type: 'float' | 'double', path: string): (index: number) => number {
  const { precision } = data.type as Float;
  if (type === 'float' && precision === Precision.DOUBLE)
    throw arrowError(ARROW_ERROR.schemaMismatch, `the Arrow column ${JSON.stringify(path)} is of doubles, not floats`);
  const values = data.values as ArrayLike<number>;
  checkRoom(values.length, data.length, path);
  if (precision !== Precision.HALF) return (i) => values[i]!;
  const halves = new Vector([data as Data<Float>]);
  return (i) => halves.get(i)!;
}

export function readBooleans(data: Data, path: string): (index: number) => boolean {
  const bits = data.values as Uint8Array;
  checkRoom(bits.length * 8, data.offset + data.length, path);
  return (i) => ((bits[(data.offset + i) >> 3]! >> ((data.offset + i) & 7)) & 1) === 1;
}

/** Bytes of all binary types, each an array of its own. */
export function readBytes(data: Data, path: string): (index: number) => Uint8Array {
  const view = viewOfBytes(data, path);
  return (i) => new Uint8Array(view(i));
}

/** Text of all string types; bytes that are not UTF-8 are an error. */
export function readStrings(data: Data, path: string): (index: number) => string {
  const view = viewOfBytes(data, path);
  return (i) => {
    const bytes = view(i);
    if (!isUtf8(bytes)) throw arrowError(CODER_ERROR.malformed, `${JSON.stringify(path)} is not UTF-8`);
    // A TextDecoder would leave out a byte order mark, which is a part of the text here.
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  };
}

/** A decimal as digits with as many after the point as the column's scale says. */
export function readDecimals(data: Data, path: string): (index: number) => string {
  const { scale, bitWidth } = data.type as Decimal;
  const words = bitWidth / 32;
  const values = data.values as Uint32Array;
  checkRoom(values.length, data.length * words, path);
  return (i) => {
    let unscaled = 0n;
    for (let word = words - 1; word >= 0; word--) unscaled = (unscaled << 32n) | BigInt(values[i * words + word]!);
    unscaled = BigInt.asIntN(bitWidth, unscaled);
    const sign = unscaled < 0n ? '-' : '';
    const digits = `${unscaled < 0n ? -unscaled : unscaled}`;
    if (scale <= 0) return scale === 0 ? sign + digits : `${sign}${digits}E+${-scale}`;
    const padded = digits.padStart(scale + 1, '0');
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  };
}

/** A part of the column's buffer for each value, for all types that are a sequence of bytes. */
function viewOfBytes(data: Data, path: string): (index: number) => Uint8Array {
  const values = data.values as Uint8Array;
  const type = data.type as DataType;
  switch (type.typeId) {
    case Type.Utf8View:
    case Type.BinaryView:
      return viewOfViews(data, path);
    case Type.FixedSizeBinary: {
      const { byteWidth } = type as FixedSizeBinary;
      checkRoom(values.length, data.length * byteWidth, path);
      return (i) => values.subarray(i * byteWidth, (i + 1) * byteWidth);
    }
    default: {
      const range = rangesOf(data, values.length, path);
      return (i) => values.subarray(...range(i));
    }
  }
}

/** Arrow's views: a length, then the bytes themselves if they are few, else four of them and where all of them are. */
function viewOfViews(data: Data, path: string): (index: number) => Uint8Array {
  const views = data.values as Uint8Array;
  checkRoom(views.length, data.length * BinaryView.ELEMENT_WIDTH, path);
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  return (i) => {
    const at = i * BinaryView.ELEMENT_WIDTH;
    const length = view.getInt32(at, true);
    if (length >= 0 && length <= BinaryView.INLINE_CAPACITY)
      return views.subarray(at + BinaryView.INLINE_OFFSET, at + BinaryView.INLINE_OFFSET + length);
    const buffer = data.variadicBuffers[view.getInt32(at + BinaryView.BUFFER_INDEX_OFFSET, true)];
    const start = view.getInt32(at + BinaryView.BUFFER_OFFSET_OFFSET, true);
    if (buffer === undefined || start < 0 || length < 0 || start + length > buffer.length) throw malformed(path);
    return buffer.subarray(start, start + length);
  };
}

/** Where the elements of each value of a column with offsets stand, of `room` that there are. */
export function rangesOf(data: Data, room: number, path: string): (index: number) => [start: number, end: number] {
  const offsets = data.valueOffsets as ArrayLike<number | bigint> | undefined;
  // Some writers leave the offsets of an empty column out.
  if (data.length > 0) checkRoom(offsets?.length ?? 0, data.length + 1, path);
  return (i) => {
    const start = Number(offsets![i]);
    const end = Number(offsets![i + 1]);
    if (start < 0 || end < start || end > room) throw malformed(path);
    return [start, end];
  };
}

export function checkRoom(room: number, needed: number, path: string): void {
  if (room < needed) throw malformed(path);
}

const malformed = (path: string) =>
  arrowError(ARROW_ERROR.malformed, `the Arrow column ${JSON.stringify(path)} has less in it than its length says`);
