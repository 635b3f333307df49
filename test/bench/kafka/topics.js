import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';

const PARTS = 1_000;

/** The topics of the benchmark on a broker, and what must be true of them afterwards. */
export class Topics {
  #kafka;
  #admin;

  constructor(bootstrapServers) {
    this.#kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
    this.#admin = this.#kafka.admin();
  }

  connect() {
    return this.#admin.connect();
  }

  close() {
    return this.#admin.disconnect();
  }

  async create(topic, numPartitions) {
    await this.#admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, replicationFactor: 1 }] });
    return topic;
  }

  /** `records` of about so many bytes, with ten thousand different keys. */
  async fill(topic, records, bytes) {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let from = 0; from < records; from += PARTS) {
      const messages = Array.from({ length: Math.min(PARTS, records - from) }, (_, i) => ({
        key: `key-${(from + i) % 10_000}`,
        value: `record ${from + i} `.padEnd(bytes, 'the quick brown fox '),
      }));
      await producer.send({ topic, messages });
    }
    await producer.disconnect();
  }

  /** Waits until the broker knows the group: a new broker takes a moment, and a hand-written loop would give up on it. */
  async untilReady(groupId, topic) {
    for (const deadline = Date.now() + 30_000; ; await delay(200)) {
      try {
        return await this.#admin.fetchOffsets({ groupId, topics: [topic] });
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  /** What is wrong with what a run has left behind; undefined when nothing is. */
  async fault(input, output, groupId, records) {
    const sum = (offsets, of) => offsets.reduce((all, one) => all + Number(of(one)), 0);
    const written = sum(await this.#admin.fetchTopicOffsets(output), ({ high }) => high);
    if (written !== records) return `${written} records written, not ${records}`;
    const [{ partitions }] = await this.#admin.fetchOffsets({ groupId, topics: [input] });
    const committed = sum(partitions, ({ offset }) => offset);
    if (committed !== records) return `offsets of ${committed} records committed, not of ${records}`;
    const wrong = await this.#wrongValues(output, records);
    return wrong === 0 ? undefined : `${wrong} records missing or not in upper case`;
  }

  /** Reads the whole topic; answers how many of the numbers 0 … records - 1 it does not find in a value in upper case. */
  async #wrongValues(topic, records) {
    const missing = new Set(Array.from({ length: records }, (_, n) => n));
    let left = records;
    const consumer = this.#kafka.consumer({ groupId: `check-${topic}`, maxWaitTimeInMs: 250 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachBatch = async ({ batch }) => {
        for (const { value } of batch.messages) missing.delete(numberIn(value.toString()));
        left -= batch.messages.length;
        if (left <= 0) resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
    await consumer.disconnect();
    return missing.size;
  }
}

function numberIn(value) {
  const found = /^RECORD (\d+) /.exec(value);
  return found === null || value !== value.toUpperCase() ? -1 : Number(found[1]);
}
