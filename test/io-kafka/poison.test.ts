import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import type { KafkaBroker } from '../support/services/kafka.js';
import { numbered, RUNNERS, UppercaseJob } from './uppercase-job.js';

const POISON = Buffer.from([0x66, 0xff, 0xfe]);
const KEY = Buffer.from([0x80, 0x00, 0x0a]);

describeWithService('kafka', 'examples/kafka-uppercase.ts and a record that is no text', (kafka) => {
  let serial = 0;
  const deadLetterTopic = (config = {}) => kafka().createTopic(`dead-${++serial}`, 1, config);

  /** Ten good records, a bad one, ten good ones, all in one partition. */
  async function withPoison(options = {}): Promise<UppercaseJob> {
    const job = await UppercaseJob.create(kafka(), 1, { startFrom: 'earliest', ...options });
    await job.write(10);
    await job.send({ partition: 0, key: KEY, value: POISON, headers: { trace: 'abc' }, timestamp: '1234567890123' });
    await job.write(10);
    return job;
  }

  test.each(RUNNERS)(
    'on %s: with a dead-letter topic it goes there as it came, and says where it was and what was wrong',
    async (runner, more) => {
      const dead = await deadLetterTopic();
      const job = await withPoison({ deadLetterTopic: dead, runner, ...more });
      const run = job.start({ until: 'latest' });
      expect(await run.waitForExit()).toMatchObject({ code: 0 });
      expect(run.output).toContain(`1 record(s) went to the dead-letter topic ${dead}`);
      expect((await job.read({ count: 20 })).sort()).toEqual(numbered(0, 20));
      await job.settled();

      const [letter, ...others] = await readBytes(kafka(), dead, 1);
      expect(others).toEqual([]);
      expect(letter).toMatchObject({ key: KEY, value: POISON, timestamp: '1234567890123' });
      expect(headersOf(letter!)).toEqual({
        trace: 'abc',
        '__millrace.errors.topic': job.input,
        '__millrace.errors.partition': '0',
        '__millrace.errors.offset': '10',
        '__millrace.errors.timestamp': '1234567890123',
        '__millrace.errors.group': job.groupId,
        '__millrace.errors.code': 'KAFKA_DESERIALIZATION',
        '__millrace.errors.message': `the value of ${job.input}, partition 0, offset 10 is not UTF-8 text: TypeError: not UTF-8`,
      });
    },
    60_000,
  );

  test.each(RUNNERS)(
    'on %s: without one the job ends with code 1 and names topic, partition and offset; with one it goes on from there',
    async (runner, more) => {
      const job = await withPoison({ runner, ...more });
      const run = job.start();
      expect(await run.waitForExit()).toMatchObject({ code: 1 });
      expect(run.output).toContain(`the value of ${job.input}, partition 0, offset 10 is not UTF-8 text`);
      expect(run.output).toContain('element: 66fffe');
      expect(run.output).toContain('deadLetterTopic');
      expect((await job.broker.committed(job.groupId, job.input)).get(0)).toBeLessThanOrEqual(10);

      const next = job.start({ until: 'latest', deadLetterTopic: await deadLetterTopic() });
      expect(await next.waitForExit()).toMatchObject({ code: 0 });
      expect([...new Set(await job.read())].sort()).toEqual(numbered(0, 20));
    },
    60_000,
  );

  test('when its topic takes no record of that size the job ends, and its offset is not committed', async () => {
    const dead = await deadLetterTopic({ 'max.message.bytes': '100' });
    const job = await withPoison({ deadLetterTopic: dead });
    const run = job.start();
    expect(await run.waitForExit()).toMatchObject({ code: 1 });
    expect(run.output).toContain(`a message for ${dead}, partition 0 is larger than its broker accepts`);
    expect((await job.broker.committed(job.groupId, job.input)).get(0)).toBeLessThanOrEqual(10);
  }, 60_000);

  test('a dead-letter topic that there is not ends the job when it starts', async () => {
    const job = await withPoison({ deadLetterTopic: 'nowhere' });
    const run = job.start();
    expect(await run.waitForExit(10_000)).toMatchObject({ code: 1 });
    expect(run.output).toContain('there is no topic "nowhere"');
    expect(await job.outputEnd()).toBe(0);
  }, 60_000);

  test('a topic of nothing else goes to the dead letters whole, and each record once', async () => {
    const dead = await deadLetterTopic();
    const job = await UppercaseJob.create(kafka(), 1, { startFrom: 'earliest', deadLetterTopic: dead });
    const value = Buffer.concat([POISON, Buffer.alloc(1_000)]);
    const producer = new Kafka({ brokers: [kafka().bootstrapServers], logLevel: logLevel.NOTHING }).producer({
      idempotent: true,
    });
    await producer.connect();
    for (let i = 0; i < 30; i++)
      await producer.send({ topic: job.input, messages: Array.from({ length: 500 }, () => ({ value })) });
    await producer.disconnect();
    const run = job.start({ until: 'latest' });
    expect(await run.waitForExit()).toMatchObject({ code: 0 });
    const letters = await readBytes(kafka(), dead, 15_000);
    expect(letters).toHaveLength(15_000);
    const offsets = letters.map((letter) => headersOf(letter)['__millrace.errors.offset']);
    expect(new Set(offsets).size).toBe(15_000);
  }, 60_000);
});

/** All records of a topic of one partition, as bytes, once there are so many. */
async function readBytes({ bootstrapServers }: KafkaBroker, topic: string, count: number): Promise<KafkaMessage[]> {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bytes-of-${topic}`, maxWaitTimeInMs: 250 });
  const found: KafkaMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: { batch: { messages: KafkaMessage[] } }): Promise<void> => {
      found.push(...batch.messages);
      if (found.length >= count) resolve();
    };
    consumer.run({ autoCommit: false, eachBatch }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}

function headersOf({ headers = {} }: KafkaMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
