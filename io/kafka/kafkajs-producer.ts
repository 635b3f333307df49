import { setTimeout as delay } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import type { DoFnContext, MillraceError } from '../../sdk/model/index.js';
import type { KafkaProducer, ProducedMessage, TopicPartition } from './kafka-client.js';
import { guarded, kafkaError, mayRecover, unknownPartition } from './kafka-errors.js';
import type { KafkajsAdmin } from './kafkajs-admin.js';
import { kafkajsMessages } from './kafkajs-messages.js';

/** As Kafka's own delivery.timeout.ms: how long a batch is tried when brokers go away and leaders change. */
const DELIVERY_TIMEOUT_MS = 120_000;
const DELIVERY_FIRST_RETRY_MS = 100;
const DELIVERY_LAST_RETRY_MS = 5_000;

/** A connected, idempotent producer of kafkajs. */
export class KafkajsProducer implements KafkaProducer {
  private closed = false;
  /** A failure was logged, and no success since. */
  private failing = false;

  constructor(
    private readonly producer: Producer,
    private readonly connectAdmin: () => Promise<KafkajsAdmin>,
    private readonly brokers: readonly string[],
    private readonly log: DoFnContext['log'],
  ) {}

  async partitionCount(topic: string): Promise<number> {
    const admin = await this.connectAdmin();
    try {
      return await admin.partitionCount(topic);
    } finally {
      await admin.close();
    }
  }

  /** The same batch is sent with the same sequence numbers until it is through: brokers drop what they have already. */
  async send(to: TopicPartition, messages: readonly ProducedMessage[]): Promise<void> {
    const started = Date.now();
    const batch = kafkajsMessages(messages, to.partition);
    for (let waitMs = DELIVERY_FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, DELIVERY_LAST_RETRY_MS)) {
      try {
        // One partition a request: kafkajs retries one for several brokers in a way that can lose or repeat a part of it.
        const answers = await this.producer.send({ topic: to.topic, acks: -1, messages: batch });
        // For a partition that it has not heard of kafkajs sends nothing, and says that all went well.
        if (answers.length === 0) throw unknownPartition(to);
        this.say(undefined);
        return;
      } catch (cause) {
        const error = kafkaError(cause, { brokers: this.brokers, at: `${to.topic}, partition ${to.partition}` });
        const elapsed = Date.now() - started;
        if (this.closed || !mayRecover(error, elapsed) || elapsed + waitMs > DELIVERY_TIMEOUT_MS) throw error;
        this.say(error);
      }
      await delay(waitMs);
    }
  }

  /** One line when sending begins to fail, and one when it works again: not one for each partition and try. */
  private say(error: MillraceError | undefined): void {
    if (this.failing === (error !== undefined)) return;
    this.failing = error !== undefined;
    if (error === undefined) this.log('info', 'Kafka takes messages again');
    else
      this.log('warn', `Kafka: ${error.summary}; sending is tried again, for two minutes at most`, {
        code: error.code,
      });
  }

  close(): Promise<void> {
    this.closed = true;
    return guarded(this.brokers, undefined, () => this.producer.disconnect());
  }
}
