import type { ByteSink, ByteSource } from '../model/coder.js';
import { GrowableSink } from './byte-sink.js';
import { BytesSource, readLength } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';
import { isWellFormed } from './surrogates.js';

/**
 * The name of a property at one place inside a value, with its bytes, and with the names that were seen after it (the
 * last two, for elements of two shapes) and at the start of an object below it. Elements of one PCollection look alike,
 * so these guesses are right nearly always, and a name costs a comparison instead of an encoding.
 */
export class Name {
  next: Name | undefined;
  nextBut: Name | undefined;
  first: Name | undefined;
  firstBut: Name | undefined;
  /** Assigning to `__proto__` would set the prototype. */
  readonly unsafe: boolean;
  constructor(
    readonly text: string,
    readonly bytes: Uint8Array,
  ) {
    this.unsafe = text === '__proto__';
  }
}

const roots: Name[] = [];

/** Where guesses start. */
export function rootName(): Name {
  const root = new Name('', new Uint8Array(0));
  roots.push(root);
  return root;
}

/** Twenty optional properties make a million shapes: the guesses start anew before they fill the memory. */
const GUESS_LIMIT = 16_384;
let guesses = 0;

function newName(text: string): Name {
  if (++guesses > GUESS_LIMIT) {
    guesses = 0;
    for (const root of roots) root.first = root.firstBut = undefined;
  }
  return new Name(text, bytesOf(text));
}

/** The table is emptied when it is full: objects used as maps must not fill the memory. */
const TABLE_LIMIT = 4_096;
const LONGEST_CACHED = 128;
const byText = new Map<string, Uint8Array>();

/** The name that an object begins with, or that follows `before` in it; `parent` is the name that it stands under. */
export function nameFor(text: string, parent: Name, before: Name | undefined): Name {
  if (before === undefined) {
    const guess = parent.first;
    if (guess !== undefined && guess.text === text) return guess;
    const but = parent.firstBut;
    const name = but !== undefined && but.text === text ? but : newName(text);
    parent.firstBut = guess;
    parent.first = name;
    return name;
  }
  const guess = before.next;
  if (guess !== undefined && guess.text === text) return guess;
  const but = before.nextBut;
  const name = but !== undefined && but.text === text ? but : newName(text);
  before.nextBut = guess;
  before.next = name;
  return name;
}

function bytesOf(text: string): Uint8Array {
  const known = byText.get(text);
  if (known !== undefined) return known;
  const sink = new GrowableSink(text.length + 8);
  if (isWellFormed(text)) {
    sink.varint(Buffer.byteLength(text) * 2);
    sink.utf8(text);
  } else {
    sink.varint(text.length * 4 + 1);
    writeUtf16(sink, text);
  }
  const bytes = sink.toBytes();
  if (text.length <= LONGEST_CACHED) {
    if (byText.size >= TABLE_LIMIT) byText.clear();
    byText.set(text, bytes);
  }
  return bytes;
}

/** Reads the name after `before`; the guesses are tried first. A name's length is doubled, and odd where it is UTF-16. */
export function readName(from: ByteSource, parent: Name, before: Name | undefined): Name {
  if (from instanceof BytesSource) {
    const guess = before === undefined ? parent.first : before.next;
    if (guess !== undefined) {
      if (from.skip(guess.bytes)) return guess;
      const but = before === undefined ? parent.firstBut : before.nextBut;
      if (but !== undefined && from.skip(but.bytes)) return nameFor(but.text, parent, before);
    }
  }
  const head = from.varint();
  if (head < 0) throw coderError(CODER_ERROR.malformed, 'a property name has a negative length');
  const length = Math.floor(head / 2);
  if (length > from.remaining)
    throw coderError(CODER_ERROR.truncated, `a property name of ${length} bytes, and ${from.remaining} are left`);
  return nameFor(head % 2 === 1 ? readUtf16(from, length) : from.utf8(length), parent, before);
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
