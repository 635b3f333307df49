import type { FinishBundleContext } from 'millrace';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { KafkaWritable } from '#millrace/io/kafka/kafka-message.js';
import { KafkaSink } from '#millrace/io/kafka/kafka-sink.js';
import { kafkajsClient } from '#millrace/io/kafka/kafkajs-client.js';
import { describeWithService } from '../support/services/describe-with-service.js';
import { doFnContext } from './source-driver.js';

/** One sink, and bundles through it. */
async function openSink(bootstrapServers: string, topic: string) {
  const sink = new KafkaSink({ connection: { bootstrapServers }, topic });
  const context = doFnContext('write');
  await sink.setup(context);
  onTestFinished(() => sink.teardown());
  const forbidden = () => {
    throw new Error('a sink has no output');
  };
  const finishing: FinishBundleContext<never> = {
    ...context,
    output: forbidden,
    outputTagged: forbidden,
    afterCommit: forbidden,
  };
  return {
    context,
    async bundle(elements: readonly KafkaWritable[]) {
      await sink.startBundle();
      for (const element of elements) sink.process(element);
      await sink.finishBundle(finishing);
    },
  };
}

describeWithService('kafka', 'the Kafka sink', (kafka) => {
  let serial = 0;
  const open = async (partitions = 1, config = {}) => {
    const topic = await kafka().createTopic(`s${++serial}`, partitions, config);
    return { topic, sink: await openSink(kafka().bootstrapServers, topic) };
  };

  test('has written everything when the bundle is finished', async () => {
    const { topic, sink } = await open();
    await sink.bundle([
      { key: 'a', value: 'one', timestamp: 1_000 },
      { key: 'a', value: null, timestamp: 2_000 },
      'no key',
      new Uint8Array(Buffer.from('bytes')),
    ]);
    const records = await kafka().consume(topic, { count: 4 });
    expect(records.map(({ offset, key, value }) => [offset, key, value])).toEqual([
      [0, 'a', 'one'],
      [1, 'a', null],
      [2, null, 'no key'],
      [3, null, 'bytes'],
    ]);
    expect(records.slice(0, 2).map((record) => record.timestamp)).toEqual([1_000, 2_000]);
  });

  test('keeps the order of each key over many batches and bundles', async () => {
    const { topic, sink } = await open(4);
    for (let bundle = 0; bundle < 3; bundle++)
      await sink.bundle(
        Array.from({ length: 8_000 }, (_, i) => ({ key: `k${i % 100}`, value: `${bundle * 8_000 + i}` })),
      );
    const records = await kafka().consume(topic, { count: 24_000 });
    const last = new Map<string, number>();
    for (const { key, value } of records) {
      const before = last.get(key!) ?? -1;
      expect(Number(value)).toBeGreaterThan(before);
      last.set(key!, Number(value));
    }
    expect(new Set(records.map((record) => record.value)).size).toBe(24_000);
    expect(new Set(records.map((record) => record.partition)).size).toBe(4);
  }, 60_000);

  test('splits what is too large for one request', async () => {
    const { topic, sink } = await open(1, { 'max.message.bytes': '100000' });
    const value = 'x'.repeat(9_000);
    await sink.bundle(Array.from({ length: 300 }, (_, i) => ({ key: `${i}`, value })));
    expect((await kafka().consume(topic, { count: 300 })).map((record) => record.key)).toEqual(
      Array.from({ length: 300 }, (_, i) => `${i}`),
    );
  }, 60_000);

  test('names topic, partition and size when one message is too large', async () => {
    const { topic, sink } = await open(1, { 'max.message.bytes': '1000' });
    await expect(sink.bundle(['small', 'x'.repeat(5_000)])).rejects.toMatchObject({
      code: 'KAFKA_MESSAGE_TOO_LARGE',
      summary: `a message for ${topic}, partition 0 is larger than its broker accepts (5020 bytes)`,
      hint: expect.stringContaining('max.message.bytes'),
    });
  });

  test('waits for a broker that is away for a moment', async () => {
    const { topic, sink } = await open();
    await sink.bundle(['before']);
    await kafka().kill9();
    const during = sink.bundle(['during']);
    await kafka().restart();
    await during;
    await sink.bundle(['after']);
    const records = await kafka().consume(topic, { idleMs: 3_000 });
    expect(records.map((record) => record.value)).toEqual(['before', 'during', 'after']);
  }, 120_000);

  test('asks for new partitions from time to time, and does not mind when nobody answers', async () => {
    const { topic, sink } = await open(1);
    await sink.bundle(['before']);
    await kafka().admin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6 * 60_000 });
    onTestFinished(() => void vi.useRealTimers());
    await kafka().kill9();
    const during = sink.bundle(['during']);
    await kafka().restart();
    await during;
    await sink.bundle(Array.from({ length: 50 }, (_, i) => ({ key: `${i}`, value: 'after' })));
    const records = await kafka().consume(topic, { count: 52 });
    expect(new Set(records.map((record) => record.partition)).size).toBe(3);
  }, 120_000);

  test('loses no message for a partition that was added a moment ago', async () => {
    const { topic } = await open(1);
    const client = kafkajsClient({ bootstrapServers: kafka().bootstrapServers }, () => {});
    const producer = await client.connectProducer();
    onTestFinished(() => producer.close());
    await producer.send({ topic, partition: 0 }, [{ key: null, value: 'known' }]);
    await kafka().admin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }));
    expect(await producer.partitionCount(topic)).toBe(3);
    await producer.send({ topic, partition: 2 }, [{ key: null, value: 'added' }]);
    const records = await kafka().consume(topic, { count: 2 });
    expect(records.map(({ partition, value }) => `${partition}: ${value}`).sort()).toEqual(['0: known', '2: added']);
  }, 60_000);

  test.each([
    ['no value', { key: 'k' }, 'a text, bytes or null as its value, not undefined'],
    ['a number as its key', { key: 7, value: 'v' }, 'a text, bytes or null as its key, not 7'],
    ['half a millisecond', { value: 'v', timestamp: 1.5 }, 'whole milliseconds as its timestamp, not 1.5'],
    ['a partition that there is not', { value: 'v', partition: 2 }, 'names partition 2, but'],
    ['no form at all', null, 'a message, a text or bytes, not null'],
  ])('refuses a message with %s', async (_, message, problem) => {
    const { sink } = await open(2);
    await expect(sink.bundle([message as KafkaWritable])).rejects.toMatchObject({
      code: 'KAFKA_MESSAGE',
      kind: 'function',
      summary: expect.stringContaining(problem),
    });
  });

  test('gives up when the pipeline is cancelled', async () => {
    const { sink } = await open();
    await kafka().kill9();
    const bundle = sink.bundle(['never']);
    sink.context.abort(new Error('cancelled'));
    await expect(bundle).rejects.toThrow('cancelled');
    await kafka().restart();
  }, 120_000);

  test('refuses a topic that there is not, and creates none', async () => {
    await expect(openSink(kafka().bootstrapServers, 'nowhere')).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC' });
    expect(await kafka().admin((admin) => admin.listTopics())).not.toContain('nowhere');
  });
});
