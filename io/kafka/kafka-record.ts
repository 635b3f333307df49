import { isUtf8 } from 'node:buffer';
import { type JsonValue, MAX_TIMESTAMP, MIN_TIMESTAMP, MillraceError, type Timestamp } from '../../sdk/model/index.js';
import type { HeaderValue, RawHeaders, RawMessage, TopicPartition } from './kafka-client.js';

/** One record of a topic. A value of null is a tombstone: it says that the key was deleted. */
export interface KafkaRecord<K = string, V = string> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds, as the producer or the broker set it. */
  readonly timestamp: Timestamp;
  readonly key: K | null;
  readonly value: V | null;
  /** Empty where there are none. A name that stands several times has a list. */
  readonly headers: KafkaHeaders;
}

export interface KafkaHeaders {
  readonly [name: string]: Uint8Array | readonly Uint8Array[];
}

/** How the bytes of keys and values are read: UTF-8 text, the bytes themselves, JSON, or a function of the author's. */
export type KafkaFormat = 'string' | 'bytes' | 'json' | ((bytes: Uint8Array) => unknown);

/** What a format makes of bytes; text where no format was chosen, which shows as the whole of {@link KafkaFormat}. */
export type Decoded<F extends KafkaFormat> = KafkaFormat extends F
  ? string
  : F extends 'string'
    ? string
    : F extends 'bytes'
      ? Uint8Array
      : F extends 'json'
        ? JsonValue
        : F extends (bytes: Uint8Array) => infer T
          ? T
          : never;

type Decode = (bytes: Buffer) => unknown;
export type DecodeRecord = (at: TopicPartition, message: RawMessage, offset: number) => KafkaRecord<unknown, unknown>;

const NO_HEADERS: KafkaHeaders = Object.freeze({});
const REPLACEMENT = '\ufffd';

/** A function that makes records. It throws KAFKA_DESERIALIZATION, which names topic, partition and offset. */
export function recordDecoder(keyFormat: KafkaFormat, valueFormat: KafkaFormat): DecodeRecord {
  const key = decoder(keyFormat);
  const value = decoder(valueFormat);
  return (at, message, offset) => {
    const timestamp = Number(message.timestamp);
    return {
      topic: at.topic,
      partition: at.partition,
      offset,
      // Records of the oldest format have no time: they happen when they are read.
      timestamp: timestamp < 0 ? Date.now() : timestamp,
      key: message.key === null ? null : decode(key, message.key, 'key', keyFormat, at, offset),
      value: message.value === null ? null : decode(value, message.value, 'value', valueFormat, at, offset),
      headers: headersOf(message.headers),
    };
  };
}

/** The times of records by the author's function. It throws KAFKA_TIMESTAMP, which names topic, partition and offset. */
export function timestampReader<K, V>(
  timestampOf: (record: KafkaRecord<K, V>) => Timestamp,
): (record: KafkaRecord<K, V>) => Timestamp {
  return (record) => {
    let timestamp: unknown;
    let cause: unknown;
    try {
      timestamp = timestampOf(record);
      if (typeof timestamp === 'number' && timestamp >= MIN_TIMESTAMP && timestamp <= MAX_TIMESTAMP) return timestamp;
    } catch (error) {
      cause = error;
    }
    const { topic, partition, offset } = record;
    const what = cause === undefined ? `gave ${String(timestamp)}, which is no time, for` : 'failed at';
    throw new MillraceError(
      'KAFKA_TIMESTAMP',
      'function',
      `the timestamp function ${what} ${topic}, partition ${partition}, offset ${offset}`,
      { cause },
    );
  };
}

/** Whether an error is about one record, so that the next may be well. */
export function isPoison(error: unknown): error is MillraceError {
  return error instanceof MillraceError && (error.code === 'KAFKA_DESERIALIZATION' || error.code === 'KAFKA_TIMESTAMP');
}

function decode(
  how: Decode,
  bytes: Uint8Array,
  part: 'key' | 'value',
  format: KafkaFormat,
  at: TopicPartition,
  offset: number,
): unknown {
  try {
    return how(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (cause) {
    const form =
      typeof format === 'function' ? "the given function's form" : format === 'string' ? 'UTF-8 text' : 'JSON';
    throw new MillraceError(
      'KAFKA_DESERIALIZATION',
      'coder',
      `the ${part} of ${at.topic}, partition ${at.partition}, offset ${offset} is not ${form}`,
      {
        cause,
        element: Buffer.from(bytes.subarray(0, 32)).toString('hex'),
        hint: `with a deadLetterTopic such records go there; with ${part}Format: 'bytes' a step of your own decides`,
      },
    );
  }
}

function decoder(format: KafkaFormat): Decode {
  if (format === 'bytes') return copy;
  if (format === 'string') return text;
  if (format === 'json') return (bytes) => JSON.parse(text(bytes));
  return (bytes) => format(copy(bytes));
}

/** A copy: a view would keep everything that was fetched with it in memory. */
function copy(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}

function text(bytes: Buffer): string {
  const decoded = bytes.toString('utf8');
  if (decoded.includes(REPLACEMENT) && !isUtf8(bytes)) throw new TypeError('not UTF-8');
  return decoded;
}

function headersOf(raw: RawHeaders | undefined): KafkaHeaders {
  if (raw === undefined || isEmpty(raw)) return NO_HEADERS;
  const headers: [string, Uint8Array | Uint8Array[]][] = [];
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined) continue;
    headers.push([name, Array.isArray(value) ? value.map(headerBytes) : headerBytes(value as HeaderValue)]);
  }
  return Object.fromEntries(headers);
}

function isEmpty(headers: RawHeaders): boolean {
  for (const _ in headers) return false;
  return true;
}

/** A header without a value has no bytes. */
function headerBytes(value: HeaderValue): Uint8Array {
  return value === null ? new Uint8Array() : new Uint8Array(typeof value === 'string' ? Buffer.from(value) : value);
}
