import { Kafka, logLevel } from 'kafkajs';

/** kafkajs copies all that it has of a request for each message in it: of 250, 500, 1,000 and whole fetches this is the fastest. */
const MESSAGES_A_REQUEST = 1_000;
const COMMIT_EVERY_MS = 1_000;

/**
 * What a careful user writes by hand with kafkajs: what is fetched goes in upper case to the output, by an idempotent producer
 * that waits for all replicas; offsets are committed about once a second, and never before the acknowledgement.
 */
export async function loop({ bootstrapServers, input, output, groupId, records }) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250 });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: input, fromBeginning: true });

  /** Partition → the offset to commit. */
  const acknowledged = new Map();
  let committedAt = Date.now();
  const commit = async () => {
    committedAt = Date.now();
    const offsets = [...acknowledged].map(([partition, offset]) => ({ topic: input, partition, offset }));
    acknowledged.clear();
    await consumer.commitOffsets(offsets);
  };

  let left = records;
  const finished = new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachBatch = async ({ batch: { messages, partition }, resolveOffset, heartbeat }) => {
      for (let from = 0; from < messages.length; from += MESSAGES_A_REQUEST) {
        const part = messages.slice(from, from + MESSAGES_A_REQUEST);
        await producer.send({
          topic: output,
          acks: -1,
          messages: part.map(({ key, value }) => ({ key, value: value?.toString().toUpperCase() ?? null })),
        });
        const { offset } = part[part.length - 1];
        resolveOffset(offset);
        acknowledged.set(partition, String(BigInt(offset) + 1n));
        left -= part.length;
        if (Date.now() - committedAt >= COMMIT_EVERY_MS) await commit();
        await heartbeat();
      }
      if (left <= 0) resolve();
    };
    const partitionsConsumedConcurrently = 4;
    consumer
      .run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently, eachBatch })
      .catch(reject);
  });
  await finished;
  await commit();
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
}
