import type { HeaderValue, ProducedMessage, RawHeaders } from './kafka-client.js';

type Part = ProducedMessage['key'];
type Headers = readonly (readonly [name: string, value: HeaderValue])[];

const NO_HEADERS: Headers = [];
/** What a record has beside key, value and headers: its length, attributes, both deltas, three lengths. */
const MAX_OVERHEAD_BYTES = 40;

/**
 * Messages as the records of one batch, in Kafka's record format of version 2: each with its place in the batch and its time
 * as differences to those of the batch. `baseTimestamp` is the earliest time of all, `now` that of messages without one.
 */
export function encodeRecords(messages: readonly ProducedMessage[], baseTimestamp: number, now: number): Buffer {
  const writer = new RecordWriter(1 << 16);
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!;
    writer.record(message, i, (message.timestamp ?? now) - baseTimestamp);
  }
  return writer.written();
}

/** The bytes that a message takes in a batch, give or take a few. */
export function sizeOfMessage({ key, value, headers }: ProducedMessage): number {
  let bytes = MAX_OVERHEAD_BYTES / 2 + lengthOf(key) + lengthOf(value);
  if (headers !== undefined)
    for (const [name, header] of headerList(headers)) bytes += 4 + Buffer.byteLength(name) + lengthOf(header);
  return bytes;
}

class RecordWriter {
  private bytes: Buffer;
  private at = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  record({ key, value, headers }: ProducedMessage, index: number, timestampDelta: number): void {
    const keyBytes = key === null ? -1 : lengthOf(key);
    const valueBytes = value === null ? -1 : lengthOf(value);
    const list = headers === undefined ? NO_HEADERS : headerList(headers);
    let length = 1 + sizeOfVarint(timestampDelta) + sizeOfVarint(index) + sizeOfVarint(list.length);
    length += sizeOfVarint(keyBytes) + sizeOfVarint(valueBytes);
    if (key !== null) length += keyBytes;
    if (value !== null) length += valueBytes;
    for (const [name, header] of list) {
      const nameBytes = Buffer.byteLength(name);
      const headerBytes = header === null ? -1 : lengthOf(header);
      length += sizeOfVarint(nameBytes) + nameBytes + sizeOfVarint(headerBytes) + Math.max(0, headerBytes);
    }
    this.reserve(length + MAX_OVERHEAD_BYTES);
    this.varint(length);
    // No attributes.
    this.bytes[this.at++] = 0;
    this.varint(timestampDelta);
    this.varint(index);
    this.part(key, keyBytes);
    this.part(value, valueBytes);
    this.varint(list.length);
    for (const [name, header] of list) {
      this.part(name, Buffer.byteLength(name));
      this.part(header, header === null ? -1 : lengthOf(header));
    }
  }

  private part(part: Part, length: number): void {
    this.varint(length);
    if (part === null) return;
    if (typeof part === 'string') this.bytes.write(part, this.at, length, 'utf8');
    else this.bytes.set(part, this.at);
    this.at += length;
  }

  /** A signed number of up to 53 bits, zigzag, seven bits a byte. */
  private varint(value: number): void {
    const { bytes } = this;
    let rest = zigzag(value);
    while (rest > 0x7fff_ffff) {
      bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[this.at++] = (rest & 127) | 0x80;
      rest >>>= 7;
    }
    bytes[this.at++] = rest;
  }

  private reserve(more: number): void {
    const needed = this.at + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, needed));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}

function lengthOf(part: Part): number {
  if (part === null) return 0;
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length;
}

function headerList(headers: RawHeaders): Headers {
  const list: [string, HeaderValue][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const one of value) list.push([name, one]);
    else list.push([name, value as HeaderValue]);
  }
  return list;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function sizeOfVarint(value: number): number {
  let rest = zigzag(value);
  let bytes = 1;
  while (rest > 0x7fff_ffff) {
    rest = Math.floor(rest / 128);
    bytes++;
  }
  while (rest > 127) {
    rest >>>= 7;
    bytes++;
  }
  return bytes;
}
