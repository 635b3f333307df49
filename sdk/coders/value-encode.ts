import type { ByteSink } from '../model/coder.js';
import { MillraceError } from '../model/errors.js';
import { GlobalWindow, IntervalWindow } from '../model/window.js';
import { GrowableSink, writeBytes } from './byte-sink.js';
import { isWellFormed } from './surrogates.js';
import { explainUnencodable } from './value-explain.js';
import {
  DATA_VIEW,
  DEPTH_LIMIT,
  SHORT_ARRAY,
  SHORT_STRING,
  SMALL_INT,
  SMALL_OBJECT,
  TAG,
  VIEWS,
} from './value-format.js';
import { isMatch, kindOf } from './value-kind.js';
import { type Name, nameFor, rootName, writeUtf16 } from './value-names.js';

/** Thrown inside to leave the recursion; the place and the reason are found by a second walk. */
const UNENCODABLE = Symbol('unencodable');

const ROOT = rootName();

/** Writes a value; `canonical` gives equal keys equal bytes, and refuses what has no order of its own. */
export function encodeValue(value: unknown, to: ByteSink, canonical: boolean): void {
  try {
    write(value, to, canonical, DEPTH_LIMIT, ROOT);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw explainUnencodable(value, canonical, error === UNENCODABLE ? undefined : error);
  }
}

function write(value: unknown, to: ByteSink, canonical: boolean, depth: number, parent: Name): void {
  switch (typeof value) {
    case 'number':
      writeNumber(value, to, canonical);
      return;
    case 'string':
      writeText(value, to);
      return;
    case 'object':
      if (value === null) to.byte(TAG.null);
      else writeObject(value, to, canonical, depth - 1, parent);
      return;
    case 'boolean':
      to.byte(value ? TAG.true : TAG.false);
      return;
    case 'undefined':
      to.byte(TAG.undefined);
      return;
    case 'bigint':
      writeBigint(value, to);
      return;
    default:
      throw UNENCODABLE;
  }
}

function writeNumber(value: number, to: ByteSink, canonical: boolean): void {
  if (Number.isSafeInteger(value) && (value !== 0 || canonical || !Object.is(value, -0))) {
    if (value < 0) {
      to.byte(TAG.negativeInt);
      to.varint(-1 - value);
    } else if (value < 64) to.byte(SMALL_INT + value);
    else {
      to.byte(TAG.int);
      to.varint(value);
    }
  } else if (Math.fround(value) === value || Number.isNaN(value)) {
    to.byte(TAG.float);
    to.float32(value);
  } else {
    to.byte(TAG.double);
    to.float64(value);
  }
}

function writeText(value: string, to: ByteSink): void {
  const n = value.length;
  if (n < 64 && to instanceof GrowableSink && to.shortAscii(SHORT_STRING + n, value)) return;
  const length = Buffer.byteLength(value);
  if (length !== n && !isWellFormed(value)) {
    to.byte(TAG.utf16);
    to.varint(n * 2);
    writeUtf16(to, value);
    return;
  }
  if (length < 64) to.byte(SHORT_STRING + length);
  else {
    to.byte(TAG.string);
    to.varint(length);
  }
  to.utf8(value);
}

function writeBigint(value: bigint, to: ByteSink): void {
  to.byte(value < 0n ? TAG.negativeBigint : TAG.bigint);
  const magnitude = value < 0n ? -1n - value : value;
  if (magnitude === 0n) {
    to.varint(0);
    return;
  }
  const hex = magnitude.toString(16);
  writeBytes(to, Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex'));
}

function writeObject(value: object, to: ByteSink, canonical: boolean, depth: number, parent: Name): void {
  if (depth < 0) throw UNENCODABLE;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) writeProperties(value, to, canonical, depth, parent, false);
  else if (prototype === Array.prototype) writeArray(value as unknown[], to, canonical, depth, parent);
  else writeOther(value, prototype, to, canonical, depth, parent);
}

