import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import type { KafkaBroker } from '../support/services/kafka.js';
import { PipelineProcess } from './pipeline-process.js';

const EXAMPLE = 'examples/kafka-uppercase.ts';
const JOINED = 'Kafka assigned';

describeWithService('kafka', 'examples/kafka-uppercase.ts', (kafka) => {
  let serial = 0;

  /** Two topics, a producer, and a way to start the example on them. */
  async function setUp(partitions = 2) {
    const broker = kafka();
    const input = await broker.createTopic(`in-${++serial}`, partitions);
    const output = await broker.createTopic(`out-${serial}`, partitions);
    const producer = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING }).producer({
      idempotent: true,
    });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const start = (options: { readonly [name: string]: string | number } = {}) => {
      const common = { bootstrapServers: broker.bootstrapServers, inputTopic: input, outputTopic: output };
      const run = new PipelineProcess(EXAMPLE, { ...common, ...options });
      onTestFinished(() => run.dispose());
      return run;
    };
    const write = (from: number, to: number) => send(producer, input, from, to);
    const read = async (options: { count?: number; idleMs?: number }) =>
      (await broker.consume(output, options)).map((record) => record.value!);
    return { broker, input, output, start, write, read };
  }

  const GROUP = 'millrace.kafka-uppercase.read';

  test.each([
    ['direct', {}],
    ['worker-threads', { threads: 2 }],
  ])(
    'runs on %s until it is stopped, exits with 0, and has committed what it wrote',
    async (runner, more) => {
      const { broker, input, start, write, read } = await setUp();
      await write(0, 10);
      const run = start({ startFrom: 'latest', runner, ...more });
      await run.says(JOINED);
      await write(10, 1_010);
      expect((await read({ count: 1_000 })).sort()).toEqual(expected(10, 1_010));

      const { code } = await run.end('SIGTERM');
      expect({ code, output: run.output }).toMatchObject({ code: 0 });
      expect(sum(await broker.committed(GROUP, input))).toBe(1_010);
    },
    120_000,
  );

  test('loses nothing when it is killed again and again under load, and works again within 15 s', async () => {
    const { start, write, read, broker, input, output } = await setUp();
    let total = 0;
    let loading = true;
    const load = (async () => {
      for (; loading; total += 50) {
        await write(total, total + 50);
        await delay(10);
      }
    })();
    const written = () => endOf(broker, output);
    const restarts: number[] = [];
    let run = start({ startFrom: 'earliest' });
    await within(30_000, async () => (await written()) > 0);
    for (const afterMs of lives(4)) {
      await delay(afterMs);
      await run.end('SIGKILL');
      const before = await written();
      run = start({ startFrom: 'earliest' });
      restarts.push(await within(30_000, async () => (await written()) > before));
    }
    loading = false;
    await load;
    await within(30_000, async () => sum(await broker.committed(GROUP, input)) === total);
    expect(await run.end('SIGTERM')).toMatchObject({ code: 0 });

    const out = new Set(await read({ idleMs: 5_000 }));
    expect(out.size).toBe(total);
    expect([...out].sort()).toEqual(expected(0, total));
    expect(Math.max(...restarts)).toBeLessThan(15_000);
  }, 300_000);

  test('startFrom holds only where the group has no commit', async () => {
    const { start, write, read } = await setUp();
    await write(0, 10);
    const nothing = start({ startFrom: 'committed', until: 'latest' });
    expect(await nothing.waitForExit()).toMatchObject({ code: 1 });
    expect(nothing.output).toContain('has committed nothing');

    const first = start({ startFrom: 'earliest', maxRecords: 4 });
    expect(await first.waitForExit()).toMatchObject({ code: 0 });
    for (const startFrom of ['latest', 'committed']) {
      const next = start({ startFrom, maxRecords: 3 });
      expect(await next.waitForExit()).toMatchObject({ code: 0 });
    }
    expect((await read({ count: 10 })).sort()).toEqual(expected(0, 10));
  }, 120_000);

  test('until=latest ends by itself', async () => {
    const { start, write, read } = await setUp();
    await write(0, 2_500);
    const run = start({ startFrom: 'earliest', until: 'latest' });
    expect(await run.waitForExit()).toMatchObject({ code: 0 });
    expect((await read({ count: 2_500 })).sort()).toEqual(expected(0, 2_500));
  }, 120_000);

  test('a second process joins and the first leaves under load, and nothing is lost', async () => {
    const { start, write, read, broker, input } = await setUp(2);
    let total = 0;
    let loading = true;
    const load = (async () => {
      for (; loading; total += 50) {
        await write(total, total + 50);
        await delay(10);
      }
    })();
    const first = start({ startFrom: 'earliest' });
    await first.says(`${JOINED} 2 partition`);
    const second = start({ startFrom: 'earliest' });
    await Promise.all([first, second].map((run) => run.says(`${JOINED} 1 partition`)));
    expect(await first.end('SIGTERM')).toMatchObject({ code: 0 });
    await second.says(`${JOINED} 2 partition`);
    loading = false;
    await load;
    await within(30_000, async () => sum(await broker.committed(GROUP, input)) === total);
    expect(await second.end('SIGTERM')).toMatchObject({ code: 0 });
    expect([...new Set(await read({ idleMs: 3_000 }))].sort()).toEqual(expected(0, total));
  }, 120_000);

  test('goes on when the broker is killed under load and comes back', async () => {
    const { start, write, read, broker, input } = await setUp(2);
    const total = 40_000;
    for (let from = 0; from < total; from += 1_000) await write(from, from + 1_000);
    const run = start({ startFrom: 'earliest' });
    await within(30_000, async () => (await endOf(broker, `out-${serial}`)) > 0);
    await broker.kill9();
    await broker.restart();
    await within(60_000, async () => sum(await broker.committed(GROUP, input)) === total);
    expect(await run.end('SIGTERM')).toMatchObject({ code: 0 });
    const out = await read({ idleMs: 3_000 });
    expect([...new Set(out)].sort()).toEqual(expected(0, total));
  }, 180_000);

  test('stops while it still waits for the session of one that was killed', async () => {
    const { start } = await setUp();
    const first = start({ startFrom: 'latest' });
    await first.says(JOINED);
    await first.end('SIGKILL');
    const second = start({ startFrom: 'latest' });
    await second.says('joining the group');
    await delay(1_000);
    expect(second.output).not.toContain(JOINED);
    expect(await second.end('SIGTERM', 10_000)).toMatchObject({ code: 0 });
  }, 60_000);

  test('stops within 10 s when the broker is gone', async () => {
    const { broker, start, write, read } = await setUp();
    const run = start({ startFrom: 'latest' });
    await run.says(JOINED);
    await write(0, 100);
    await read({ count: 100 });
    await broker.kill9();
    try {
      expect(await run.end('SIGTERM', 10_000)).toMatchObject({ code: 0 });
    } finally {
      await broker.restart();
    }
  }, 120_000);

  test.each([
    ['an unknown topic', { inputTopic: 'nowhere' }, 'there is no topic "nowhere"'],
    ['an unknown topic to write to', { outputTopic: 'nowhere' }, 'there is no topic "nowhere"'],
    ['a broker that is not there', { bootstrapServers: '127.0.0.1:9' }, 'no Kafka broker answers at 127.0.0.1:9'],
  ])(
    '%s ends it within seconds with code 1',
    async (_, wrong, message) => {
      const { start } = await setUp();
      const run = start({ startFrom: 'latest', ...wrong });
      expect(await run.waitForExit(10_000)).toMatchObject({ code: 1 });
      expect(run.output).toContain(message);
    },
    60_000,
  );
});

