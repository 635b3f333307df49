import { MillraceError } from '../../sdk/model/index.js';
import type { ProducedMessage, RawHeaders } from './kafka-client.js';

/** A message to write. A null value is a tombstone; messages with equal keys come into the same partition. */
export interface KafkaMessage {
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: RawHeaders;
  /** Milliseconds; the time of sending when absent. */
  readonly timestamp?: number;
  /** Chosen by the key when absent. */
  readonly partition?: number;
}

/** What can be written: messages, or values without a key. */
export type KafkaWritable = KafkaMessage | string | Uint8Array;

/** An element as the message that is sent. Throws KAFKA_MESSAGE for what cannot be one, whatever the types said. */
export function producedMessage(element: KafkaWritable): ProducedMessage {
  if (isPart(element)) return { key: null, value: element };
  if (typeof element !== 'object' || element === null) throw notAMessage('a message, a text or bytes', element);
  const { key = null, value, headers, timestamp } = element;
  if (key !== null && !isPart(key)) throw notAMessage('a text, bytes or null as its key', key);
  if (value !== null && !isPart(value)) throw notAMessage('a text, bytes or null as its value', value);
  if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0))
    throw notAMessage('whole milliseconds as its timestamp', timestamp);
  return { key, value, headers, timestamp };
}

/** The partition that a message names, if it does. Throws KAFKA_MESSAGE when the topic has none of that number. */
export function namedPartition(element: KafkaWritable, topic: string, partitions: number): number | undefined {
  if (isPart(element) || element.partition === undefined) return undefined;
  const { partition } = element;
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition;
  throw new MillraceError(
    'KAFKA_MESSAGE',
    'function',
    `a message names partition ${partition}, but ${topic} has ${partitions}, counted from 0`,
    { hint: 'leave the partition out, and it is chosen by the key' },
  );
}

function isPart(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function notAMessage(expected: string, value: unknown): MillraceError {
  const got = value === null ? 'null' : typeof value === 'number' ? String(value) : typeof value;
  return new MillraceError('KAFKA_MESSAGE', 'function', `what is written to Kafka has ${expected}, not ${got}`, {
    hint: 'write { key?, value, headers?, timestamp?, partition? }, or a text or bytes as a value alone',
  });
}
