import type { ByteSource } from '../model/coder.js';
import { GlobalWindow, IntervalWindow } from '../model/window.js';
import { readBytes, readLength } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';
import {
  DATA_VIEW,
  DEPTH_LIMIT,
  SHORT_ARRAY,
  SHORT_STRING,
  SMALL_INT,
  SMALL_OBJECT,
  TAG,
  TAG_END,
  VIEWS,
} from './value-format.js';
import { type Name, readName, readPrefixedUtf16, rootName } from './value-names.js';

const ROOT = rootName();

/** Reads what `encodeValue` wrote. Hostile bytes give an error, soon, and never more memory than they announce. */
export function decodeValue(from: ByteSource): unknown {
  return read(from, DEPTH_LIMIT, ROOT);
}

function read(from: ByteSource, depth: number, parent: Name): unknown {
  const tag = from.byte();
  if (tag >= SMALL_INT) {
    if (tag < SHORT_STRING) return tag - SMALL_INT;
    if (tag < SHORT_ARRAY) return from.utf8(tag - SHORT_STRING);
    if (tag < SMALL_OBJECT) return readArray(from, tag - SHORT_ARRAY, depth, parent);
    if (tag < TAG_END) return readProperties({}, from, tag - SMALL_OBJECT, depth, parent);
  }
  switch (tag) {
    case TAG.undefined:
      return undefined;
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.int:
      return from.varint();
    case TAG.negativeInt:
      return -1 - from.varint();
    case TAG.double:
      return from.float64();
    case TAG.float:
      return from.float32();
    case TAG.bigint:
      return readBigint(from);
    case TAG.negativeBigint:
      return -1n - readBigint(from);
    case TAG.string:
      return from.utf8(readLength(from, 'a string'));
    case TAG.utf16:
      return readPrefixedUtf16(from);
    case TAG.date:
      return new Date(from.float64());
    case TAG.array:
      return readArray(from, readLength(from, 'an array'), depth, parent);
    case TAG.map:
      return readMap(from, depth, parent);
    case TAG.set:
      return readSet(from, depth, parent);
    case TAG.object:
      return readProperties({}, from, readLength(from, 'an object', 2), depth, parent);
    case TAG.nullObject:
      return readProperties(Object.create(null), from, readLength(from, 'an object', 2), depth, parent);
    case TAG.uint8Array:
      return readBytes(from);
    case TAG.buffer:
      return Buffer.from(from.bytes(readLength(from, 'a Buffer')));
    case TAG.view:
      return readView(from);
    case TAG.arrayBuffer:
      return readBytes(from).buffer;
    case TAG.intervalWindow: {
      const start = from.float64();
      return new IntervalWindow(start, from.float64());
    }
    case TAG.globalWindow:
      return GlobalWindow.INSTANCE;
    default:
      throw coderError(CODER_ERROR.malformed, `0x${tag.toString(16)} is no tag of the value coder's`, {
        hint: 'the bytes were written by another coder, or by a later version of Millrace',
      });
  }
}

function readArray(from: ByteSource, count: number, depth: number, parent: Name): unknown[] {
  enter(depth);
  const elements: unknown[] = [];
  for (let i = 0; i < count; i++) elements.push(read(from, depth - 1, parent));
  return elements;
}

function readProperties(
  into: Record<string, unknown>,
  from: ByteSource,
  count: number,
  depth: number,
  parent: Name,
): object {
  enter(depth);
  let before: Name | undefined;
  for (let i = 0; i < count; i++) {
    const name: Name = readName(from, parent, before);
    const value = read(from, depth - 1, name);
    if (name.unsafe)
      Object.defineProperty(into, name.text, { value, enumerable: true, configurable: true, writable: true });
    else into[name.text] = value;
    before = name;
  }
  return into;
}

function readMap(from: ByteSource, depth: number, parent: Name): Map<unknown, unknown> {
  enter(depth);
  const map = new Map<unknown, unknown>();
  const size = readLength(from, 'a map', 2);
  for (let i = 0; i < size; i++) {
    const key = read(from, depth - 1, parent);
    map.set(key, read(from, depth - 1, parent));
  }
  return map;
}

function readSet(from: ByteSource, depth: number, parent: Name): Set<unknown> {
  enter(depth);
  const set = new Set<unknown>();
  const size = readLength(from, 'a set');
  for (let i = 0; i < size; i++) set.add(read(from, depth - 1, parent));
  return set;
}

function readBigint(from: ByteSource): bigint {
  const length = readLength(from, 'a bigint');
  if (length === 0) return 0n;
  // BigInt has a largest size, far below that of an array.
  if (length > 1 << 20) throw coderError(CODER_ERROR.malformed, `a bigint of ${length} bytes`);
  return BigInt(`0x${Buffer.from(from.bytes(length)).toString('hex')}`);
}

function readView(from: ByteSource): ArrayBufferView {
  const number = from.byte();
  const { buffer, byteLength } = readBytes(from);
  if (number === DATA_VIEW) return new DataView(buffer);
  const View = VIEWS[number];
  if (View === undefined) throw coderError(CODER_ERROR.malformed, `${number} is no kind of typed array`);
  if (byteLength % View.BYTES_PER_ELEMENT !== 0)
    throw coderError(CODER_ERROR.malformed, `${byteLength} bytes are no whole number of elements of ${View.name}`);
  return new View(buffer);
}

function enter(depth: number): void {
  if (depth === 0) throw coderError(CODER_ERROR.malformed, `the input nests values deeper than ${DEPTH_LIMIT} levels`);
}
