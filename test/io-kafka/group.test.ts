import { MIN_TIMESTAMP, MillraceError } from 'millrace';
import { expect, test, vi } from 'vitest';
import { outOfGroup } from '#millrace/io/kafka/kafka-errors.js';
import { FakeKafka } from './fake-kafka.js';
import { SourceRun } from './source-driver.js';

type Overrides = Parameters<typeof SourceRun.open>[0];
const open = (
  kafka: FakeKafka,
  subscription: Partial<Overrides> = {},
  options: { maxBufferedBytes?: number; idleMs?: number } = {},
) =>
  SourceRun.open({ topics: ['t'], ...subscription }, { bootstrapServers: 'fake:1', connect: () => kafka, ...options });

/** Assigns and waits until the partitions are read. */
async function assign(kafka: FakeKafka, member: string, ...partitions: number[]): Promise<void> {
  kafka.consumer.assign(member, ...partitions);
  await vi.waitFor(() => expect(kafka.consumer.paused.size).toBe(0));
}

const take = async (run: SourceRun, count: number): Promise<void> => run.until(() => run.records.length >= count);
const letters = (from: string, count: number) =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(from.charCodeAt(0) + i));

test('nothing is fetched before the chosen position is committed', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 3));
  let open_ = () => {};
  const run = await open(kafka, { startFrom: 'latest' });
  kafka.gate = new Promise((resolve) => {
    open_ = resolve;
  });
  kafka.consumer.assign('m', 0);
  expect(kafka.consumer.fetch(0)).toBeUndefined();
  kafka.write(0, 'd');
  open_();
  await vi.waitFor(() => expect(kafka.consumer.paused.size).toBe(0));
  // 'latest' is where the partition ended when the run began, not when the group was joined.
  expect(kafka.consumer.commits).toEqual([[{ topic: 't', partition: 0, offset: 3 }]]);
  kafka.consumer.fetch(0);
  await take(run, 1);
  expect(run.values).toEqual(['d']);
});

test('a partition that stays over a rebalance goes on where it was, with what was fetched already', async () => {
  const kafka = new FakeKafka(2);
  kafka.write(0, ...letters('a', 6));
  const run = await open(kafka);
  await assign(kafka, 'm', 0, 1);
  kafka.consumer.fetch(0, 2);
  await take(run, 2);
  kafka.consumer.fetch(0, 2);
  kafka.consumer.assign('m', 0);
  expect(kafka.consumer.next.get('t/0')).toBe(4);
  kafka.consumer.fetch(0);
  await take(run, 6);
  expect(run.values).toEqual(letters('a', 6));
});

test('a partition that was lost is neither handed out nor committed', async () => {
  const kafka = new FakeKafka(2);
  kafka.write(0, ...letters('a', 3));
  kafka.write(1, ...letters('p', 3));
  const run = await open(kafka);
  await assign(kafka, 'm', 0, 1);
  kafka.consumer.fetch(0, 1);
  kafka.consumer.fetch(1, 1);
  await take(run, 2);
  run.barrier();
  kafka.consumer.fetch(1, 2);
  await assign(kafka, 'm', 0);
  kafka.consumer.commits.length = 0;
  await run.acknowledge();
  expect(kafka.consumer.commits).toEqual([[{ topic: 't', partition: 0, offset: 1 }]]);
  kafka.consumer.fetch(0);
  await take(run, 4);
  expect(run.values.sort()).toEqual(['a', 'b', 'c', 'p']);
});

test('a partition that comes back after another process has read on in it starts at the commit of that process', async () => {
  const kafka = new FakeKafka(2);
  kafka.write(0, ...letters('a', 6));
  const run = await open(kafka);
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0, 2);
  await take(run, 2);
  await assign(kafka, 'm', 1);
  kafka.committed.set('t/0', 4);
  await assign(kafka, 'm', 0, 1);
  kafka.consumer.fetch(0);
  await take(run, 4);
  expect(run.values).toEqual(['a', 'b', 'e', 'f']);
});

