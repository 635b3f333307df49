import { expect, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import { ASSIGNED, numbered, RUNNERS, UppercaseJob, within } from './uppercase-job.js';

describeWithService('kafka', 'examples/kafka-uppercase.ts', (kafka) => {
  test.each(RUNNERS)(
    'runs on %s until it is stopped, exits with 0, and has committed what it wrote',
    async (runner, more) => {
      const job = await UppercaseJob.create(kafka(), 2, { startFrom: 'latest', runner, ...more });
      await job.write(10);
      const run = job.start();
      await run.says(ASSIGNED);
      await job.write(1_000);
      expect((await job.read({ count: 1_000 })).sort()).toEqual(numbered(10, 1_010));
      const { code } = await run.end('SIGTERM');
      expect({ code, output: run.output }).toMatchObject({ code: 0 });
      await job.settled(0);
    },
    120_000,
  );

  test.each(RUNNERS)(
    'on %s: tombstones stay tombstones, empty texts stay texts, and keys pass byte for byte',
    async (runner, more) => {
      const job = await UppercaseJob.create(kafka(), 1, { startFrom: 'earliest', until: 'latest', runner, ...more });
      for (const value of ['ä', null, '']) await job.send({ partition: 0, key: 'ß', value });
      await job.send({ partition: 0, key: null, value: 'no key' });
      await job.send({ partition: 0, key: Buffer.from([0xff]), value: null });
      expect(await job.start().waitForExit()).toMatchObject({ code: 0 });
      const records = await kafka().consume(job.output, { count: 5 });
      expect(records.map(({ key, value }) => [key, value])).toEqual([
        ['ß', 'Ä'],
        ['ß', null],
        ['ß', ''],
        [null, 'NO KEY'],
        // As the console shows a byte that is no text.
        ['\ufffd', null],
      ]);
    },
    60_000,
  );

  test('its group is named after pipeline and step, so that a restart goes on where the last run was', async () => {
    const job = await UppercaseJob.create(kafka(), 1, { startFrom: 'earliest', until: 'latest' });
    await job.write(3);
    const run = job.start({ groupId: undefined });
    expect(await run.waitForExit()).toMatchObject({ code: 0 });
    expect(await kafka().committed('millrace.kafka-uppercase.read', job.input)).toEqual(new Map([[0, 3]]));
  }, 60_000);

  test('until=latest ends by itself', async () => {
    const job = await UppercaseJob.create(kafka(), 2, { startFrom: 'earliest', until: 'latest' });
    await job.write(2_500);
    expect(await job.start().waitForExit()).toMatchObject({ code: 0 });
    expect((await job.read({ count: 2_500 })).sort()).toEqual(numbered(0, 2_500));
  }, 60_000);

  test('an input without a record is the end at once with until=latest', async () => {
    const job = await UppercaseJob.create(kafka(), 2, { startFrom: 'earliest', until: 'latest' });
    expect(await job.start().waitForExit()).toMatchObject({ code: 0 });
    expect(await job.outputEnd()).toBe(0);
  }, 60_000);

  test('stops while it still waits for the session of one that was killed', async () => {
    const job = await UppercaseJob.create(kafka());
    const first = job.start();
    await first.says(ASSIGNED);
    await first.end('SIGKILL');
    const second = job.start();
    await second.says('joining the group');
    // The group knows of the second, and waits for the first.
    await within(5_000, async () => (await membersOf(job)) === 2);
    expect(second.output).not.toContain(ASSIGNED);
    expect(await second.end('SIGTERM', 10_000)).toMatchObject({ code: 0 });
  }, 60_000);

  test.each([
    ['an unknown topic', { inputTopic: 'nowhere' }, 'there is no topic "nowhere"'],
    ['an unknown topic to write to', { outputTopic: 'nowhere' }, 'there is no topic "nowhere"'],
    ['a broker that is not there', { bootstrapServers: '127.0.0.1:9' }, 'no Kafka broker answers at 127.0.0.1:9'],
    ['a session longer than brokers allow', { sessionTimeoutMs: 9_000_000 }, 'refuse sessionTimeoutMs'],
  ])(
    '%s ends it within seconds with code 1',
    async (_, wrong, message) => {
      const job = await UppercaseJob.create(kafka());
      const run = job.start(wrong);
      expect(await run.waitForExit(10_000)).toMatchObject({ code: 1 });
      expect(run.output).toContain(message);
    },
    60_000,
  );

  test.each([
    ['--startFrom=yesterday', 'milliseconds since 1970, not "yesterday"'],
    ['--maxRecords=0', 'maxRecords: expected a whole number from 1 on, got 0'],
    ['--sessionTimeoutMs=-5', 'sessionTimeoutMs: expected a whole number from 1 on, got -5'],
    ['--deadLetterTopic=a b', 'deadLetterTopic: "a b" cannot be a topic\'s name'],
  ])('%s is refused before anything runs, with code 2', async (option, message) => {
    const job = await UppercaseJob.create(kafka());
    const [name, value] = option.slice(2).split('=') as [string, string];
    const run = job.start({ [name]: value });
    expect(await run.waitForExit(10_000)).toMatchObject({ code: 2 });
    expect(run.output).toContain(message);
  });
});

/** Members of the job's group, those that wait to join included. */
async function membersOf({ broker, groupId }: UppercaseJob): Promise<number> {
  return broker.admin(async (admin) => (await admin.describeGroups([groupId])).groups[0]?.members.length ?? 0);
}
