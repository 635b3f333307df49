import type { Counter, DoFnContext, MillraceError } from '../../sdk/model/index.js';
import type { KafkaClient, ProducedMessage, RawMessage, TopicPartition } from './kafka-client.js';
import { TopicWriter } from './topic-writer.js';

/** As Kafka Connect's and Kafka Streams' headers are called. */
const HEADER = '__millrace.errors.';
const MAX_ERROR_CHARACTERS = 1_000;
/** More than this is not on its way at once: a topic of nothing but poison must not fill the memory. */
const MAX_PENDING_BYTES = 4 << 20;

/**
 * Where records go that cannot be read: to a topic of their own, with the bytes that they came with, and headers that say
 * where they were and what was wrong. What is flushed here may be committed.
 */
export class DeadLetters {
  private readonly counter: Counter;
  private added = { records: 0, bytes: 0 };
  private acknowledged = this.added;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly writer: TopicWriter,
    private readonly groupId: string,
    private readonly context: DoFnContext,
  ) {
    this.counter = context.metrics.counter('dead_letters');
  }

  /** Rejects within seconds when there is no such topic. */
  static async open(client: KafkaClient, topic: string, groupId: string, context: DoFnContext): Promise<DeadLetters> {
    return new DeadLetters(await TopicWriter.open(client, topic), groupId, context);
  }

  add(at: TopicPartition, offset: number, message: RawMessage, error: MillraceError): void {
    const bytes = this.writer.add(deadLetter(at, offset, message, error, this.groupId));
    this.added = { records: this.added.records + 1, bytes: this.added.bytes + bytes };
    this.counter.inc();
    this.context.log('debug', `Kafka: ${error.summary}`, { code: error.code });
  }

  /** So much is on its way that reading should wait for {@link flush}. */
  get full(): boolean {
    return this.added.bytes - this.acknowledged.bytes >= MAX_PENDING_BYTES;
  }

  /** Resolves when all in-sync replicas have what was added so far. */
  async flush(): Promise<void> {
    const { added } = this;
    if (added === this.acknowledged) return;
    await this.writer.recount();
    await this.writer.flush();
    const count = added.records - this.acknowledged.records;
    if (count <= 0) return;
    this.acknowledged = added;
    this.context.log('warn', `Kafka: ${count} record(s) went to the dead-letter topic ${this.writer.topic}`);
  }

  close(): Promise<void> {
    this.closing ??= this.writer.close();
    return this.closing;
  }
}

function deadLetter(
  at: TopicPartition,
  offset: number,
  message: RawMessage,
  error: MillraceError,
  groupId: string,
): ProducedMessage {
  const { key, value, headers } = message;
  const timestamp = Number(message.timestamp);
  return {
    key,
    value,
    headers: {
      ...headers,
      [`${HEADER}topic`]: at.topic,
      [`${HEADER}partition`]: String(at.partition),
      [`${HEADER}offset`]: String(offset),
      [`${HEADER}timestamp`]: message.timestamp,
      [`${HEADER}group`]: groupId,
      [`${HEADER}code`]: error.code,
      [`${HEADER}message`]: describe(error),
    },
    ...(timestamp >= 0 && { timestamp }),
  };
}

/** One line, without a stack: who reads the topic need not know the machine. */
function describe({ summary, cause }: MillraceError): string {
  const text = cause instanceof Error ? `${summary}: ${cause.name}: ${cause.message}` : summary;
  return text.replace(/\s+/g, ' ').slice(0, MAX_ERROR_CHARACTERS);
}
