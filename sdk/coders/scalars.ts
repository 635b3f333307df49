import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { BEAM_CODER } from '../model/urns.js';
import { writeBytes, writeString } from './byte-sink.js';
import { readBytes, readString } from './byte-source.js';
import { CODER_ERROR, coderError, wrongType } from './errors.js';

class BytesCoder implements Coder<Uint8Array> {
  readonly urn = BEAM_CODER.bytes;
  readonly components = [];
  readonly deterministic = true;
  encode(value: Uint8Array, to: ByteSink, nested: boolean): void {
    if (!(value instanceof Uint8Array)) throw wrongType(this.urn, 'a Uint8Array', value);
    if (nested) writeBytes(to, value);
    else to.bytes(value);
  }
  decode(from: ByteSource, nested: boolean): Uint8Array {
    return nested ? readBytes(from) : from.bytes(from.remaining).slice();
  }
}

class StringUtf8Coder implements Coder<string> {
  readonly urn = BEAM_CODER.stringUtf8;
  readonly components = [];
  readonly deterministic = true;
  encode(value: string, to: ByteSink, nested: boolean): void {
    if (typeof value !== 'string') throw wrongType(this.urn, 'a string', value);
    if (nested) writeString(to, value);
    else to.utf8(value);
  }
  decode(from: ByteSource, nested: boolean): string {
    return nested ? readString(from) : from.utf8(from.remaining);
  }
}

class BoolCoder implements Coder<boolean> {
  readonly urn = BEAM_CODER.bool;
  readonly components = [];
  readonly deterministic = true;
  encode(value: boolean, to: ByteSink): void {
    if (typeof value !== 'boolean') throw wrongType(this.urn, 'a boolean', value);
    to.byte(value ? 1 : 0);
  }
  decode(from: ByteSource): boolean {
    return readFlag(from, this.urn);
  }
}

class VarintCoder implements Coder<number> {
  readonly urn = BEAM_CODER.varint;
  readonly components = [];
  readonly deterministic = true;
  encode(value: number, to: ByteSink): void {
    if (typeof value !== 'number') throw wrongType(this.urn, 'an integer', value);
    to.varint(value);
  }
  decode(from: ByteSource): number {
    return from.varint();
  }
}

class BigintVarintCoder implements Coder<bigint> {
  readonly urn = BEAM_CODER.varint;
  readonly components = [];
  readonly deterministic = true;
  encode(value: bigint, to: ByteSink): void {
    if (typeof value !== 'bigint') throw wrongType(`${this.urn} of bigints`, 'a bigint', value);
    to.varint64(value);
  }
  decode(from: ByteSource): bigint {
    return from.varint64();
  }
}

class DoubleCoder implements Coder<number> {
  readonly urn = BEAM_CODER.double;
  readonly components = [];
  readonly deterministic = true;
  encode(value: number, to: ByteSink): void {
    if (typeof value !== 'number') throw wrongType(this.urn, 'a number', value);
    to.float64(value);
  }
  decode(from: ByteSource): number {
    return from.float64();
  }
}

/** A byte that must be 0 or 1. */
export function readFlag(from: ByteSource, urn: string): boolean {
  const byte = from.byte();
  if (byte > 1) throw coderError(CODER_ERROR.malformed, `${urn} reads 0 or 1, not ${byte}`);
  return byte === 1;
}

const BYTES = new BytesCoder();
const STRING_UTF8 = new StringUtf8Coder();
const BOOL = new BoolCoder();
const VARINT = new VarintCoder();
const BIGINT_VARINT = new BigintVarintCoder();
const DOUBLE = new DoubleCoder();

/** Bytes; decoded into an array of their own. */
export const bytesCoder = (): Coder<Uint8Array> => BYTES;
/** UTF-8 text. A string with a lone surrogate is an error. */
export const stringUtf8Coder = (): Coder<string> => STRING_UTF8;
export const boolCoder = (): Coder<boolean> => BOOL;
/** Beam's 64-bit varint as a number; beyond ±(2^53 - 1) it is an error in both directions. */
export const varintCoder = (): Coder<number> => VARINT;
/** The same bytes as {@link varintCoder}, the whole range of int64. A plan does not tell the two apart. */
export const bigintVarintCoder = (): Coder<bigint> => BIGINT_VARINT;
export const doubleCoder = (): Coder<number> => DOUBLE;
