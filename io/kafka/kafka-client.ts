import type { DoFnContext } from '../../sdk/model/index.js';
import type { KafkaConnection } from './connection.js';

/** Makes a client of a connection; its log goes to the given function. */
export type ConnectKafka = (connection: KafkaConnection, log: DoFnContext['log']) => KafkaClient;

/**
 * All that the connector needs of a Kafka client library. Another library is used by implementing these four
 * interfaces; see `kafkajs-client.ts`. Every rejection is a MillraceError, made by `kafka-errors.ts`.
 */
export interface KafkaClient {
  /** Connects, or rejects within seconds: KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION. */
  connectAdmin(): Promise<KafkaAdmin>;
  /** Connects a producer that is idempotent and waits for all in-sync replicas. */
  connectProducer(): Promise<KafkaProducer>;
  createConsumer(options: ConsumerOptions, listener: ConsumerListener): KafkaConsumer;
}

/** Clients know partitions that were added to a topic after so long. */
export const NEW_PARTITIONS_MS = 5_000;

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** An offset is a number: 2^53 records of one partition are out of reach, and more is an error. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}

/** Stands for the oldest record; clients commit it after records were deleted before they were read. */
export const OLDEST_OFFSET = -2;

/** The oldest offset that is kept, and the one that the next record will get. */
export interface PartitionRange extends TopicPartition {
  readonly low: number;
  readonly high: number;
}

export interface KafkaAdmin {
  /** Every partition of the topics. Rejects with KAFKA_UNKNOWN_TOPIC; never creates a topic. */
  ranges(topics: readonly string[]): Promise<PartitionRange[]>;
  /** For each partition the first offset whose record is at or after the instant, or the end. */
  offsetsAt(topics: readonly string[], timestampMs: number): Promise<PartitionOffset[]>;
  /** What the group has committed, {@link OLDEST_OFFSET} included; partitions without a commit are left out. */
  committed(groupId: string, topics: readonly string[]): Promise<PartitionOffset[]>;
  topics(): Promise<string[]>;
  /** How many partitions the topic has. Rejects with KAFKA_UNKNOWN_TOPIC; never creates a topic. */
  partitionCount(topic: string): Promise<number>;
  close(): Promise<void>;
}

export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Records of transactions that are open or aborted are not seen. */
  readonly readCommitted: boolean;
  /** For topics that only other members of the group read. Rejects with KAFKA_UNKNOWN_TOPIC. */
  readonly partitionCount: (topic: string) => Promise<number>;
}

/** A member of a consumer group that commits only what it is told to. */
export interface KafkaConsumer {
  /** Connects and joins in the background; success shows as `assigned`, failure as `lost`. */
  start(): void;
  seek(at: PartitionOffset): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Commits as a member of the current generation. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** Leaves the group and disconnects. */
  stop(): Promise<void>;
}

export interface ConsumerListener {
  /**
   * The group has given this member these partitions and no others. Called before anything is fetched for them, so that
   * `seek` and `pause` hold from the first fetch. The same `member` means that it never was out of the group.
   */
  assigned(partitions: readonly TopicPartition[], member: string): void;
  /** Records of one partition. Nothing more is fetched until the promise, if there is one, settles. */
  batch(batch: RecordBatch): Promise<void> | undefined;
  /** What was fetched holds nothing to read (control records, aborted transactions); the next fetch goes on at `to`. */
  skipped(partition: TopicPartition, from: number, to: number): void;
  /** The consumer has ended by itself; a new one may be made when the error is retryable. */
  lost(error: Error): void;
}

export interface RecordBatch extends TopicPartition {
  readonly messages: readonly RawMessage[];
  /** The offset that was asked for. */
  readonly fetchedOffset: number;
  /** The offset from which the next fetch goes on. */
  readonly nextOffset: number;
  /** The end of the partition when the batch was fetched. */
  readonly highWatermark: number;
}

/** A record as it came over the wire; numbers are decimal text. */
export interface RawMessage {
  readonly offset: string;
  /** Milliseconds; -1 where the record has none. */
  readonly timestamp: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: RawHeaders | undefined;
}

export interface RawHeaders {
  readonly [name: string]: HeaderValue | readonly HeaderValue[] | undefined;
}

/** A header may have a name and no value. */
export type HeaderValue = string | Uint8Array | null;

export interface ProducedMessage {
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: RawHeaders | undefined;
  /** Milliseconds; the time of sending when absent. */
  readonly timestamp?: number | undefined;
}

export interface KafkaProducer {
  /** How many partitions the topic has. Rejects with KAFKA_UNKNOWN_TOPIC; never creates a topic. */
  partitionCount(topic: string): Promise<number>;
  /** Resolves when all in-sync replicas have the messages. One call at a time for each partition. */
  send(to: TopicPartition, messages: readonly ProducedMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** The name of a partition in maps, logs and errors. Topic names cannot hold a `/`. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
