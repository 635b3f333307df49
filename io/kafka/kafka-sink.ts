import { type DoFn, type DoFnContext, type FinishBundleContext, MillraceError } from '../../sdk/model/index.js';
import type { KafkaConnection } from './connection.js';
import type { KafkaClient, KafkaProducer, ProducedMessage, RawHeaders } from './kafka-client.js';
import { mayRecover } from './kafka-errors.js';
import { kafkajsClient } from './kafkajs-client.js';
import { partitionOfKey } from './murmur2.js';
import { PartitionSender } from './partition-sender.js';

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

export interface KafkaSinkOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
}

/** Partitions may be added to a topic; how many there are is asked again after so long, as Kafka's own clients do. */
const PARTITION_COUNT_AGE_MS = 5 * 60_000;
/** After so many messages without a key the next partition is taken, so that each gets whole batches. */
const STICKY_MESSAGES = 500;

/**
 * Writes to a topic through an idempotent producer. Batches are on their way while the bundle goes on; the bundle is
 * finished when all in-sync replicas have everything.
 */
export class KafkaSink implements DoFn<KafkaWritable, never> {
  private producer: KafkaProducer | undefined;
  private partitionCount = 0;
  private countedAt = 0;
  private readonly senders = new Map<number, PartitionSender>();
  private sticky = 0;
  private stickyCount = 0;

  constructor(
    private readonly options: KafkaSinkOptions,
    private readonly connect: (connection: KafkaConnection, log: DoFnContext['log']) => KafkaClient = kafkajsClient,
  ) {}

  async setup(context: DoFnContext): Promise<void> {
    const client = this.connect(this.options.connection, (level, message, fields) =>
      context.log(level, message, fields),
    );
    this.producer = await client.connectProducer();
    try {
      await this.countPartitions();
    } catch (error) {
      await this.producer.close();
      throw error;
    }
    this.sticky = Math.floor(Math.random() * this.partitionCount);
  }

  async startBundle(): Promise<void> {
    if (Date.now() - this.countedAt <= PARTITION_COUNT_AGE_MS) return;
    try {
      await this.countPartitions();
    } catch (error) {
      // Brokers that are away now are the business of those who send; the count that is known is good enough till then.
      if (!(error instanceof MillraceError) || !mayRecover(error, 0)) throw error;
    }
  }

  process(element: KafkaWritable): void {
    const message = asMessage(element);
    const key = message.key ?? null;
    this.sender(message.partition ?? this.partitionOf(key)).add({
      key,
      value: message.value,
      headers: message.headers,
      timestamp: message.timestamp,
    } satisfies ProducedMessage);
  }

  async finishBundle(context: FinishBundleContext<never>): Promise<void> {
    const aborted = rejectOnAbort(context.signal);
    try {
      await Promise.race([Promise.all([...this.senders.values()].map((sender) => sender.flush())), aborted.promise]);
    } finally {
      aborted.release();
    }
  }

  async teardown(): Promise<void> {
    await this.producer?.close();
  }

  private async countPartitions(): Promise<void> {
    this.partitionCount = await this.producer!.partitionCount(this.options.topic);
    this.countedAt = Date.now();
  }

  private partitionOf(key: string | Uint8Array | null): number {
    if (key !== null) return partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, this.partitionCount);
    if (++this.stickyCount > STICKY_MESSAGES) {
      this.sticky = (this.sticky + 1) % this.partitionCount;
      this.stickyCount = 1;
    }
    return this.sticky;
  }

  private sender(partition: number): PartitionSender {
    let sender = this.senders.get(partition);
    if (sender === undefined) {
      sender = new PartitionSender(this.producer!, { topic: this.options.topic, partition });
      this.senders.set(partition, sender);
    }
    return sender;
  }
}

function asMessage(element: KafkaWritable): KafkaMessage {
  return typeof element === 'string' || element instanceof Uint8Array ? { value: element } : element;
}

function rejectOnAbort(signal: AbortSignal): { promise: Promise<never>; release: () => void } {
  let abort = () => {};
  const promise = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return { promise, release: () => signal.removeEventListener('abort', abort) };
}
