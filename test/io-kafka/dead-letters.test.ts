import { expect, test, vi } from 'vitest';
import { timestampReader } from '#millrace/io/kafka/kafka-record.js';
import type { KafkaSourceOptions } from '#millrace/io/kafka/kafka-source.js';
import { FakeKafka } from './fake-kafka.js';
import { SourceRun } from './source-driver.js';

async function open(kafka: FakeKafka, options: Partial<KafkaSourceOptions> = {}): Promise<SourceRun> {
  const run = await SourceRun.open(
    { topics: ['t'], groupId: 'g' },
    {
      bootstrapServers: 'fake:1',
      connect: () => kafka,
      deadLetterTopic: 'dead',
      valueFormat: (bytes) => {
        const text = Buffer.from(bytes).toString();
        if (text.startsWith('poison')) throw new RangeError(`of no use:\n  ${text}`);
        return text;
      },
      ...options,
    },
  );
  kafka.consumer.assign('m', 0);
  await vi.waitFor(() => expect(kafka.consumer.paused.size).toBe(0));
  return run;
}

/** A promise that a test settles. */
function gate(): { readonly closed: Promise<void>; open(error?: Error): void } {
  let settle = (_?: Error) => {};
  const closed = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  closed.catch(() => {});
  return { closed, open: (error) => settle(error) };
}

test('a record that cannot be read goes to its topic, and the others go on', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, 'a', 'poison', 'b');
  const run = await open(kafka);
  kafka.consumer.fetch(0);
  await run.until(() => run.records.length === 2);
  run.barrier();
  await run.acknowledge();
  expect(run.values).toEqual(['a', 'b']);
  expect(kafka.produced).toEqual([
    {
      to: { topic: 'dead', partition: 0 },
      message: {
        key: null,
        value: Buffer.from('poison'),
        timestamp: 1_000,
        headers: {
          '__millrace.errors.topic': 't',
          '__millrace.errors.partition': '0',
          '__millrace.errors.offset': '1',
          '__millrace.errors.timestamp': '1000',
          '__millrace.errors.group': 'g',
          '__millrace.errors.code': 'KAFKA_DESERIALIZATION',
          '__millrace.errors.message':
            "the value of t, partition 0, offset 1 is not the given function's form: RangeError: of no use: poison",
        },
      },
    },
  ]);
  expect(kafka.committed.get('t/0')).toBe(3);
  expect(run.context.logs.filter(({ level }) => level === 'warn')).toEqual([
    { level: 'warn', message: 'Kafka: 1 record(s) went to the dead-letter topic dead' },
  ]);
});

test('its offset is committed only when the dead letter is acknowledged', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, 'a', 'poison', 'b');
  const acknowledged = gate();
  kafka.producing = acknowledged.closed;
  const run = await open(kafka);
  kafka.consumer.fetch(0);
  await run.until(() => run.records.length === 2);
  run.barrier();
  const committed = run.acknowledge();
  // Everything that could be done without the acknowledgement has been done.
  await new Promise((resolve) => setImmediate(resolve));
  expect(kafka.committed.get('t/0')).toBe(0);
  acknowledged.open();
  await committed;
  expect(kafka.committed.get('t/0')).toBe(3);
});

test('when the dead letter cannot be written nothing is committed, and the error says why', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, 'a', 'poison');
  const acknowledged = gate();
  kafka.producing = acknowledged.closed;
  const run = await open(kafka);
  kafka.consumer.fetch(0);
  await run.until(() => run.reader.lag?.() === 0);
  run.barrier();
  acknowledged.open(new Error('the disk is full'));
  await expect(run.acknowledge()).rejects.toThrow('the disk is full');
  expect(kafka.committed.get('t/0')).toBe(0);
});

test('reading waits while too many dead letters are on their way', async () => {
  const kafka = new FakeKafka(1);
  const big = `poison ${'x'.repeat(1 << 20)}`;
  kafka.write(0, ...Array.from({ length: 8 }, () => big), 'a');
  const acknowledged = gate();
  kafka.producing = acknowledged.closed;
  const run = await open(kafka);
  kafka.consumer.fetch(0);
  const poll = () =>
    run.reader.poll({ emit: (record) => void run.records.push({ record: record as never, timestamp: 0 }) }, 1_000);
  let last = poll();
  for (let i = 0; i < 20 && last === 'more'; i++) last = poll();
  expect(last).toMatchObject({ kind: 'wakeWhen' });
  expect(run.reader.lag?.()).toBeGreaterThanOrEqual(3);
  acknowledged.open();
  await run.until(() => run.records.length === 1);
});

test.each([
  ['throws', () => BigInt('x'), 'failed at t, partition 0, offset 0'],
  ['gives no number', () => Number.NaN, 'gave NaN, which is no time, for t, partition 0, offset 0'],
] as const)('a timestamp function that %s makes a dead letter too', async (_, timestampOf, message) => {
  const kafka = new FakeKafka(1);
  kafka.write(0, 'a');
  const run = await open(kafka, { timestampOf: timestampReader(timestampOf as unknown as () => number) });
  kafka.consumer.fetch(0);
  await run.until(() => run.reader.lag?.() === 0);
  run.barrier();
  await run.acknowledge();
  expect(kafka.produced[0]?.message.headers).toMatchObject({
    '__millrace.errors.code': 'KAFKA_TIMESTAMP',
    '__millrace.errors.message': expect.stringContaining(message),
  });
});

test('without a dead-letter topic the record ends the reading, and those before it have been handed out', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, 'a', 'poison');
  const run = await open(kafka, { deadLetterTopic: undefined });
  kafka.consumer.fetch(0);
  await expect(run.until(() => false)).rejects.toMatchObject({
    code: 'KAFKA_DESERIALIZATION',
    summary: "the value of t, partition 0, offset 1 is not the given function's form",
    hint: expect.stringContaining('deadLetterTopic'),
  });
  expect(run.values).toEqual(['a']);
});

test('headers that a record came with stay with it', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, 'poison');
  const run = await open(kafka);
  const message = { offset: '0', timestamp: '-1', key: Buffer.from([0xff]), value: Buffer.from('poison') };
  const headers = { trace: Buffer.from('7'), empty: null };
  const batch = { topic: 't', partition: 0, fetchedOffset: 0, nextOffset: 1, highWatermark: 1 };
  kafka.consumer.listener.batch({ ...batch, messages: [{ ...message, headers }] });
  await run.until(() => run.reader.lag?.() === 0);
  run.barrier();
  await run.acknowledge();
  const [sent] = kafka.produced;
  expect(sent?.message).toMatchObject({ key: Buffer.from([0xff]), headers });
  // A record of the oldest format has no time.
  expect(sent?.message).not.toHaveProperty('timestamp');
});
