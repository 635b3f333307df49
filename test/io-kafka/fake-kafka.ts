import type {
  ConsumerListener,
  KafkaAdmin,
  KafkaClient,
  KafkaConsumer,
  KafkaProducer,
  PartitionOffset,
  ProducedMessage,
  RawMessage,
  TopicPartition,
} from '#millrace/io/kafka/kafka-client.js';
import { partitionKey } from '#millrace/io/kafka/kafka-client.js';

/** A Kafka in memory, of one topic `t`, whose group and answers a test moves by hand. */
export class FakeKafka implements KafkaClient {
  /** Records by partition: the value of the record at each offset, from `low` on. */
  readonly logs: { low: number; values: string[] }[];
  readonly committed = new Map<string, number>();
  /** Every consumer that was made; the last is the one in use. */
  readonly consumers: FakeConsumer[] = [];
  /** Rejects commits while it is set. */
  commitError: Error | undefined;
  /** Holds the answers of the admin client while it is set. */
  gate: Promise<void> | undefined;

  /** What was sent, in order. */
  readonly produced: { readonly to: TopicPartition; readonly message: ProducedMessage }[] = [];
  /** Holds what is sent while it is set. */
  producing: Promise<void> | undefined;

  constructor(partitions: number) {
    this.logs = Array.from({ length: partitions }, () => ({ low: 0, values: [] }));
  }

  write(partition: number, ...values: string[]): void {
    this.logs[partition]!.values.push(...values);
  }

  /** Retention: what is before this offset is gone. */
  expire(partition: number, low: number): void {
    this.logs[partition]!.low = low;
  }

  get consumer(): FakeConsumer {
    return this.consumers.at(-1)!;
  }

  async connectAdmin(): Promise<KafkaAdmin> {
    return {
      ranges: async () => {
        await this.gate;
        return this.logs.map(({ low, values }, partition) => ({ topic: 't', partition, low, high: values.length }));
      },
      offsetsAt: async () => [],
      committed: async () => {
        await this.gate;
        return this.logs.flatMap((_, partition) => {
          const offset = this.committed.get(partitionKey({ topic: 't', partition }));
          return offset === undefined ? [] : [{ topic: 't', partition, offset }];
        });
      },
      topics: async () => ['t'],
      partitionCount: async () => this.logs.length,
      close: async () => {},
    };
  }

  async connectProducer(): Promise<KafkaProducer> {
    return {
      partitionCount: async () => 1,
      send: async (to, messages) => {
        await this.producing;
        this.produced.push(...messages.map((message) => ({ to, message })));
      },
      close: async () => {},
    };
  }

  createConsumer(_: unknown, listener: ConsumerListener): KafkaConsumer {
    const consumer = new FakeConsumer(this, listener);
    this.consumers.push(consumer);
    return consumer;
  }
}

export class FakeConsumer implements KafkaConsumer {
  readonly paused = new Set<string>();
  /** Where the next fetch of each partition begins. */
  readonly next = new Map<string, number>();
  /** What was committed, in order. */
  readonly commits: PartitionOffset[][] = [];
  stopped = false;

  constructor(
    private readonly kafka: FakeKafka,
    readonly listener: ConsumerListener,
  ) {}

  start(): void {}

  /** The group gives these partitions to this member; kafkajs begins at the commits again. */
  assign(member: string, ...partitions: number[]): void {
    this.next.clear();
    for (const partition of partitions)
      this.next.set(`t/${partition}`, this.kafka.committed.get(`t/${partition}`) ?? 0);
    this.listener.assigned(
      partitions.map((partition) => ({ topic: 't', partition })),
      member,
    );
  }

  /** One fetch of a partition; answers whether there was one. */
  fetch(partition: number, max = 100): { readonly held: Promise<void> | undefined } | undefined {
    const key = `t/${partition}`;
    const log = this.kafka.logs[partition]!;
    const from = this.next.get(key);
    if (from === undefined || this.paused.has(key) || from >= log.values.length) return undefined;
    const values = log.values.slice(from, from + max);
    this.next.set(key, from + values.length);
    return { held: this.listener.batch(batchOf(partition, from, values, log.values.length)) };
  }

  seek({ topic, partition, offset }: PartitionOffset): void {
    this.next.set(partitionKey({ topic, partition }), offset);
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) this.paused.add(partitionKey(one));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const one of partitions) this.paused.delete(partitionKey(one));
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (this.kafka.commitError !== undefined) throw this.kafka.commitError;
    this.commits.push([...offsets]);
    for (const at of offsets) this.kafka.committed.set(partitionKey(at), at.offset);
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }
}

export function batchOf(partition: number, from: number, values: readonly string[], highWatermark: number) {
  const messages = values.map(
    (value, i): RawMessage => ({
      offset: String(from + i),
      timestamp: String(1_000 * (from + i)),
      key: null,
      value: Buffer.from(value),
    }),
  );
  const nextOffset = from + values.length;
  return { topic: 't', partition, messages, fetchedOffset: from, nextOffset, highWatermark };
}
