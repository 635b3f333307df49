import { MillraceError } from '../../sdk/model/index.js';
import type { KafkaClient, KafkaProducer, ProducedMessage } from './kafka-client.js';
import { mayRecover } from './kafka-errors.js';
import { partitionOfKey } from './murmur2.js';
import { PartitionSender } from './partition-sender.js';

/** Partitions may be added to a topic; how many there are is asked again after so long, as Kafka's own clients do. */
const PARTITION_COUNT_AGE_MS = 5 * 60_000;
/** After so many messages without a key the next partition is taken, so that each gets whole batches. */
const STICKY_MESSAGES = 500;

/** Writes to one topic through an idempotent producer of its own. Batches are on their way while more is added. */
export class TopicWriter {
  private readonly senders = new Map<number, PartitionSender>();
  private countedAt = Date.now();
  private sticky: number;
  private stickyCount = 0;

  private constructor(
    readonly topic: string,
    private readonly producer: KafkaProducer,
    private partitionCount: number,
  ) {
    this.sticky = Math.floor(Math.random() * partitionCount);
  }

  /** Rejects within seconds when the brokers cannot be reached or there is no such topic. */
  static async open(client: KafkaClient, topic: string): Promise<TopicWriter> {
    const producer = await client.connectProducer();
    try {
      return new TopicWriter(topic, producer, await producer.partitionCount(topic));
    } catch (error) {
      await producer.close();
      throw error;
    }
  }

  get partitions(): number {
    return this.partitionCount;
  }

  /** Asks again how many partitions there are, when it was long ago. */
  async recount(): Promise<void> {
    if (Date.now() - this.countedAt <= PARTITION_COUNT_AGE_MS) return;
    try {
      this.partitionCount = await this.producer.partitionCount(this.topic);
      this.countedAt = Date.now();
    } catch (error) {
      // Brokers that are away now are the business of those who send; the count that is known is good enough till then.
      if (!(error instanceof MillraceError) || !mayRecover(error, 0)) throw error;
    }
  }

  /** Into the given partition, or that of the key. Answers about how many bytes it takes. */
  add(message: ProducedMessage, partition = this.partitionOf(message.key)): number {
    let sender = this.senders.get(partition);
    if (sender === undefined) {
      sender = new PartitionSender(this.producer, { topic: this.topic, partition });
      this.senders.set(partition, sender);
    }
    return sender.add(message);
  }

  /** Resolves when all in-sync replicas have everything added so far; rejects with what went wrong. */
  async flush(): Promise<void> {
    await Promise.all([...this.senders.values()].map((sender) => sender.flush()));
  }

  close(): Promise<void> {
    return this.producer.close();
  }

  private partitionOf(key: string | Uint8Array | null): number {
    if (key !== null) return partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, this.partitionCount);
    if (++this.stickyCount > STICKY_MESSAGES) {
      this.sticky = (this.sticky + 1) % this.partitionCount;
      this.stickyCount = 1;
    }
    return this.sticky;
  }
}
