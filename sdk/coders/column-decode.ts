import type { BytesSource } from './byte-source.js';
import {
  COLUMN,
  COLUMN_DEPTH,
  MAX_FIELDS,
  malformedColumn,
  readFloat64s,
  readInt32s,
  sumOfLengths,
} from './column-format.js';
import { shapeOf } from './column-shape.js';
import { readStrings } from './column-strings.js';
import { packedDoubles, packedIntegers, packedValues } from './packed-array.js';
import { decodeValue } from './value-decode.js';

/** A mixed column may stand above each column of fields or elements. */
const NESTING_LIMIT = 2 * COLUMN_DEPTH + 2;
/** An array may be announced by four bytes and its elements by none, where they are constant. */
const ELEMENTS_LIMIT = 1 << 26;

/** Reads `count` values that {@link encodeColumn} wrote. */
export function decodeColumn(from: BytesSource, count: number): unknown[] {
  const column = readColumn(from, count, NESTING_LIMIT);
  if (column instanceof Int32Array) return copied(column, packedIntegers(count));
  if (column instanceof Float64Array) return copied(column, packedDoubles(count));
  return column as unknown[];
}

/** `Array.from` goes by the iterator, which takes ten times as long. */
function copied(column: Int32Array | Float64Array, into: number[]): number[] {
  for (let i = 0; i < column.length; i++) into[i] = column[i]!;
  return into;
}

/** The values as what they were written as; numbers stay in their typed array, which is as good to read from. */
function readColumn(from: BytesSource, count: number, depth: number): ArrayLike<unknown> {
  if (count === 0) return [];
  if (depth < 0) throw malformedColumn('columns nest too deep');
  const kind = from.byte();
  switch (kind) {
    case COLUMN.constant:
      return constant(decodeValue(from), count);
    case COLUMN.int32:
      return readInt32s(from, count);
    case COLUMN.float64:
      return readFloat64s(from, count);
    case COLUMN.boolean:
      return readBooleans(from, count);
    case COLUMN.latin1:
    case COLUMN.utf16:
    case COLUMN.dictionary:
      return readStrings(kind, from, count);
    case COLUMN.date:
      return readDates(from, count);
    case COLUMN.object:
      return readObjects(from, count, depth);
    case COLUMN.array:
      return readArrays(from, count, depth);
    case COLUMN.mixed:
      return readMixed(from, count, depth);
    case COLUMN.value: {
      const values = packedValues<unknown>(count);
      for (let i = 0; i < count; i++) values[i] = decodeValue(from);
      return values;
    }
    default:
      throw malformedColumn(`${kind} is no kind of column`);
  }
}

/** Of the same kind as if the values had been added one by one. */
function constant(value: unknown, count: number): unknown[] {
  if (typeof value !== 'number') return packedValues<unknown>(count).fill(value);
  const isSmall = (value | 0) === value && !Object.is(value, -0);
  return (isSmall ? packedIntegers(count) : packedDoubles(count)).fill(value);
}

function readBooleans(from: BytesSource, count: number): boolean[] {
  const bytes = from.bytes(count);
  const values = packedValues<boolean>(count);
  for (let i = 0; i < count; i++) values[i] = bytes[i] === 1;
  return values;
}

function readDates(from: BytesSource, count: number): Date[] {
  const times = readFloat64s(from, count);
  const values = packedValues<Date>(count);
  for (let i = 0; i < count; i++) values[i] = new Date(times[i]!);
  return values;
}

function readObjects(from: BytesSource, count: number, depth: number): unknown[] {
  const fields = from.varint();
  if (fields < 0 || fields > MAX_FIELDS) throw malformedColumn(`objects of ${fields} properties`);
  const names: string[] = [];
  for (let f = 0; f < fields; f++) {
    const name = decodeValue(from);
    if (typeof name !== 'string' || names.includes(name)) throw malformedColumn('a name that is none, or twice');
    names.push(name);
  }
  const columns: ArrayLike<unknown>[] = [];
  for (let f = 0; f < fields; f++) columns.push(readColumn(from, count, depth - 1));
  return shapeOf(names).join(columns, count);
}

function readArrays(from: BytesSource, count: number, depth: number): unknown[][] {
  const lengths = readInt32s(from, count);
  const elements = readColumn(from, sumOfLengths(lengths, ELEMENTS_LIMIT), depth - 1);
  const arrays = packedValues<unknown[]>(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const array: unknown[] = [];
    for (const end = at + lengths[i]!; at < end; at++) array.push(elements[at]);
    arrays[i] = array;
  }
  return arrays;
}

function readMixed(from: BytesSource, count: number, depth: number): unknown[] {
  const classes = from.byte();
  const tags = from.bytes(count);
  const columns: ArrayLike<unknown>[] = [];
  for (let c = 0; c < classes; c++) {
    const size = from.varint();
    if (size < 0 || size > count) throw malformedColumn(`a class of ${size} among ${count}`);
    columns.push(readColumn(from, size, depth - 1));
  }
  const next = new Int32Array(classes);
  const values = packedValues<unknown>(count);
  for (let i = 0; i < count; i++) {
    const tag = tags[i]!;
    const column = columns[tag];
    if (column === undefined || next[tag]! >= column.length) throw malformedColumn(`class ${tag} has no more values`);
    values[i] = column[next[tag]!++];
  }
  return values;
}
