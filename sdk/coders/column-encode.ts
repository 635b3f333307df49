import type { GrowableSink } from './byte-sink.js';
import { COLUMN, COLUMN_DEPTH, claimFloat64, claimInt32 } from './column-format.js';
import { type Shape, shapeOfValue } from './column-shape.js';
import { writeStrings } from './column-strings.js';
import { encodeToBytes } from './encode.js';
import { valueCoder } from './value.js';
import { encodeValue } from './value-encode.js';
import { isMatch } from './value-kind.js';

type Values = readonly unknown[];

/**
 * Writes values[from … to) by columns, looking at what they are: numbers, strings, booleans, dates and objects of one
 * shape are moved field by field; a mixture is parted into such classes first; all else goes by the default coder.
 * Nothing is lost that the default coder keeps. Throws CODER_UNENCODABLE as the default coder does.
 */
export function encodeColumn(values: Values, from: number, to: number, sink: GrowableSink): void {
  const start = sink.length;
  try {
    writeColumn(values, from, to, sink, COLUMN_DEPTH);
  } catch (error) {
    sink.truncate(start);
    // The columns know only their part of an element; the default coder names the place inside the whole.
    for (let i = from; i < to; i++) encodeToBytes(valueCoder(), values[i]);
    throw error;
  }
}

function writeColumn(values: Values, from: number, to: number, sink: GrowableSink, depth: number): void {
  if (from === to) return;
  const mark = sink.length;
  if (!writeOfFirst(values, from, to, sink, depth)) {
    sink.truncate(mark);
    writeMixed(values, from, to, sink, depth);
  }
}

/** Writes the column that the first value suggests; `false` where another value does not fit it. */
function writeOfFirst(values: Values, from: number, to: number, sink: GrowableSink, depth: number): boolean {
  const first = values[from];
  switch (typeof first) {
    case 'number':
      return writeConstant(first, values, from, to, sink) || writeNumbers(values, from, to, sink);
    case 'string':
      return writeConstant(first, values, from, to, sink) || writeStrings(values, from, to, sink);
    case 'boolean':
      return writeConstant(first, values, from, to, sink) || writeBooleans(values, from, to, sink);
    case 'undefined':
      return writeConstant(first, values, from, to, sink);
    case 'object': {
      if (first === null) return writeConstant(first, values, from, to, sink);
      if (depth === 0) return writeValues(values, from, to, sink);
      const shape = shapeOfValue(first);
      if (shape !== undefined) return writeObjects(shape, values, from, to, sink, depth);
      const prototype: unknown = Object.getPrototypeOf(first);
      if (isPlainArray(first)) return writeArrays(values, from, to, sink, depth);
      if (prototype === Date.prototype) return writeDates(values, from, to, sink);
      return false;
    }
    default:
      return false;
  }
}

function writeConstant(first: unknown, values: Values, from: number, to: number, sink: GrowableSink): boolean {
  // Most columns that vary do so at once, at their middle or at their end.
  if (!Object.is(values[to - 1], first) || !Object.is(values[(from + to) >> 1], first)) return false;
  for (let i = from + 1; i < to; i++) if (!Object.is(values[i], first)) return false;
  sink.byte(COLUMN.constant);
  encodeValue(first, sink, false);
  return true;
}

function writeNumbers(values: Values, from: number, to: number, sink: GrowableSink): boolean {
  const mark = sink.length;
  sink.byte(COLUMN.int32);
  const ints = claimInt32(sink, to - from);
  let i = from;
  for (; i < to; i++) {
    const value = values[i];
    if (typeof value !== 'number' || (value | 0) !== value || (value === 0 && Object.is(value, -0))) break;
    ints[i - from] = value;
  }
  if (i === to) return true;
  sink.truncate(mark);
  sink.byte(COLUMN.float64);
  const doubles = claimFloat64(sink, to - from);
  for (i = from; i < to; i++) {
    const value = values[i];
    if (typeof value !== 'number') return false;
    doubles[i - from] = value;
  }
  return true;
}

function writeBooleans(values: Values, from: number, to: number, sink: GrowableSink): boolean {
  sink.byte(COLUMN.boolean);
  const bytes = sink.claim(to - from);
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (typeof value !== 'boolean') return false;
    bytes[i - from] = value ? 1 : 0;
  }
  return true;
}

function writeDates(values: Values, from: number, to: number, sink: GrowableSink): boolean {
  sink.byte(COLUMN.date);
  const times = claimFloat64(sink, to - from);
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (!isDate(value)) return false;
    times[i - from] = value.getTime();
  }
  return true;
}

