import type { GrowableSink } from './byte-sink.js';
import type { BytesSource } from './byte-source.js';
import {
  COLUMN,
  claimInt32,
  claimUint16,
  malformedColumn,
  readInt32s,
  readUint16s,
  sumOfLengths,
} from './column-format.js';
import { nativeOf } from './native-buffer.js';
import { packedValues } from './packed-array.js';

type Values = readonly unknown[];

/** Writes a column of strings; `false` where a value is none. */
export function writeStrings(values: Values, from: number, to: number, sink: GrowableSink): boolean {
  return writeDictionary(values, from, to, sink) || writeText(values, from, to, sink);
}

/** A dictionary is tried where the first of the strings are not more than so many different ones. */
const SAMPLE = 48;
const DISTINCT_IN_SAMPLE = 36;
/** Their indices take a byte each. */
const LARGEST_DICTIONARY = 256;

/**
 * Strings of which many are equal stand once, and are one object again on the other side: names of kinds, of countries, of
 * users. `false`, and nothing written, where they are too many different ones, or not all strings.
 */
function writeDictionary(values: Values, from: number, to: number, sink: GrowableSink): boolean {
  const count = to - from;
  if (count < SAMPLE) return false;
  const mark = sink.length;
  sink.byte(COLUMN.dictionary);
  const indices = sink.claim(count);
  const known = new Map<unknown, number>();
  const distinct: string[] = [];
  const sampled = from + SAMPLE;
  for (let i = from; i < to; i++) {
    const value = values[i];
    let index = known.get(value);
    if (index === undefined) {
      const limit = i < sampled ? DISTINCT_IN_SAMPLE : LARGEST_DICTIONARY;
      if (typeof value !== 'string' || distinct.length === limit) {
        sink.truncate(mark);
        return false;
      }
      index = distinct.push(value) - 1;
      known.set(value, index);
    }
    indices[i - from] = index;
  }
  sink.varint(distinct.length);
  return writeText(distinct, 0, distinct.length, sink);
}

/** Where strings are longer than this on average, to join them for one native call is cheaper than a loop. */
const LONG_STRING = 5;
/** Joined strings are limited by the longest string of the engine. */
const BLOB_LIMIT = 1 << 26;

function writeText(values: Values, from: number, to: number, sink: GrowableSink): boolean {
  const mark = sink.length;
  sink.byte(COLUMN.latin1);
  const lengths = claimInt32(sink, to - from);
  let total = 0;
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (typeof value !== 'string') return false;
    lengths[i - from] = value.length;
    total += value.length;
  }
  const bytes = sink.claim(total);
  if (total > LONG_STRING * (to - from) && total < BLOB_LIMIT) {
    const all = (to - from === values.length ? values : values.slice(from, to)).join('');
    if (Buffer.byteLength(all) === total) {
      Buffer.from(bytes.buffer, bytes.byteOffset, total).write(all, 'latin1');
      return true;
    }
  }
  let at = 0;
  let seen = 0;
  for (let i = from; i < to && seen < 0x100; i++) {
    const value = values[i] as string;
    const n = value.length;
    for (let c = 0; c < n; c++) {
      const unit = value.charCodeAt(c);
      seen |= unit;
      bytes[at + c] = unit;
    }
    at += n;
  }
  if (seen >= 0x100) {
    sink.truncate(mark);
    writeWideStrings(values, from, to, sink, total);
  }
  return true;
}

function writeWideStrings(values: Values, from: number, to: number, sink: GrowableSink, total: number): void {
  sink.byte(COLUMN.utf16);
  const lengths = claimInt32(sink, to - from);
  for (let i = from; i < to; i++) lengths[i - from] = (values[i] as string).length;
  const units = claimUint16(sink, total);
  let at = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] as string;
    for (let c = 0; c < value.length; c++) units[at++] = value.charCodeAt(c);
  }
}

/** Reads what {@link writeStrings} has written; its kind was read before. */
export function readStrings(kind: number, from: BytesSource, count: number): string[] {
  if (kind === COLUMN.latin1) return readLatin1(from, count);
  if (kind === COLUMN.utf16) return readWide(from, count);
  const indices = from.bytes(count);
  const distinct = from.varint();
  if (distinct < 1 || distinct > LARGEST_DICTIONARY) throw malformedColumn(`a dictionary of ${distinct} strings`);
  const inner = from.byte();
  if (inner !== COLUMN.latin1 && inner !== COLUMN.utf16)
    throw malformedColumn(`a dictionary of a column of kind ${inner}`);
  const entries = readStrings(inner, from, distinct);
  const texts = packedValues<string>(count);
  for (let i = 0; i < count; i++) {
    const text = entries[indices[i]!];
    if (text === undefined) throw malformedColumn('a string that its dictionary does not have');
    texts[i] = text;
  }
  return texts;
}

/**
 * V8 copies a substring below this length; a longer one would be a slice that keeps the text of the whole batch alive,
 * for as long as a key of it stands in some state.
 */
const SLICED_FROM = 13;

function readLatin1(from: BytesSource, count: number): string[] {
  const lengths = readInt32s(from, count);
  const native = nativeOf(from.bytes(sumOfLengths(lengths, Number.POSITIVE_INFINITY)));
  const all = native.length < count * SLICED_FROM ? native.latin1Slice(0, native.length) : undefined;
  const texts = packedValues<string>(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = at + lengths[i]!;
    texts[i] = all !== undefined && end - at < SLICED_FROM ? all.substring(at, end) : native.latin1Slice(at, end);
    at = end;
  }
  return texts;
}

function readWide(from: BytesSource, count: number): string[] {
  const lengths = readInt32s(from, count);
  const native = nativeOf(readUint16s(from, sumOfLengths(lengths, Number.POSITIVE_INFINITY)));
  const texts = packedValues<string>(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = at + lengths[i]! * 2;
    texts[i] = native.ucs2Slice(at, end);
    at = end;
  }
  return texts;
}
