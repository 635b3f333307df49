import type { GrowableSink } from './byte-sink.js';
import type { BytesSource } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';

/*
 * The format in which a batch passes between threads of one process; it is never stored, so it may change. A column is
 * a byte that says what it holds, and then:
 */
export const COLUMN = {
  /** the value, once */
  constant: 0,
  /** count × int32 */
  int32: 1,
  /** count × float64 */
  float64: 2,
  /** count × a byte, 0 or 1 */
  boolean: 3,
  /** count × int32 lengths, then one byte a character */
  latin1: 4,
  /** count × int32 lengths, then two bytes a character */
  utf16: 5,
  /** count × float64 */
  date: 6,
  /** the names, then a column for each */
  object: 7,
  /** count × int32 lengths, then a column of all elements */
  array: 8,
  /** how many classes, count × a byte (the class of each element), then a count and a column for each class */
  mixed: 9,
  /** count × the default coder's bytes */
  value: 10,
  /** count × a byte (which of the strings), how many strings there are, then these as a column */
  dictionary: 11,
} as const;

/** Columns inside columns; what is deeper goes by the default coder. */
export const COLUMN_DEPTH = 8;
/** Objects with more properties are maps in disguise. */
export const MAX_FIELDS = 32;

/*
 * Typed arrays need an aligned place: as many bytes as the byte before them says are skipped. Where the receiver's
 * buffer begins elsewhere they are copied.
 */
const ALIGNMENT = 8;

function claim(to: GrowableSink, byteLength: number): Uint8Array<ArrayBuffer> {
  const padding = (ALIGNMENT - ((to.length + 1) % ALIGNMENT)) % ALIGNMENT;
  to.byte(padding);
  to.claim(padding).fill(0);
  return to.claim(byteLength);
}

export function claimInt32(to: GrowableSink, count: number): Int32Array<ArrayBuffer> {
  const bytes = claim(to, count * 4);
  return new Int32Array(bytes.buffer, bytes.byteOffset, count);
}

export function claimFloat64(to: GrowableSink, count: number): Float64Array<ArrayBuffer> {
  const bytes = claim(to, count * 8);
  return new Float64Array(bytes.buffer, bytes.byteOffset, count);
}

export function claimUint16(to: GrowableSink, count: number): Uint16Array<ArrayBuffer> {
  const bytes = claim(to, count * 2);
  return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
}

function aligned(from: BytesSource, byteLength: number): Uint8Array {
  from.bytes(from.byte());
  const bytes = from.bytes(byteLength);
  return bytes.byteOffset % ALIGNMENT === 0 ? bytes : new Uint8Array(bytes);
}

export function readInt32s(from: BytesSource, count: number): Int32Array {
  const bytes = aligned(from, count * 4);
  return new Int32Array(bytes.buffer, bytes.byteOffset, count);
}

export function readFloat64s(from: BytesSource, count: number): Float64Array {
  const bytes = aligned(from, count * 8);
  return new Float64Array(bytes.buffer, bytes.byteOffset, count);
}

/** Bytes as a Buffer at an even address, for UTF-16. */
export function readUint16s(from: BytesSource, count: number): Uint8Array {
  return aligned(from, count * 2);
}

export const malformedColumn = (what: string) =>
  coderError(CODER_ERROR.malformed, `the bytes of a column are wrong: ${what}`);

/** The sum of lengths that were read, up to a limit; characters need none, as they must all be there. */
export function sumOfLengths(lengths: Int32Array, limit: number): number {
  let total = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!;
    if (length < 0) throw malformedColumn('a negative length');
    total += length;
    if (total > limit) throw malformedColumn(`more than ${limit} elements`);
  }
  return total;
}
