import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { MillraceError } from '../../sdk/model/index.js';
import { type KafkaAdmin, OLDEST_OFFSET, type PartitionOffset, type PartitionRange } from './kafka-client.js';
import { guarded, kafkaError, unknownTopic } from './kafka-errors.js';

const PATIENCE_MS = 15_000;
const RETRY_MS = 200;
/** What may be so for a moment, of a broker that answers. */
const PASSING: ReadonlySet<string> = new Set(['KAFKA_FAILED', 'KAFKA_REBALANCING']);

/** An admin client of kafkajs. */
export class KafkajsAdmin implements KafkaAdmin {
  private renewing: Promise<void> | undefined;
  private readonly retired: Admin[] = [];

  private constructor(
    private admin: Admin,
    private readonly connected: () => Promise<Admin>,
    private readonly brokers: readonly string[],
  ) {}

  static async connect(make: () => Admin, brokers: readonly string[]): Promise<KafkajsAdmin> {
    const connected = async (): Promise<Admin> => {
      const admin = make();
      await guarded(brokers, undefined, () => admin.connect());
      return admin;
    };
    return new KafkajsAdmin(await connected(), connected, brokers);
  }

  ranges(topics: readonly string[]): Promise<PartitionRange[]> {
    return this.each(topics, async (topic) => {
      const [known, count] = await Promise.all([this.knownRanges(topic), this.partitionCount(topic)]);
      if (known.length >= count) return known;
      await this.renew();
      return this.knownRanges(topic);
    });
  }

  /** What kafkajs's admin client once knew of a topic it knows for ever: for partitions that were added a new one is made. */
  private renew(): Promise<void> {
    this.renewing ??= this.connected()
      .then((admin) => {
        // It may be waiting for an answer still.
        this.retired.push(this.admin);
        this.admin = admin;
      })
      .finally(() => {
        this.renewing = undefined;
      });
    return this.renewing;
  }

  private async knownRanges(topic: string): Promise<PartitionRange[]> {
    const found = await this.admin.fetchTopicOffsets(topic);
    return found.map(({ partition, low, high }) => ({ topic, partition, low: Number(low), high: Number(high) }));
  }

  offsetsAt(topics: readonly string[], timestampMs: number): Promise<PartitionOffset[]> {
    return this.each(topics, async (topic) => {
      const found = await this.admin.fetchTopicOffsetsByTimestamp(topic, timestampMs);
      return found.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }));
    });
  }

  async committed(groupId: string, topics: readonly string[]): Promise<PartitionOffset[]> {
    const found = await this.patiently(`group ${groupId}`, () =>
      this.admin.fetchOffsets({ groupId, topics: [...topics] }),
    );
    return found.flatMap(({ topic, partitions }) =>
      partitions
        .map((one) => ({ topic, partition: one.partition, offset: Number(one.offset) }))
        .filter((one) => one.offset >= 0 || one.offset === OLDEST_OFFSET),
    );
  }

  topics(): Promise<string[]> {
    return guarded(this.brokers, undefined, () => this.admin.listTopics());
  }

  async partitionCount(topic: string): Promise<number> {
    const [found] = await this.each([topic], async () => {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
      return topics.map((one) => one.partitions.length);
    });
    return found ?? 0;
  }

  close(): Promise<void> {
    return guarded(this.brokers, undefined, async () => {
      await Promise.all([this.admin, ...this.retired].map((admin) => admin.disconnect()));
    });
  }

  private async each<T>(topics: readonly string[], ask: (topic: string) => Promise<T[]>): Promise<T[]> {
    return (await Promise.all(topics.map((topic) => this.askAbout(topic, ask)))).flat();
  }

  private async askAbout<T>(topic: string, ask: (topic: string) => Promise<T[]>): Promise<T[]> {
    try {
      return await this.patiently(topic, () => ask(topic));
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'KAFKA_UNKNOWN_TOPIC') throw error;
      throw unknownTopic(topic, this.brokers, await this.topics().catch(() => []));
    }
  }

  /** A topic that was just made, or a broker that has just started, is without leaders and coordinators for a moment. */
  private async patiently<T>(at: string, ask: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    while (true) {
      try {
        return await ask();
      } catch (cause) {
        const error = kafkaError(cause, { brokers: this.brokers, at });
        if (!PASSING.has(error.code) || !error.retryable || Date.now() > deadline) throw error;
      }
      await delay(RETRY_MS);
    }
  }
}
