import type { ByteSource } from '../model/coder.js';
import type { MillraceError } from '../model/errors.js';
import { CODER_ERROR, coderError } from './errors.js';
import { type NativeBuffer, nativeOf } from './native-buffer.js';

const scratchFloat64 = new Float64Array(1);
const scratchFloat32 = new Float32Array(1);
const scratch64 = new Uint8Array(scratchFloat64.buffer);
const scratch32 = new Uint8Array(scratchFloat32.buffer);

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A source over an array of bytes; `reset` points it at other bytes, so that one source serves every message. */
export class BytesSource implements ByteSource {
  #bytes: Uint8Array;
  #native: NativeBuffer | undefined;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = plain(bytes);
    this.#end = bytes.length;
  }

  reset(bytes: Uint8Array): void {
    this.#bytes = plain(bytes);
    this.#native = undefined;
    this.#at = 0;
    this.#end = bytes.length;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  byte(): number {
    if (this.#at === this.#end) throw this.#truncated(1);
    return this.#bytes[this.#at++]!;
  }

  /** A view of the next bytes, not a copy: it lives as long as the input does. */
  bytes(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.#end - this.#at)) throw this.#truncated(length);
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Whether the next bytes are these; they are read if so. */
  skip(expected: Uint8Array): boolean {
    const n = expected.length;
    const at = this.#at;
    if (n > this.#end - at) return false;
    for (let i = 0; i < n; i++) if (this.#bytes[at + i] !== expected[i]) return false;
    this.#at = at + n;
    return true;
  }

  varint(): number {
    const bytes = this.#bytes;
    const from = this.#at;
    let value = 0;
    let factor = 1;
    // Seven groups of seven bits are below 2^53 whatever they hold; longer ones go by bigint.
    for (let i = 0; i < 7; i++) {
      if (this.#at === this.#end) throw this.#truncated(1);
      const byte = bytes[this.#at++]!;
      if (byte < 0x80) return value + byte * factor;
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    this.#at = from;
    const wide = this.varint64();
    const narrow = Number(wide);
    if (!Number.isSafeInteger(narrow))
      throw coderError(CODER_ERROR.range, `the integer ${wide} is beyond ±(2^53 - 1), so a number cannot hold it`, {
        hint: 'declare the field or coder as bigint (bigintVarintCoder(), bigint64())',
      });
    return narrow;
  }

  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw coderError(CODER_ERROR.malformed, 'a varint goes on past its tenth byte');
  }

  int32(): number {
    if (this.#end - this.#at < 4) throw this.#truncated(4);
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at = at + 4;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  int64(): bigint {
    const high = BigInt(this.int32());
    return (high << 32n) | BigInt(this.int32() >>> 0);
  }

  float64(): number {
    if (this.#end - this.#at < 8) throw this.#truncated(8);
    const at = this.#at;
    for (let i = 0; i < 8; i++) scratch64[7 - i] = this.#bytes[at + i]!;
    this.#at = at + 8;
    return scratchFloat64[0]!;
  }

  float32(): number {
    if (this.#end - this.#at < 4) throw this.#truncated(4);
    for (let i = 3; i >= 0; i--) scratch32[i] = this.#bytes[this.#at++]!;
    return scratchFloat32[0]!;
  }

  utf8(length: number): string {
    if (!(length >= 0 && length <= this.#end - this.#at)) throw this.#truncated(length);
    const bytes = this.#bytes;
    const from = this.#at;
    const to = from + length;
    this.#at = to;
    if (length < 24) {
      const text = shortAscii(bytes, from, to);
      if (text !== undefined) return text;
    }
    this.#native ??= nativeOf(bytes);
    const text = this.#native.utf8Slice(from, to);
    // Node puts a replacement where the bytes are wrong, and so does whoever sent one.
    if (!text.includes('\ufffd')) return text;
    try {
      return strictUtf8.decode(bytes.subarray(from, to));
    } catch (cause) {
      throw coderError(CODER_ERROR.malformed, `${length} bytes that should be UTF-8 are not`, { cause });
    }
  }

  #truncated(wanted: number): MillraceError {
    if (!(wanted >= 0)) return coderError(CODER_ERROR.malformed, `the input announces a length of ${wanted}`);
    const missing = wanted - this.remaining;
    return coderError(
      CODER_ERROR.truncated,
      `the input ends at byte ${this.#end}, ${missing} ${missing === 1 ? 'byte' : 'bytes'} short of what it announces`,
    );
  }
}

/** Node's Buffer answers `slice` and `subarray` with Buffers that share memory; decoded values must not. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Short ASCII without a native call; `undefined` where a byte is not ASCII. */
function shortAscii(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = '';
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const a = bytes[at]!;
    const b = bytes[at + 1]!;
    const c = bytes[at + 2]!;
    const d = bytes[at + 3]!;
    if ((a | b | c | d) & 0x80) return undefined;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < to; at++) {
    const a = bytes[at]!;
    if (a & 0x80) return undefined;
    text += String.fromCharCode(a);
  }
  return text;
}

/** A length or count announced by the input; refused where it is negative or larger than what is left allows. */
export function readLength(from: ByteSource, what: string, unitBytes = 1): number {
  const length = from.varint();
  if (length < 0) throw coderError(CODER_ERROR.malformed, `the input announces ${what} of negative length ${length}`);
  if (length * unitBytes > from.remaining)
    throw coderError(
      CODER_ERROR.truncated,
      `the input announces ${what} of ${length * unitBytes} bytes or more and has ${from.remaining} left`,
    );
  return length;
}

/** Reads a string that has its length before it. */
export function readString(from: ByteSource): string {
  return from.utf8(readLength(from, 'a string'));
}

/** Reads bytes that have their length before them, into an array of their own. */
export function readBytes(from: ByteSource): Uint8Array<ArrayBuffer> {
  return new Uint8Array(from.bytes(readLength(from, 'bytes')));
}
