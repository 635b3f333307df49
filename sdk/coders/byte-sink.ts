import type { ByteSink } from '../model/coder.js';
import { CODER_ERROR, coderError } from './errors.js';
import { isWellFormed } from './surrogates.js';

const scratchFloat64 = new Float64Array(1);
const scratchFloat32 = new Float32Array(1);
const scratch64 = new Uint8Array(scratchFloat64.buffer);
const scratch32 = new Uint8Array(scratchFloat32.buffer);

/** Strings up to this length are written by a loop; longer ones by Node, whose call costs more than it saves below. */
const LOOP_LIMIT = 48;

/** A sink over one array that doubles. `reset` empties it and keeps the array, so that one sink serves every element. */
export class GrowableSink implements ByteSink {
  #buffer: Buffer<ArrayBuffer>;
  #length = 0;

  constructor(initialCapacity = 256) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(16, initialCapacity));
  }

  /** Bytes written since the last reset. */
  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
  }

  /** Drops everything after the first `length` bytes: takes back what a failed encode has written. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    const copy = new Uint8Array(this.#length);
    copy.set(this.view());
    return copy;
  }

  /** What was written, without a copy: valid until the next write or reset. */
  view(): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset, this.#length);
  }

  /** What was written as a string of one character a byte. */
  toLatin1(): string {
    return this.#buffer.toString('latin1', 0, this.#length);
  }

  /** Room for `length` bytes that the caller fills: a view that is valid until the next write. */
  claim(length: number): Uint8Array<ArrayBuffer> {
    if (this.#length + length > this.#buffer.length) this.#grow(length);
    const from = this.#length;
    this.#length += length;
    return new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset + from, length);
  }

  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    const n = value.length;
    if (this.#length + n > this.#buffer.length) this.#grow(n);
    if (n < 16) {
      const buffer = this.#buffer;
      let at = this.#length;
      for (let i = 0; i < n; i++) buffer[at++] = value[i]!;
    } else this.#buffer.set(value, this.#length);
    this.#length += n;
  }

  varint(value: number): void {
    if (value >= 0 && value < 0x80 && (value | 0) === value) {
      this.byte(value);
      return;
    }
    if (!Number.isSafeInteger(value))
      throw coderError(CODER_ERROR.range, `${value} is not an integer within ±(2^53 - 1), so it has no varint form`, {
        hint: 'declare the field or coder as bigint',
      });
    if (value < 0) {
      this.varint64(BigInt(value));
      return;
    }
    if (this.#length + 10 > this.#buffer.length) this.#grow(10);
    const buffer = this.#buffer;
    let at = this.#length;
    while (value > 0x7fffffff) {
      buffer[at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value >= 0x80) {
      buffer[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buffer[at++] = value;
    this.#length = at;
  }

  varint64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value)
      throw coderError(CODER_ERROR.range, `${value} does not fit 64 bits, so it has no varint form`);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  int32(value: number): void {
    if (this.#length + 4 > this.#buffer.length) this.#grow(4);
    const buffer = this.#buffer;
    const at = this.#length;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
    this.#length = at + 4;
  }

  int64(value: bigint): void {
    this.int32(Number(BigInt.asIntN(32, value >> 32n)));
    this.int32(Number(BigInt.asIntN(32, value)));
  }

  float64(value: number): void {
    if (this.#length + 8 > this.#buffer.length) this.#grow(8);
    const buffer = this.#buffer;
    const at = this.#length;
    this.#length = at + 8;
    if (Number.isNaN(value)) {
      // A NaN has many bit patterns and an engine may hand on any; one is written.
      buffer.fill(0, at + 2, at + 8);
      buffer[at] = 0x7f;
      buffer[at + 1] = 0xf8;
      return;
    }
    scratchFloat64[0] = value;
    for (let i = 0; i < 8; i++) buffer[at + i] = scratch64[7 - i]!;
  }

  float32(value: number): void {
    if (this.#length + 4 > this.#buffer.length) this.#grow(4);
    scratchFloat32[0] = value;
    if (Number.isNaN(value)) scratch32.set([0, 0, 0xc0, 0x7f]);
    for (let i = 3; i >= 0; i--) this.#buffer[this.#length++] = scratch32[i]!;
  }

  utf8(value: string): void {
    const n = value.length;
    if (this.#length + n > this.#buffer.length) this.#grow(n);
    if (n <= LOOP_LIMIT) {
      const buffer = this.#buffer;
      const from = this.#length;
      let i = 0;
      for (; i < n; i++) {
        const unit = value.charCodeAt(i);
        if (unit >= 0x80) break;
        buffer[from + i] = unit;
      }
      if (i === n) {
        this.#length = from + n;
        return;
      }
    }
    // As many bytes as units: ASCII.
    if (Buffer.byteLength(value) === n) {
      this.#length += this.#buffer.write(value, this.#length, 'latin1');
      return;
    }
    if (!isWellFormed(value))
      throw coderError(CODER_ERROR.unencodable, 'a string with a lone surrogate has no UTF-8 form', {
        hint: 'the default coder (millrace:coder:value:v1) carries such strings',
      });
    if (this.#length + n * 3 > this.#buffer.length) this.#grow(n * 3);
    this.#length += this.#buffer.write(value, this.#length, 'utf8');
  }

  /** Writes a byte and a string after it, if that is ASCII; `false` and nothing if it is not. */
  shortAscii(head: number, value: string): boolean {
    const n = value.length;
    if (this.#length + n + 1 > this.#buffer.length) this.#grow(n + 1);
    const buffer = this.#buffer;
    const from = this.#length + 1;
    for (let i = 0; i < n; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return false;
      buffer[from + i] = unit;
    }
    buffer[from - 1] = head;
    this.#length = from + n;
    return true;
  }

  /** The string's UTF-8 after its length as a varint: Beam's nested string. */
  prefixedUtf8(value: string): void {
    const n = value.length;
    if (n < LOOP_LIMIT && this.shortAscii(n, value)) return;
    this.varint(Buffer.byteLength(value));
    this.utf8(value);
  }

  #grow(by: number): void {
    const wanted = this.#length + by;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** Writes a string with its length before it to any sink. */
export function writeString(to: ByteSink, value: string): void {
  if (to instanceof GrowableSink) to.prefixedUtf8(value);
  else {
    to.varint(Buffer.byteLength(value));
    to.utf8(value);
  }
}

/** Writes bytes with their length before them. */
export function writeBytes(to: ByteSink, value: Uint8Array): void {
  to.varint(value.length);
  to.bytes(value);
}