test('a member that fell out of the group keeps what it has when nobody else has committed', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 4));
  const run = await open(kafka);
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0, 2);
  await take(run, 1);
  run.barrier();
  await assign(kafka, 'another', 0);
  kafka.consumer.fetch(0);
  await take(run, 4);
  await run.acknowledge();
  expect(run.values).toEqual(letters('a', 4));
  expect(kafka.committed.get('t/0')).toBe(2);
});

test('an answer of before a rebalance is not taken for the next records', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 6));
  const run = await open(kafka);
  await assign(kafka, 'm', 0);
  kafka.consumer.next.set('t/0', 3);
  kafka.consumer.fetch(0);
  await vi.waitFor(() => expect(kafka.consumer.next.get('t/0')).toBe(0));
  await vi.waitFor(() => expect(kafka.consumer.paused.size).toBe(0));
  kafka.consumer.fetch(0);
  await take(run, 6);
  expect(run.values).toEqual(letters('a', 6));
});

test('records that were deleted before they were read are left out with a warning', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 6));
  const run = await open(kafka);
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0, 2);
  kafka.expire(0, 4);
  // As kafkajs does when an offset is out of range.
  kafka.committed.set('t/0', -2);
  kafka.consumer.next.set('t/0', 4);
  kafka.consumer.fetch(0);
  await vi.waitFor(() => expect(kafka.consumer.paused.size).toBe(0));
  kafka.consumer.fetch(0);
  await take(run, 4);
  expect(run.values).toEqual(['a', 'b', 'e', 'f']);
  expect(run.context.logs).toContainEqual({
    level: 'warn',
    message: 'Kafka: offset 2 of t/0 is gone; reading goes on at 4',
  });
});

test('a topic that was made anew is read from its beginning, and that is committed', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 3));
  const run = await open(kafka, {}, { idleMs: 200 });
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0);
  await take(run, 3);
  run.barrier();
  await run.acknowledge();
  // Deleted, with the commits of its groups.
  kafka.logs[0] = { low: 0, values: [] };
  kafka.committed.clear();
  await vi.waitFor(() => expect(kafka.committed.get('t/0')).toBe(0), 2_000);
  await vi.waitFor(() => expect(kafka.consumer.paused.size).toBe(0));
  kafka.write(0, ...letters('p', 5));
  kafka.consumer.fetch(0);
  await take(run, 8);
  expect(run.values).toEqual([...letters('a', 3), ...letters('p', 5)]);
  run.barrier();
  await run.acknowledge();
  expect(kafka.committed.get('t/0')).toBe(5);
  expect(run.context.logs.filter(({ level }) => level === 'warn')).toEqual([
    { level: 'warn', message: 'Kafka: t/0 was made anew or has lost records; it is read from 0 on' },
  ]);
});

test('a fetch from further back than asked for is not believed: the brokers are asked again', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 3));
  const run = await open(kafka);
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0);
  await take(run, 3);
  kafka.logs[0] = { low: 0, values: letters('p', 2) };
  // As kafkajs does when an offset is out of range.
  kafka.consumer.next.set('t/0', 0);
  kafka.consumer.fetch(0);
  await vi.waitFor(() => expect(kafka.consumer.next.get('t/0')).toBe(0));
  await vi.waitFor(() => expect(kafka.consumer.paused.size).toBe(0));
  kafka.consumer.fetch(0);
  await take(run, 5);
  expect(run.values).toEqual([...letters('a', 3), ...letters('p', 2)]);
});

test('control records at the end do not keep a bounded read from ending, even behind a gap', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 6));
  const run = await open(kafka, { untilLatest: true });
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0, 2);
  await take(run, 2);
  kafka.consumer.listener.skipped({ topic: 't', partition: 0 }, 5, 6);
  expect(kafka.consumer.next.get('t/0')).toBe(2);
  kafka.consumer.listener.skipped({ topic: 't', partition: 0 }, 5, 6);
  await run.until(() => false);
  expect(run.values).toEqual(['a', 'b']);
  expect(run.done).toBe(true);
});

test('fetching waits while too much is held, and goes on when it was handed out', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...Array.from({ length: 20 }, () => 'x'.repeat(100)));
  const run = await open(kafka, {}, { maxBufferedBytes: 2_000 });
  await assign(kafka, 'm', 0);
  expect(kafka.consumer.fetch(0, 5)?.held).toBeUndefined();
  const held = kafka.consumer.fetch(0, 5)?.held;
  expect(held).toBeInstanceOf(Promise);
  await take(run, 10);
  await held;
});

