import { parseOptions } from 'millrace';
import { readFromKafka, startFromOption } from 'millrace/kafka';
import { describe, expect, it, test } from 'vitest';
import { describeWithService } from '../support/services/describe-with-service.js';
import { numbered, RUNNERS, UppercaseJob } from './uppercase-job.js';

describe('the option', () => {
  const parse = (given?: string | number) =>
    parseOptions({ startFrom: startFromOption() }, { startFrom: given }).startFrom;

  it.each([
    ['earliest', 'earliest'],
    ['latest', 'latest'],
    ['committed', 'committed'],
    [undefined, 'latest'],
    ['1767225600000', { timestamp: 1_767_225_600_000 }],
    [1_767_225_600_000, { timestamp: 1_767_225_600_000 }],
    ['0', { timestamp: 0 }],
    ['2026-01-01T00:00:00Z', { timestamp: 1_767_225_600_000 }],
    ['2026-01-01T00:00Z', { timestamp: 1_767_225_600_000 }],
    ['2026-01-01T01:30:00.250+01:30', { timestamp: 1_767_225_600_250 }],
    ['2028-02-29T00:00:00Z', { timestamp: 1_835_395_200_000 }],
  ])('takes %s', (given, expected) => {
    expect(parse(given)).toEqual(expected);
  });

  it.each([
    ...['', 'Latest', 'yesterday', '-1', '1.5', '1e3', '99999999999999999'],
    // A day is not an instant, and a time without a zone is another one on another machine.
    ...['2026-01-01', '2026-01-01T00:00:00', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01T25:00:00Z'],
  ])('refuses "%s", and says what it takes', (given) => {
    expect(() => parse(given)).toThrowError(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        summary: expect.stringContaining('an instant such as 2026-01-01T00:00:00Z, or milliseconds since 1970'),
      }),
    );
  });

  it('comes back from a plan as it went in', () => {
    const declarations = { startFrom: startFromOption({ default: { timestamp: 5 } }) };
    const once = parseOptions(declarations, {});
    expect(once).toEqual({ startFrom: { timestamp: 5 } });
    expect(parseOptions(declarations, JSON.parse(JSON.stringify(once)))).toEqual(once);
  });
});

describe('readFromKafka', () => {
  it.each(['lates', '5', 5, { timestamp: 1.5 }, { timestamp: Number.NaN }, {}])(
    'refuses to start from %o',
    (startFrom) => {
      const options = { bootstrapServers: 'a:1', topic: 't', startFrom: startFrom as 'latest' };
      expect(() => readFromKafka(options)).toThrowError(expect.objectContaining({ code: 'KAFKA_OPTIONS' }));
    },
  );
});

describeWithService('kafka', '--startFrom', (kafka) => {
  /** A job of one partition with ten records, a minute apart: the sixth is of the new year. */
  async function newYear(options = {}) {
    const job = await UppercaseJob.create(kafka(), 1, options);
    const middle = Date.parse('2026-01-01T00:00:00Z');
    for (let i = 0; i < 10; i++)
      await job.send({ key: 'k0', value: `m${i}`, timestamp: String(middle + (i - 5) * 60_000) });
    return job;
  }

  test.each([
    ['earliest', 'direct', 0, {}],
    ['latest', 'direct', 10, {}],
    ['2026-01-01T00:00:00Z', 'direct', 5, {}],
    ['2026-01-01T01:01:30+01:00', 'worker-threads', 7, { threads: 2 }],
    [String(Date.parse('2026-01-01T00:00:00.001Z')), 'direct', 6, {}],
    ['2027-01-01T00:00:00Z', 'direct', 10, {}],
  ])(
    '%s on %s reads from record %i on',
    async (startFrom, runner, first, more) => {
      const job = await newYear({ startFrom, runner, ...more });
      const run = job.start({ maxRecords: 11 - first });
      // What is written now is behind every position: it ends the run, which shows that nothing was left out.
      await run.says('Kafka assigned');
      await job.send({ key: 'k0', value: 'm10' });
      expect(await run.waitForExit()).toMatchObject({ code: 0 });
      expect((await job.read({ count: 11 - first })).sort()).toEqual(numbered(first, 11));
    },
    60_000,
  );

  test.each(RUNNERS)(
    'on %s: it holds only where the group has no commit',
    async (runner, more) => {
      const job = await newYear({ runner, ...more });
      const nothing = job.start({ startFrom: 'committed', until: 'latest' });
      expect(await nothing.waitForExit()).toMatchObject({ code: 1 });
      expect(nothing.output).toContain(`the group "${job.groupId}" has committed nothing for ${job.input}`);
      const first = job.start({ startFrom: 'earliest', maxRecords: 4 });
      expect(await first.waitForExit()).toMatchObject({ code: 0 });
      for (const startFrom of ['latest', '2027-01-01T00:00:00Z', 'committed']) {
        const next = job.start({ startFrom, maxRecords: 2 });
        expect(await next.waitForExit()).toMatchObject({ code: 0 });
      }
      expect((await job.read({ count: 10 })).sort()).toEqual(numbered(0, 10));
    },
    60_000,
  );
});
