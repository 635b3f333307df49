import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { groupAssigner } from './group-assigner.js';
import {
  type ConsumerListener,
  type ConsumerOptions,
  type KafkaConsumer,
  NEW_PARTITIONS_MS,
  type PartitionOffset,
  type RawMessage,
  type TopicPartition,
} from './kafka-client.js';
import { guarded, kafkaError, outOfGroup } from './kafka-errors.js';

/** How long a fetch waits at the broker for records, and how long a resumed partition may have to wait. */
const FETCH_WAIT_MS = 250;
/** When a fetch or a commit fails it is tried a few times; then the consumer is made anew, with a growing delay. */
const RETRY = { retries: 3, initialRetryTime: 300, maxRetryTime: 1_000, restartOnFailure: async () => false };

/** A consumer of kafkajs. */
export class KafkajsConsumer implements KafkaConsumer {
  private readonly consumer: Consumer;
  private joined = false;
  private stopped: Promise<void> | undefined;

  constructor(
    kafka: Kafka,
    private readonly brokers: readonly string[],
    private readonly options: ConsumerOptions,
    private readonly listener: ConsumerListener,
  ) {
    this.consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      readUncommitted: !options.readCommitted,
      allowAutoTopicCreation: false,
      partitionAssigners: [groupAssigner(options.partitionCount)],
      metadataMaxAge: NEW_PARTITIONS_MS,
      retry: RETRY,
    });
  }

  start(): void {
    this.run().catch((error) => this.end(error));
  }

  private async run(): Promise<void> {
    const { consumer, listener } = this;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
        numbers.map((partition) => ({ topic, partition })),
      );
      this.joined = true;
      listener.assigned(partitions, payload.memberId);
    });
    consumer.on(consumer.events.STOP, () => {
      this.joined = false;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => this.end(payload.error));
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      const from = payload.firstOffset === null ? payload.lastOffset : payload.firstOffset;
      if (payload.batchSize === 0) listener.skipped(payload, Number(from), Number(payload.lastOffset) + 1);
    });
    await consumer.connect();
    // Where reading starts is decided by `seek`; this is only kafkajs's answer to records that were deleted meanwhile.
    await consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (payload) => this.batch(payload) });
  }

  /** While the listener holds back, the member goes on to send heartbeats; a rebalance ends the wait by an error. */
  private async batch({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const nextOffset = Number(batch.lastOffset()) + 1;
    const room = this.listener.batch({
      topic: batch.topic,
      partition: batch.partition,
      messages: batch.messages as readonly RawMessage[],
      fetchedOffset: Number((batch as unknown as { fetchedOffset: string }).fetchedOffset),
      nextOffset,
      highWatermark: Number(batch.highWatermark),
    });
    resolveOffset(batch.lastOffset());
    if (room === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const beating = new Promise<never>((_, reject) => {
      timer = setInterval(() => heartbeat().catch(reject), this.options.heartbeatIntervalMs);
    });
    try {
      await Promise.race([room, beating]);
    } finally {
      clearInterval(timer);
    }
  }

  private end(error: Error): void {
    if (this.stopped !== undefined) return;
    void this.stop();
    const { groupId, topics } = this.options;
    this.listener.lost(kafkaError(error, { brokers: this.brokers, at: `group ${groupId}`, topic: topics.join(', ') }));
  }

  private get inGroup(): boolean {
    return this.joined && this.stopped === undefined;
  }

  seek({ topic, partition, offset }: PartitionOffset): void {
    if (this.inGroup) this.consumer.seek({ topic, partition, offset: String(offset) });
  }

  pause(partitions: readonly TopicPartition[]): void {
    if (this.inGroup) this.consumer.pause(byTopic(partitions));
  }

  resume(partitions: readonly TopicPartition[]): void {
    if (this.inGroup) this.consumer.resume(byTopic(partitions));
  }

  commit(offsets: readonly PartitionOffset[]): Promise<void> {
    return guarded(this.brokers, `group ${this.options.groupId}`, async () => {
      if (!this.inGroup) throw outOfGroup();
      await this.consumer.commitOffsets(
        offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })),
      );
    });
  }

  stop(): Promise<void> {
    // A member that cannot say good-bye (no broker) is forgotten by the group when its session ends.
    this.stopped ??= this.consumer.disconnect().catch(() => undefined);
    return this.stopped;
  }
}

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const list = topics.get(topic);
    if (list === undefined) topics.set(topic, [partition]);
    else list.push(partition);
  }
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }));
}
