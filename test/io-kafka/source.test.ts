import { Kafka, logLevel, type Message } from 'kafkajs';
import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import type { KafkaBroker } from '../support/services/kafka.js';
import { SourceRun } from './source-driver.js';

/** Each partition by itself, because kafkajs repeats a part of a request when only some of its partitions have leaders. */
async function produce(broker: KafkaBroker, topic: string, messages: Message[]): Promise<void> {
  const producer = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING }).producer({
    idempotent: true,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
  await producer.connect();
  for (const partition of new Set(messages.map((message) => message.partition)))
    await producer.send({ topic, messages: messages.filter((message) => message.partition === partition) });
  await producer.disconnect();
}

const numbered = (from: number, to: number, partition = 0): Message[] =>
  Array.from({ length: to - from }, (_, i) => ({
    partition,
    value: `v${from + i}`,
    timestamp: String(1_000 * (from + i)),
  }));
const values = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `v${from + i}`);

describeWithService('kafka', 'the Kafka source', (kafka) => {
  let serial = 0;
  const topicOf = async (partitions = 1) => kafka().createTopic(`t${++serial}`, partitions);
  const at = () => ({ bootstrapServers: kafka().bootstrapServers });

  test('reads records with all their parts, tombstones included', async () => {
    const topic = await topicOf();
    await produce(kafka(), topic, [
      { key: 'k', value: 'ä', headers: { h: 'x', twice: ['a', 'b'] }, timestamp: '1234' },
      { key: 'k', value: null, timestamp: '1235' },
      { key: null, value: '', timestamp: '1236' },
    ]);
    const run = await SourceRun.open({ topics: [topic] }, at());
    await run.until(() => run.records.length === 3);
    const bytes = (text: string) => new Uint8Array(Buffer.from(text));
    const common = { topic, partition: 0 };
    expect(run.records).toEqual([
      {
        timestamp: 1234,
        record: {
          ...common,
          ...{ offset: 0, timestamp: 1234, key: 'k', value: 'ä' },
          headers: { h: bytes('x'), twice: [bytes('a'), bytes('b')] },
        },
      },
      { timestamp: 1235, record: { ...common, offset: 1, timestamp: 1235, key: 'k', value: null, headers: {} } },
      { timestamp: 1236, record: { ...common, offset: 2, timestamp: 1236, key: null, value: '', headers: {} } },
    ]);
    expect(run.reader.watermark()).toBe(1236);
    expect(run.reader.lag?.()).toBe(0);
  });

  test('commits what was acknowledged, and a second run goes on there', async () => {
    const topic = await topicOf();
    await produce(kafka(), topic, numbered(0, 10));
    const first = await SourceRun.open({ topics: [topic] }, { ...at(), job: 'goes-on' });
    await first.until(() => first.records.length >= 4, 20_000, 4);
    first.barrier();
    await first.until(() => first.records.length === 10);
    await first.acknowledge();
    expect(await kafka().committed('millrace.goes-on.read', topic)).toEqual(new Map([[0, 4]]));
    await first.end();

    const second = await SourceRun.open({ topics: [topic] }, { ...at(), job: 'goes-on' });
    await second.until(() => second.records.length === 6);
    expect(second.values).toEqual(values(4, 10));
    await second.stop();
    expect(await kafka().committed('millrace.goes-on.read', topic)).toEqual(new Map([[0, 10]]));
  });

  test('commits the position chosen by startFrom before anything is read', async () => {
    const topic = await topicOf();
    await produce(kafka(), topic, numbered(0, 5));
    const first = await SourceRun.open({ topics: [topic], startFrom: 'latest', groupId: 'late' }, at());
    await first.until(() => first.reader.lag?.() === 0);
    expect(await kafka().committed('late', topic)).toEqual(new Map([[0, 5]]));
    await first.end();

    await produce(kafka(), topic, numbered(5, 8));
    const second = await SourceRun.open({ topics: [topic], startFrom: 'latest', groupId: 'late' }, at());
    await second.until(() => second.records.length === 3);
    expect(second.values).toEqual(values(5, 8));
  });

  test('starts at an instant', async () => {
    const topic = await topicOf();
    await produce(kafka(), topic, numbered(0, 10));
    const run = await SourceRun.open({ topics: [topic], startFrom: { timestamp: 6_500 } }, at());
    await run.until(() => run.records.length === 3);
    expect(run.values).toEqual(values(7, 10));
  });

  test('refuses to start from a commit that there is not', async () => {
    const topic = await topicOf();
    const opened = SourceRun.open({ topics: [topic], startFrom: 'committed' }, at());
    await expect(opened).rejects.toMatchObject({ code: 'KAFKA_NO_COMMIT', kind: 'external' });
  });

  test('ends after exactly maxRecords, and commits no more than that', async () => {
    const topic = await topicOf(2);
    await produce(kafka(), topic, [...numbered(0, 50), ...numbered(0, 50, 1)]);
    const run = await SourceRun.open(
      { topics: [topic], maxRecords: 70, groupId: 'seventy' },
      { ...at(), bounded: true },
    );
    await run.until(() => false, 20_000, 7);
    expect(run.records).toHaveLength(70);
    await run.stop();
    const committed = await kafka().committed('seventy', topic);
    expect((committed.get(0) ?? 0) + (committed.get(1) ?? 0)).toBe(70);
  });

  test('until latest: ends where the partitions ended when it began', async () => {
    const topic = await topicOf(3);
    await produce(kafka(), topic, [...numbered(0, 20), ...numbered(0, 10, 1)]);
    const run = await SourceRun.open({ topics: [topic], untilLatest: true }, { ...at(), bounded: true });
    await produce(kafka(), topic, [...numbered(20, 30), ...numbered(0, 5, 2)]);
    await run.until(() => false);
    expect(run.done).toBe(true);
    expect(run.values.sort()).toEqual([...values(0, 20), ...values(0, 10)].sort());
  });

  test('until latest: ends behind transactions, without the aborted ones', async () => {
    const topic = await topicOf();
    const producer = new Kafka({ brokers: [kafka().bootstrapServers], logLevel: logLevel.NOTHING }).producer({
      transactionalId: 'tx',
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [value, commit] of [
      ['kept', true],
      ['gone', false],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }] });
      await (commit ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    const run = await SourceRun.open(
      { topics: [topic], untilLatest: true, groupId: 'after-tx' },
      { ...at(), bounded: true },
    );
    await run.until(() => false);
    expect(run.values).toEqual(['kept']);
    await run.stop();
    expect(await kafka().committed('after-tx', topic)).toEqual(new Map([[0, 4]]));
  });

  test('an idle partition does not hold time back, and all idle is idle', async () => {
    const topic = await topicOf(2);
    await produce(kafka(), topic, numbered(0, 10, 1));
    const run = await SourceRun.open({ topics: [topic] }, { ...at(), idleMs: 3_000 });
    await run.until(() => run.records.length === 10);
    expect(run.reader.watermark()).toBeLessThan(0);
    expect(run.reader.isIdle?.()).toBe(false);
    await produce(kafka(), topic, numbered(10, 20, 1));
    await run.until(() => run.reader.watermark() === 19_000);
    await run.until(() => run.reader.isIdle?.() === true);
    expect(run.reader.watermark()).toBe(19_000);
  });

  test('an added partition without records does not hold time back either', async () => {
    const topic = await topicOf(1);
    const run = await SourceRun.open({ topics: [topic] }, { ...at(), idleMs: 2_000 });
    await produce(kafka(), topic, numbered(0, 10));
    await run.until(() => run.records.length === 10);
    await kafka().admin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }));
    await run.until(() => run.context.logs.some(({ message }) => message.includes('assigned 2')));
    await produce(kafka(), topic, numbered(10, 20));
    await run.until(() => run.reader.watermark() === 19_000);
  }, 60_000);

  test('holds back what it fetches when nobody takes it', async () => {
    const topic = await topicOf();
    const big = 'x'.repeat(100_000);
    for (let i = 0; i < 10; i++)
      await produce(
        kafka(),
        topic,
        Array.from({ length: 9 }, () => ({ value: big })),
      );
    const run = await SourceRun.open(
      { topics: [topic] },
      { ...at(), maxBufferedBytes: 1_000_000, sessionTimeoutMs: 6_000 },
    );
    let most = 0;
    await run.until(
      () => {
        most = Math.max(most, run.source.bufferedBytes);
        return run.records.length === 90;
      },
      20_000,
      1,
    );
    expect(most).toBeGreaterThan(900_000);
    expect(most).toBeLessThan(3_000_000);
  });

  test('shares the partitions with a second process, and takes them back', async () => {
    const topic = await topicOf(2);
    const subscription = { topics: [topic], groupId: 'shared' };
    const first = await SourceRun.open(subscription, at());
    await produce(kafka(), topic, [...numbered(0, 10), ...numbered(0, 10, 1)]);
    await first.until(() => first.records.length === 20);
    first.barrier();
    await first.acknowledge();

    const second = await SourceRun.open(subscription, at());
    const assignments = (run: SourceRun) =>
      run.context.logs.filter((line) => line.message.includes('assigned 1')).length;
    await Promise.all([first.until(() => assignments(first) > 0), second.until(() => assignments(second) > 0)]);
    await produce(kafka(), topic, [...numbered(10, 20), ...numbered(10, 20, 1)]);
    await Promise.all([
      first.until(() => first.records.length === 30),
      second.until(() => second.records.length === 10),
    ]);
    await second.stop();

    await produce(kafka(), topic, [...numbered(20, 30), ...numbered(20, 30, 1)]);
    await first.until(() => first.records.length === 50);
    const all = [...first.records, ...second.records].map(({ record }) => `${record.partition}/${record.offset}`);
    expect(new Set(all).size).toBe(60);
    expect(all).toHaveLength(60);
  });

  test('names the topics that there are when one is unknown', async () => {
    await topicOf();
    await expect(SourceRun.open({ topics: ['nowhere'] }, at())).rejects.toMatchObject({
      code: 'KAFKA_UNKNOWN_TOPIC',
      kind: 'external',
      hint: expect.stringContaining('topics there: t1'),
    });
    expect(await kafka().admin((admin) => admin.listTopics())).not.toContain('nowhere');
  });

  test.each(['lz4', 'zstd', 'snappy'])('says so when records are compressed by %s', async (codec) => {
    const topic = await kafka().createTopic(`compressed-${codec}`, 1, { 'compression.type': codec });
    await produce(kafka(), topic, numbered(0, 5));
    const run = await SourceRun.open({ topics: [topic], groupId: codec }, at());
    await expect(run.until(() => run.records.length > 0)).rejects.toMatchObject({
      code: 'KAFKA_COMPRESSION',
      summary: expect.stringMatching(new RegExp(codec, 'i')),
      hint: expect.stringContaining('gzip'),
    });
  });

  test('reads what is compressed by gzip', async () => {
    const topic = await kafka().createTopic('compressed-gzip', 1, { 'compression.type': 'gzip' });
    await produce(kafka(), topic, numbered(0, 5));
    const run = await SourceRun.open({ topics: [topic], groupId: 'gzip' }, at());
    await run.until(() => run.records.length === 5);
    expect(run.values).toEqual(values(0, 5));
  });

  test('survives a broker that is killed and comes back, without reading anything twice', async () => {
    const topic = await topicOf(2);
    const run = await SourceRun.open({ topics: [topic], groupId: 'survivor' }, at());
    await produce(kafka(), topic, [...numbered(0, 10), ...numbered(0, 10, 1)]);
    await run.until(() => run.records.length === 20);
    run.barrier();
    await kafka().kill9();
    await kafka().restart();
    await produce(kafka(), topic, [...numbered(10, 20), ...numbered(10, 20, 1)]);
    await run.until(() => run.records.length === 40, 45_000);
    await run.acknowledge();
    await run.stop();
    expect(new Set(run.records.map(({ record }) => `${record.partition}/${record.offset}`)).size).toBe(40);
    expect(await kafka().committed('survivor', topic)).toEqual(
      new Map([
        [0, 20],
        [1, 20],
      ]),
    );
  }, 120_000);
});
