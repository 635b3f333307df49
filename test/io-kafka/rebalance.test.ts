import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import { ASSIGNED, distinct, numbered, RUNNERS, UppercaseJob } from './uppercase-job.js';

describeWithService('kafka', 'examples/kafka-uppercase.ts when its group or its topic changes', (kafka) => {
  test.each(RUNNERS)(
    'on %s: two more processes join, one leaves and one dies under load, and nothing is lost',
    async (runner, more) => {
      const job = await UppercaseJob.create(kafka(), 3, {
        startFrom: 'earliest',
        sessionTimeoutMs: 3_000,
        runner,
        ...more,
      });
      const stopLoad = job.load();
      const first = job.start();
      await first.says(`${ASSIGNED} 3 partition`);
      const second = job.start();
      await second.says(ASSIGNED);
      const third = job.start();
      await Promise.all([first, second, third].map((run) => run.says(`${ASSIGNED} 1 partition`)));
      const taken = [first, third].map((run) => run.says(`${ASSIGNED} 2 partition`, { after: run.mark }));
      expect(await second.end('SIGTERM')).toMatchObject({ code: 0 });
      await Promise.any(taken);
      const { mark } = first;
      await third.end('SIGKILL');
      await first.says(`${ASSIGNED} 3 partition`, { after: mark });
      await stopLoad();
      await job.settled();
      expect(await first.end('SIGTERM')).toMatchObject({ code: 0 });
      expect(distinct(await job.read())).toEqual(job.expected);
    },
    120_000,
  );

  test.each(RUNNERS)(
    'on %s: partitions that are added are read without a restart, from their beginning',
    async (runner, more) => {
      const job = await UppercaseJob.create(kafka(), 2, { startFrom: 'latest', runner, ...more });
      const run = job.start();
      await run.says(`${ASSIGNED} 2 partition`);
      await job.write(100);
      await addPartitions(job, 4);
      // These are there before the job can know of their partitions.
      for (const partition of [2, 3]) await job.send({ partition, key: 'k0', value: `added ${partition}` });
      await run.says(`${ASSIGNED} 4 partition`);
      await job.write(400);
      await job.settled();
      expect(await run.end('SIGTERM')).toMatchObject({ code: 0 });
      expect((await job.read()).sort()).toEqual([...numbered(0, 500), 'ADDED 2', 'ADDED 3'].sort());
    },
    120_000,
  );

  test('partitions that were added while nothing ran are read from their beginning, whatever startFrom says', async () => {
    const job = await UppercaseJob.create(kafka(), 1);
    await job.write(10);
    const first = job.start({ startFrom: 'earliest', maxRecords: 4 });
    expect(await first.waitForExit()).toMatchObject({ code: 0 });
    await addPartitions(job, 3);
    for (const partition of [1, 2]) await job.send({ partition, key: 'k0', value: `added ${partition}` });
    for (const startFrom of ['latest', 'committed']) {
      const run = job.start({ startFrom, maxRecords: 4 });
      expect(await run.waitForExit()).toMatchObject({ code: 0 });
    }
    expect((await job.read({ count: 12 })).sort()).toEqual([...numbered(0, 10), 'ADDED 1', 'ADDED 2'].sort());
  }, 60_000);

  test('jobs with one group and different topics read each its own, whole', async () => {
    const jobs = [];
    for (const partitions of [3, 2]) {
      const job = await UppercaseJob.create(kafka(), partitions, { startFrom: 'earliest', groupId: 'of-both' });
      await job.write(100);
      jobs.push({ job, partitions, run: job.start() });
    }
    for (const { partitions, run } of jobs) await run.says(`${ASSIGNED} ${partitions} partition`);
    for (const { job, run } of jobs) {
      expect(distinct(await job.read({ count: 100 }))).toEqual(job.expected);
      expect(await run.end('SIGTERM')).toMatchObject({ code: 0 });
    }
  }, 60_000);
});

async function addPartitions({ broker, input }: UppercaseJob, count: number): Promise<void> {
  await broker.admin((admin) => admin.createPartitions({ topicPartitions: [{ topic: input, count }] }));
}