test('a consumer that is lost is made anew, and says so once', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 4));
  const run = await open(kafka);
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0, 2);
  await take(run, 2);
  kafka.consumer.listener.lost(
    new MillraceError('KAFKA_UNREACHABLE', 'external', 'no Kafka broker answers', { retryable: true }),
  );
  await vi.waitFor(() => expect(kafka.consumers).toHaveLength(2), 2_000);
  await assign(kafka, 'n', 0);
  kafka.consumer.fetch(0);
  await take(run, 4);
  expect(run.values).toEqual(letters('a', 4));
  expect(run.context.logs.filter(({ level }) => level === 'warn')).toEqual([
    { level: 'warn', message: 'Kafka: no Kafka broker answers; trying again in 0.5 s' },
  ]);
});

test('what trying again does not help ends the reading', async () => {
  const kafka = new FakeKafka(1);
  const run = await open(kafka);
  kafka.consumer.listener.lost(new MillraceError('KAFKA_NOT_AUTHORIZED', 'external', 'not allowed'));
  await expect(run.until(() => false)).rejects.toMatchObject({ code: 'KAFKA_NOT_AUTHORIZED' });
});

test('a topic that is unknown for a moment is waited for, and not for ever', async () => {
  const kafka = new FakeKafka(1);
  const unknown = new MillraceError('KAFKA_UNKNOWN_TOPIC', 'external', 'there is no topic t');
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  try {
    const run = await open(kafka);
    kafka.consumer.listener.lost(unknown);
    await vi.advanceTimersByTimeAsync(600);
    expect(kafka.consumers).toHaveLength(2);
    run.reader.poll({ emit: () => {} }, 1);
    await vi.advanceTimersByTimeAsync(30_000);
    kafka.consumer.listener.lost(unknown);
    expect(() => run.reader.poll({ emit: () => {} }, 1)).toThrow(unknown);
  } finally {
    vi.useRealTimers();
  }
});

test('partitions that become idle at once tell their watermark before they are idle', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  try {
    const kafka = new FakeKafka(2);
    kafka.write(0, ...letters('a', 3));
    const run = await open(kafka, {}, { idleMs: 3_000 });
    kafka.consumer.assign('m', 0, 1);
    await vi.advanceTimersByTimeAsync(1);
    kafka.consumer.fetch(0);
    run.reader.poll({ emit: () => {} }, 10);
    expect(run.reader.watermark()).toBe(MIN_TIMESTAMP);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(run.reader.isIdle?.()).toBe(false);
    expect(run.reader.watermark()).toBe(2_000);
    expect(run.reader.isIdle?.()).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('a commit that does not get through is covered by the next', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  try {
    const kafka = new FakeKafka(1);
    kafka.write(0, ...letters('a', 4));
    const run = await open(kafka);
    kafka.consumer.assign('m', 0);
    await vi.advanceTimersByTimeAsync(1);
    kafka.consumer.fetch(0, 2);
    run.reader.poll({ emit: () => {} }, 10);
    run.barrier();
    kafka.commitError = outOfGroup();
    const first = run.acknowledge();
    await vi.advanceTimersByTimeAsync(5_000);
    await first;
    expect(run.context.logs.at(-1)?.message).toContain('the next commit will cover them');
    kafka.commitError = undefined;
    kafka.consumer.fetch(0, 2);
    run.reader.poll({ emit: () => {} }, 10);
    run.barrier();
    await run.acknowledge();
    expect(kafka.committed.get('t/0')).toBe(4);
  } finally {
    vi.useRealTimers();
  }
});

test('the group is left only when the last commit was made', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...letters('a', 2));
  const run = await open(kafka);
  await assign(kafka, 'm', 0);
  kafka.consumer.fetch(0);
  await take(run, 2);
  run.barrier();
  await run.reader.close();
  expect(kafka.consumer.stopped).toBe(false);
  await run.acknowledge();
  expect(kafka.committed.get('t/0')).toBe(2);
  expect(kafka.consumer.stopped).toBe(true);
});
