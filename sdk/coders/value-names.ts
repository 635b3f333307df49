import type { ByteSink, ByteSource } from '../model/coder.js';
import { GrowableSink } from './byte-sink.js';
import { BytesSource, readLength } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';
import { isWellFormed } from './surrogates.js';

/**
 * The name of a property, with its bytes, and with the names that were seen after it and at the start of an object
 * below it. Elements of one PCollection look alike, so these guesses are right nearly always, and a name costs a
 * comparison instead of an encoding.
 */
export class Name {
  next: Name | undefined;
  first: Name | undefined;
  /** Assigning to `__proto__` would set the prototype. */
  readonly unsafe: boolean;
  constructor(
    readonly text: string,
    readonly bytes: Uint8Array,
  ) {
    this.unsafe = text === '__proto__';
  }
}

/** Where guesses start. */
export const rootName = (): Name => new Name('', new Uint8Array(0));

/** The table is emptied when it is full: objects used as maps must not fill the memory. */
const TABLE_LIMIT = 4_096;
const LONGEST_CACHED = 128;
const byText = new Map<string, Name>();

export function nameOf(text: string): Name {
  let name = byText.get(text);
  if (name !== undefined) return name;
  const sink = new GrowableSink(text.length + 8);
  if (isWellFormed(text)) {
    sink.varint(Buffer.byteLength(text) * 2);
    sink.utf8(text);
  } else {
    sink.varint(text.length * 4 + 1);
    writeUtf16(sink, text);
  }
  name = new Name(text, sink.toBytes());
  if (text.length <= LONGEST_CACHED) {
    if (byText.size >= TABLE_LIMIT) byText.clear();
    byText.set(text, name);
  }
  return name;
}

/** Reads a name; `guess` is tried first. A name's length is doubled, and odd where it is UTF-16. */
export function readName(from: ByteSource, guess: Name | undefined): Name {
  if (guess !== undefined && from instanceof BytesSource && from.skip(guess.bytes)) return guess;
  const head = from.varint();
  if (head < 0) throw coderError(CODER_ERROR.malformed, 'a property name has a negative length');
  const length = Math.floor(head / 2);
  if (length > from.remaining)
    throw coderError(CODER_ERROR.truncated, `a property name of ${length} bytes, and ${from.remaining} are left`);
  return nameOf(head % 2 === 1 ? readUtf16(from, length) : from.utf8(length));
}

export function writeUtf16(to: ByteSink, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    to.byte(unit >>> 8);
    to.byte(unit & 0xff);
  }
}

export function readUtf16(from: ByteSource, byteLength: number): string {
  if (byteLength % 2 === 1) throw coderError(CODER_ERROR.malformed, `UTF-16 of ${byteLength} bytes`);
  const bytes = Buffer.from(from.bytes(byteLength));
  return bytes.swap16().toString('utf16le');
}

/** Reads UTF-16 that has its length in bytes before it. */
export function readPrefixedUtf16(from: ByteSource): string {
  return readUtf16(from, readLength(from, 'a string'));
}
