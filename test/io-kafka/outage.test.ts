import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import { ASSIGNED, distinct, UppercaseJob, within } from './uppercase-job.js';

describeWithService('kafka', 'examples/kafka-uppercase.ts when its broker goes away', (kafka) => {
  test.each([
    ['direct', {}, 'is stopped', () => kafka().stop()],
    ['direct', {}, 'is killed', () => kafka().kill9()],
    ['worker-threads', { threads: 2 }, 'is stopped', () => kafka().stop()],
  ] as const)(
    'on %s %o: the broker %s under load and comes back, and nothing is lost',
    async (runner, more, _, end) => {
      const job = await UppercaseJob.create(kafka(), 2, { startFrom: 'earliest', runner, ...more });
      const run = job.start();
      await run.says(ASSIGNED);
      // Behind by more than it can have on its way at once, so that the broker goes away in the midst of it.
      await job.write(20_000);
      const stopLoad = job.load();
      await within(30_000, async () => (await job.outputEnd()) > 0);
      await end();
      await kafka().restart();
      const before = await job.outputEnd();
      await within(30_000, async () => (await job.outputEnd()) > before);
      await stopLoad();
      await job.settled(60_000);
      expect(await run.end('SIGTERM')).toMatchObject({ code: 0 });
      expect(distinct(await job.read())).toEqual(job.expected);
      expect(run.output).not.toContain('made anew');
    },
    180_000,
  );

  test('stops within 10 s when the broker is gone', async () => {
    const job = await UppercaseJob.create(kafka());
    const run = job.start();
    await run.says(ASSIGNED);
    await job.write(100);
    await job.read({ count: 100 });
    await kafka().kill9();
    try {
      expect(await run.end('SIGTERM', 10_000)).toMatchObject({ code: 0 });
    } finally {
      await kafka().restart();
    }
  }, 120_000);
});