function writeObjects(
  shape: Shape,
  values: Values,
  from: number,
  to: number,
  sink: GrowableSink,
  depth: number,
): boolean {
  const columns = shape.names.map(() => new Array<unknown>(to - from));
  if (shape.split(values, from, to, columns) !== to) return false;
  writeFields(shape, columns, to - from, sink, depth);
  return true;
}

function writeFields(shape: Shape, columns: readonly Values[], count: number, sink: GrowableSink, depth: number): void {
  sink.byte(COLUMN.object);
  sink.varint(shape.names.length);
  for (const name of shape.names) {
    // Names may hold lone surrogates, which UTF-8 has no form for.
    encodeValue(name, sink, false);
  }
  for (const column of columns) writeColumn(column, 0, count, sink, depth - 1);
}

function writeArrays(values: Values, from: number, to: number, sink: GrowableSink, depth: number): boolean {
  const mark = sink.length;
  sink.byte(COLUMN.array);
  const lengths = claimInt32(sink, to - from);
  const elements: unknown[] = [];
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (!isPlainArray(value)) return false;
    lengths[i - from] = value.length;
    for (let e = 0; e < value.length; e++) {
      const element = value[e];
      // The default coder refuses holes, and says where they are.
      if (element === undefined && !(e in value)) {
        sink.truncate(mark);
        return writeValues(values, from, to, sink);
      }
      elements.push(element);
    }
  }
  writeColumn(elements, 0, elements.length, sink, depth - 1);
  return true;
}

function writeValues(values: Values, from: number, to: number, sink: GrowableSink): boolean {
  sink.byte(COLUMN.value);
  for (let i = from; i < to; i++) encodeValue(values[i], sink, false);
  return true;
}

/** More classes than these mean that classes do not help. */
const CLASS_LIMIT = 16;
type Class = string | Shape;

/** Parts the values into classes that each make a column. */
function writeMixed(values: Values, from: number, to: number, sink: GrowableSink, depth: number): void {
  const classes: Class[] = [];
  const parts: unknown[][] = [];
  const tags = new Uint8Array(to - from);
  let tag = 0;
  for (let i = from; i < to; i++) {
    const value = values[i];
    const last = classes[tag];
    if (typeof last !== 'object' || !last.matches(value)) tag = classOf(value, classes);
    if (tag === classes.length - 1 && parts.length < classes.length) parts.push([]);
    tags[i - from] = tag;
    parts[tag]!.push(value);
  }
  if (classes.length === 1 && classes[0] === OTHER) {
    writeValues(values, from, to, sink);
    return;
  }
  sink.byte(COLUMN.mixed);
  sink.byte(classes.length);
  sink.bytes(tags);
  for (const [tag, part] of parts.entries()) {
    sink.varint(part.length);
    const kind = classes[tag]!;
    if (kind === OTHER) writeValues(part, 0, part.length, sink);
    else if (typeof kind === 'object' && depth > 0) {
      const columns = kind.names.map(() => new Array<unknown>(part.length));
      kind.take(part, columns);
      writeFields(kind, columns, part.length, sink, depth);
    } else writeColumn(part, 0, part.length, sink, depth);
  }
}

const OTHER = 'other';

/** The index of a value's class; new classes are added. */
function classOf(value: unknown, classes: Class[]): number {
  let kind: Class;
  if (typeof value === 'object' && value !== null) {
    for (let c = 0; c < classes.length; c++) {
      const known = classes[c]!;
      if (typeof known !== 'string' && known.matches(value)) return c;
    }
    kind = classes.length < CLASS_LIMIT ? kindOfObject(value) : OTHER;
  } else kind = value === null ? 'null' : PRIMITIVES.has(typeof value) ? typeof value : OTHER;
  const at = classes.indexOf(kind);
  if (at !== -1) return at;
  if (classes.length < CLASS_LIMIT) return classes.push(kind) - 1;
  const other = classes.indexOf(OTHER);
  return other === -1 ? classes.push(OTHER) - 1 : other;
}

const PRIMITIVES: ReadonlySet<string> = new Set(['number', 'string', 'boolean', 'undefined']);

function kindOfObject(value: object): Class {
  if (isPlainArray(value)) return 'array';
  if (isDate(value)) return 'date';
  return shapeOfValue(value) ?? OTHER;
}

const isPlainArray = (value: unknown): value is unknown[] =>
  Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype && !isMatch(value);

const isDate = (value: unknown): value is Date =>
  value instanceof Date && Object.getPrototypeOf(value) === Date.prototype;
