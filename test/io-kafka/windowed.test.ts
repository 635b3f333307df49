import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import { PipelineProcess } from './pipeline-process.js';

const WINDOWS = 60;
const EACH = 100;

describeWithService('kafka', 'windows over a topic', (kafka) => {
  test('are whole again after kills: commits stay behind what open windows hold', async () => {
    const broker = kafka();
    await broker.createTopic('clicks');
    await broker.createTopic('counts');
    const producer = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING }).producer({
      idempotent: true,
    });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const start = () => {
      const topics = { inputTopic: 'clicks', outputTopic: 'counts' };
      const run = new PipelineProcess('test/io-kafka/fixtures/windowed-count.ts', {
        bootstrapServers: broker.bootstrapServers,
        ...topics,
      });
      onTestFinished(() => run.dispose());
      return run;
    };

    // A second of event time takes a quarter of a second, so that a kill meets an open window that reaches over epochs.
    const load = (async () => {
      for (let i = 0; i < WINDOWS * EACH; i += EACH / 4) {
        const messages = Array.from({ length: EACH / 4 }, (_, j) => ({
          value: 'x',
          timestamp: String(Math.floor(((i + j) * 1_000) / EACH) + 1_000_000),
        }));
        await producer.send({ topic: 'clicks', messages });
        await delay(60);
      }
      // Time goes on only with what comes.
      await producer.send({ topic: 'clicks', messages: [{ value: 'x', timestamp: '2000000' }] });
    })();

    let run = start();
    for (const afterMs of [1_700, 2_900]) {
      await run.says('Kafka assigned');
      await delay(afterMs);
      await run.end('SIGKILL');
      run = start();
    }
    await load;
    const seconds = Array.from({ length: WINDOWS }, (_, i) => String(1_000 + i));
    await expect
      .poll(async () => (await broker.consume('counts', { idleMs: 2_000 })).map((record) => record.key), {
        timeout: 60_000,
        interval: 1_000,
      })
      .toContain(seconds.at(-1));
    expect(await run.end('SIGTERM')).toMatchObject({ code: 0 });

    // A window that had fired may fire again with the part that is read again; in one of its firings each is whole.
    const most = new Map<string, number>();
    for (const { key, value } of await broker.consume('counts', { idleMs: 3_000 }))
      most.set(key!, Math.max(most.get(key!) ?? 0, Number(value)));
    expect(Object.fromEntries(most)).toEqual(Object.fromEntries(seconds.map((second) => [second, EACH])));
  }, 180_000);
});
