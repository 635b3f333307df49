import type { JsonValue } from './json.js';

/** Where encoded bytes go. Grows; reused between elements. */
export interface ByteSink {
  byte(value: number): void;
  bytes(value: Uint8Array): void;
  /** Unsigned or negative varint of a safe integer (negative numbers take ten bytes, as in protobuf int64). */
  varint(value: number): void;
  varint64(value: bigint): void;
  int32(value: number): void;
  int64(value: bigint): void;
  float64(value: number): void;
  float32(value: number): void;
  /** UTF-8 without a length. */
  utf8(value: string): void;
}

/** Where encoded bytes come from. Reading past the end is a CoderError that says how many bytes were missing. */
export interface ByteSource {
  readonly remaining: number;
  byte(): number;
  bytes(length: number): Uint8Array;
  varint(): number;
  varint64(): bigint;
  int32(): number;
  int64(): bigint;
  float64(): number;
  float32(): number;
  utf8(length: number): string;
}

/**
 * Turns values of a PCollection into bytes and back. `nested` is Beam's nested context: the value does not know where
 * it ends, so that strings, bytes and the like carry their length.
 */
export interface Coder<T> {
  readonly urn: string;
  readonly payload?: JsonValue;
  readonly components: readonly Coder<unknown>[];
  /** `true`, or the reason why equal values may have different bytes. Keys need `true`. */
  readonly deterministic: true | string;
  encode(value: T, to: ByteSink, nested: boolean): void;
  decode(from: ByteSource, nested: boolean): T;
}

/** A key and its value, as Beam's KV. */
export interface KV<K, V> {
  readonly key: K;
  readonly value: V;
}
