import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import type { KafkaBroker } from '../support/services/kafka.js';
import { FakeKafka } from './fake-kafka.js';
import { PipelineProcess } from './pipeline-process.js';
import { SourceRun } from './source-driver.js';
import { RUNNERS } from './uppercase-job.js';

const MEGABYTE = 1 << 20;
const BACKLOG_MEGABYTES = 240;

test('one poll hands out about a megabyte, however many records are wanted', async () => {
  const kafka = new FakeKafka(1);
  kafka.write(0, ...Array.from({ length: 100 }, () => 'x'.repeat(100_000)));
  const run = await SourceRun.open({ topics: ['t'] }, { bootstrapServers: 'fake:1', connect: () => kafka });
  kafka.consumer.assign('m', 0);
  await run.until(() => kafka.consumer.paused.size === 0);
  kafka.consumer.fetch(0);
  let count = 0;
  expect(run.reader.poll({ emit: () => void count++ }, 1_000)).toBe('more');
  expect(count).toBe(Math.ceil(MEGABYTE / 100_200));
});

describeWithService('kafka', 'a slow step behind a topic', (kafka) => {
  test.for(RUNNERS)(
    'on %s: memory stays flat while it works off what lies there',
    { timeout: 120_000 },
    async ([runner, more], { annotate }) => {
      const input = await kafka().createTopic(`backlog-${runner}`, 2);
      await fill(kafka(), input);
      const run = new PipelineProcess('test/io-kafka/fixtures/slow-sink.ts', {
        ...{ bootstrapServers: kafka().bootstrapServers, inputTopic: input, maxBufferedBytes: 4 * MEGABYTE },
        ...{ runner, ...more },
      });
      expect(await run.waitForExit(90_000)).toMatchObject({ code: 0 });

      const samples = [...run.output.matchAll(/read (\d+) used (\d+)/g)].map(([, read, used]) => ({
        read: Number(read),
        used: Number(used),
      }));
      expect(samples.length).toBeGreaterThan(10);
      expect(samples.at(-1)!.read).toBe(BACKLOG_MEGABYTES * MEGABYTE);
      const slope = slopeOf(samples.map(({ read, used }) => [read, used]));
      const most = Math.max(...samples.map(({ used }) => used)) / MEGABYTE;
      await annotate(
        `${runner}: ${samples.length} bundles, ${(1_000 * slope).toFixed(1)} bytes of memory for 1,000 read, at most ${most.toFixed(0)} MB`,
      );
      expect(slope).toBeLessThan(0.05);
      expect(most).toBeLessThan(100);
    },
  );
});

/** Records of 1 KB, in two partitions. */
async function fill({ bootstrapServers }: KafkaBroker, topic: string): Promise<void> {
  const producer = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).producer({
    idempotent: true,
  });
  await producer.connect();
  const messages = Array.from({ length: 512 }, (_, i) => ({ key: `k${i}`, value: 'x'.repeat(1_024) }));
  for (let i = 0; i < 2 * BACKLOG_MEGABYTES; i++) await producer.send({ topic, messages });
  await producer.disconnect();
}

/** The slope of the line that fits the points best. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number) => points.reduce((all, [x, y]) => all + of(x - x0, y - y0), 0);
  return sum((x, y) => x * y) / sum((x) => x * x);
}
