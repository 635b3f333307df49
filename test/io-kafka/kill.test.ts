import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seeded } from '#millrace/sdk/testing/seeded.js';
import { describeWithService } from '../support/services/describe-with-service.js';
import { ASSIGNED, distinct, RUNNERS, UppercaseJob, within } from './uppercase-job.js';

const KILLS = 20;
const SEED = Number(process.env.MILLRACE_SEED ?? 42);

describeWithService('kafka', 'examples/kafka-uppercase.ts when it is killed', (kafka) => {
  test.for(RUNNERS)(
    `on %s: loses nothing in ${KILLS} kills at random moments under load (MILLRACE_SEED=${SEED})`,
    { timeout: 300_000 },
    async ([runner, more], { annotate }) => {
      const random = seeded(SEED);
      const options = { startFrom: 'earliest', sessionTimeoutMs: 2_000, runner, ...more };
      const job = await UppercaseJob.create(kafka(), 2, options);
      const stopLoad = job.load(20);
      const begun = Date.now();
      for (let kill = 0; kill < KILLS; kill++) {
        const run = job.start();
        // Some do not live long enough to join the group.
        if (random() < 0.75) await run.says(ASSIGNED);
        await delay(random() * 1_500);
        await run.end('SIGKILL');
      }
      const before = await job.outputEnd();
      const last = job.start();
      const againMs = await within(15_000, async () => (await job.outputEnd()) > before);
      await stopLoad();
      await job.settled(60_000);
      expect(await last.end('SIGTERM')).toMatchObject({ code: 0 });

      const values = await job.read({ idleMs: 5_000 });
      await annotate(
        `seed ${SEED}, ${runner}: ${KILLS} kills in ${Math.round((Date.now() - begun) / 1_000)} s, ${job.written} records, ` +
          `${values.length - new Set(values).size} copies too many of ${repeated(values)} records, ` +
          `at work again ${againMs} ms after the last kill`,
      );
      expect(distinct(values)).toEqual(job.expected);
    },
  );
});

/** How many values there are more than once. */
function repeated(values: readonly string[]): number {
  const seen = new Map<string, number>();
  for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
  return [...seen.values()].filter((count) => count > 1).length;
}