function writeOther(
  value: object,
  prototype: unknown,
  to: ByteSink,
  canonical: boolean,
  depth: number,
  parent: Name,
): void {
  switch (kindOf(value, prototype)) {
    case 'object':
      writeProperties(value, to, canonical, depth, parent, false);
      return;
    case 'nullObject':
      writeProperties(value, to, canonical, depth, parent, !canonical);
      return;
    case 'array':
      writeArray(value as unknown[], to, canonical, depth, parent);
      return;
    case 'date':
      to.byte(TAG.date);
      to.float64((value as Date).getTime());
      return;
    case 'map':
      if (canonical) throw UNENCODABLE;
      writeMap(value as Map<unknown, unknown>, to, depth, parent);
      return;
    case 'set':
      if (canonical) throw UNENCODABLE;
      writeSet(value as Set<unknown>, to, depth, parent);
      return;
    case 'arrayBuffer':
      to.byte(TAG.arrayBuffer);
      writeBytes(to, new Uint8Array(value as ArrayBuffer));
      return;
    case 'view':
      writeView(value as ArrayBufferView, to, canonical);
      return;
    default:
      writeWindow(value, to);
  }
}

function writeWindow(value: object, to: ByteSink): void {
  if (value instanceof IntervalWindow) {
    to.byte(TAG.intervalWindow);
    to.float64(value.start);
    to.float64(value.end);
  } else if (value instanceof GlobalWindow) to.byte(TAG.globalWindow);
  else throw UNENCODABLE;
}

function writeProperties(
  value: object,
  to: ByteSink,
  canonical: boolean,
  depth: number,
  parent: Name,
  nullPrototype: boolean,
): void {
  const keys = Object.keys(value);
  const n = keys.length;
  if (canonical) keys.sort();
  if (nullPrototype) {
    to.byte(TAG.nullObject);
    to.varint(n);
  } else if (n < TAG_SPACE) to.byte(SMALL_OBJECT + n);
  else {
    to.byte(TAG.object);
    to.varint(n);
  }
  const properties = value as Record<string, unknown>;
  let before: Name | undefined;
  for (let i = 0; i < n; i++) {
    const key = keys[i]!;
    const name: Name = nameFor(key, parent, before);
    to.bytes(name.bytes);
    write(properties[key], to, canonical, depth, name);
    before = name;
  }
}

const TAG_SPACE = 32;

function writeArray(value: readonly unknown[], to: ByteSink, canonical: boolean, depth: number, parent: Name): void {
  const n = value.length;
  if (isMatch(value)) throw UNENCODABLE;
  if (n < 16) to.byte(SHORT_ARRAY + n);
  else {
    to.byte(TAG.array);
    to.varint(n);
  }
  for (let i = 0; i < n; i++) {
    const element = value[i];
    if (element === undefined && !(i in value)) throw UNENCODABLE;
    write(element, to, canonical, depth, parent);
  }
}

function writeMap(value: ReadonlyMap<unknown, unknown>, to: ByteSink, depth: number, parent: Name): void {
  to.byte(TAG.map);
  to.varint(value.size);
  for (const [key, held] of value) {
    write(key, to, false, depth, parent);
    write(held, to, false, depth, parent);
  }
}

function writeSet(value: ReadonlySet<unknown>, to: ByteSink, depth: number, parent: Name): void {
  to.byte(TAG.set);
  to.varint(value.size);
  for (const element of value) write(element, to, false, depth, parent);
}

function writeView(value: ArrayBufferView, to: ByteSink, canonical: boolean): void {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Uint8Array) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Buffer.prototype) to.byte(canonical ? TAG.uint8Array : TAG.buffer);
    else if (prototype === Uint8Array.prototype) to.byte(TAG.uint8Array);
    else throw UNENCODABLE;
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    const number = prototype === DataView.prototype ? DATA_VIEW : VIEWS.findIndex((v) => v.prototype === prototype);
    if (number === -1) throw UNENCODABLE;
    if (canonical && (value instanceof Float32Array || value instanceof Float64Array)) throw UNENCODABLE;
    to.byte(TAG.view);
    to.byte(number);
  }
  writeBytes(to, bytes);
}
