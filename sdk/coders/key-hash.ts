import type { Coder } from '../model/coder.js';
import type { GrowableSink } from './byte-sink.js';
import { withSink } from './encode.js';
import { keyForm } from './key-identity.js';

/*
 * The key hash, version 1. Key groups, and so checkpoints, depend on it: a change is a new version.
 *
 * It is MurmurHash3_x86_32 (Austin Appleby, public domain) of
 * - the 4 little-endian bytes of a number that is an int32 (−0 is 0), seed 1
 * - the 8 little-endian bytes of any other number as a double (one NaN, 0x7ff8000000000000), seed 2
 * - the UTF-16LE bytes of a string, seed 3
 * - the bytes of millrace:coder:key:v1 of any other value, seed 4
 * where the key's coder is the default one or Beam's for strings, integers, doubles or booleans; with every other coder
 *   it is the hash of the bytes of the key's encoding in the outer context, seed 5.
 */
export const KEY_HASH_VERSION = 1;

const SEED = { int32: 1, double: 2, string: 3, value: 4, bytes: 5 } as const;

/** The stable hash of a coder's keys, 0 … 2^32-1. Keys that are equal (see `keyIdentity`) have equal hashes. */
export function keyHash(coder: Coder<unknown>): (key: unknown) => number {
  const { primitives, coder: encoder } = keyForm(coder);
  const seed = primitives ? SEED.value : SEED.bytes;
  let encoding: unknown;
  const encode = (sink: GrowableSink): number => {
    encoder.encode(encoding, sink, false);
    return murmur3(sink.view(), seed);
  };
  const ofBytes = (key: unknown): number => {
    encoding = key;
    return withSink(encode);
  };
  if (!primitives) return ofBytes;
  return (key) => {
    if (typeof key === 'number') return (key | 0) === key ? finish(block(SEED.int32, key | 0), 4) : ofDouble(key);
    return typeof key === 'string' ? ofString(key) : ofBytes(key);
  };
}

/** The key group of a hash: what state is divided into, fixed for the life of a job. */
export function keyGroupOf(hash: number, maxParallelism: number): number {
  return (hash >>> 0) % maxParallelism;
}

/** MurmurHash3_x86_32 of bytes, as an unsigned integer. */
export function murmur3(bytes: Uint8Array, seed: number): number {
  const n = bytes.length;
  let h = seed;
  let i = 0;
  for (; i + 4 <= n; i += 4)
    h = block(h, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
  let tail = 0;
  for (let shift = 0; i < n; i++, shift += 8) tail |= bytes[i]! << shift;
  if (n & 3) h ^= scramble(tail);
  return finish(h, n);
}

function ofString(text: string): number {
  const n = text.length;
  let h: number = SEED.string;
  let i = 0;
  for (; i + 2 <= n; i += 2) h = block(h, text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
  if (i < n) h ^= scramble(text.charCodeAt(i));
  return finish(h, n * 2);
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

function ofDouble(value: number): number {
  double[0] = value;
  const nan = Number.isNaN(value);
  const low = nan ? 0 : words[0]!;
  const high = nan ? 0x7ff80000 : words[1]!;
  return finish(block(block(SEED.double, low), high), 8);
}

function scramble(k: number): number {
  k = Math.imul(k, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

function block(h: number, k: number): number {
  h ^= scramble(k);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(h: number, length: number): number {
  h ^= length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