/** Looks until it is so; answers how long that took, in milliseconds. */
async function within(ms: number, isSo: () => Promise<boolean>): Promise<number> {
  const from = Date.now();
  while (!(await isSo())) {
    if (Date.now() - from > ms) throw new Error(`not within ${ms} ms`);
    await delay(100);
  }
  return Date.now() - from;
}

async function send(producer: Producer, topic: string, from: number, to: number): Promise<void> {
  const messages = Array.from({ length: to - from }, (_, i) => ({ key: `k${(from + i) % 97}`, value: `m${from + i}` }));
  await producer.send({ topic, messages });
}

/** How many records the topic has had. */
async function endOf(broker: KafkaBroker, topic: string): Promise<number> {
  const offsets = await broker.admin((admin) => admin.fetchTopicOffsets(topic));
  return offsets.reduce((all, one) => all + Number(one.high), 0);
}

function expected(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `M${from + i}`).sort();
}

function sum(offsets: ReadonlyMap<number, number | undefined>): number {
  return [...offsets.values()].reduce<number>((all, one) => all + (one ?? 0), 0);
}

/** How long each run lives, in milliseconds: random, but the same in every run of the test. */
function lives(count: number): number[] {
  let seed = 42;
  return Array.from({ length: count }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return 200 + (seed % 2_500);
  });
}
