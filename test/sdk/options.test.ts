import { buildPlan, definePipeline, option, parseOptions, resolveSecret, secret } from 'millrace';
import { describe, expect, it } from 'vitest';
import { errorOf } from './build.js';

const declarations = {
  input: option.string({ description: 'what to read' }),
  count: option.integer(),
  rate: option.number({ default: 0.5 }),
  dry: option.boolean({ default: false }),
  from: option.choice(['latest', 'earliest'], { default: 'latest' }),
  topics: option.strings({ optional: true }),
  gap: option.duration({ default: 5_000 }),
  password: option.secret({ optional: true }),
};

describe('options', () => {
  it('are read from texts', () => {
    const given = {
      input: 'a.txt',
      count: '-3',
      rate: '1e3',
      dry: 'true',
      from: 'earliest',
      topics: 'a, b',
      gap: '1.5s',
      password: 'KAFKA_PASSWORD',
    };
    expect(parseOptions(declarations, given)).toEqual({
      input: 'a.txt',
      count: -3,
      rate: 1000,
      dry: true,
      from: 'earliest',
      topics: ['a', 'b'],
      gap: 1500,
      password: { $secret: 'KAFKA_PASSWORD' },
    });
  });

  it('of a plan are read as they are written', () => {
    const values = parseOptions(declarations, { input: 'x', count: '1', topics: 'a,b', password: 'P' });
    expect(parseOptions(declarations, values)).toEqual(values);
    expect(values).not.toHaveProperty('nothing');
    expect(parseOptions(declarations, { input: 'x', count: 1 })).toEqual({
      input: 'x',
      count: 1,
      rate: 0.5,
      dry: false,
      from: 'latest',
      gap: 5000,
    });
  });

  it('are all named in one error', () => {
    const error = errorOf(() =>
      parseOptions(declarations, {
        count: '1.5',
        rate: 'fast',
        dry: 'maybe',
        from: 'newest',
        gap: '5 years',
        password: 'hunter2!',
        topcis: 'a',
        constructor: 'x',
      }),
    );
    expect(error).toMatchObject({ code: 'OPTIONS_INVALID', kind: 'options' });
    expect(error.summary.split('\n')).toEqual([
      '9 options are wrong:',
      '  --input is missing: what to read (a text)',
      '  --count is a whole number, not "1.5"',
      '  --rate is a number, not "fast"',
      '  --dry is true or false, not "maybe"',
      '  --from is one of latest, earliest, not "newest"',
      '  --gap is a span of time such as 500ms, 10s, 5m, 1h or 2d, not "5 years"',
      '  --password is the name of an environment variable that holds the secret (not the secret itself)',
      '  --topcis is not an option of this pipeline: did you mean --topics?',
      '  --constructor is not an option of this pipeline',
    ]);
    expect(error.message).not.toContain('hunter2');
  });

  it('are in the plan, and given to the builder', () => {
    let seen: unknown;
    const definition = definePipeline({
      name: 'x',
      options: declarations,
      build(_, options) {
        seen = options.topics;
        expect(options.password).toBeUndefined();
        expect(options.from satisfies 'latest' | 'earliest').toBe('latest');
      },
    });
    const { plan } = buildPlan(definition, { options: { input: 'x', count: '1', topics: 'a' } });
    expect(seen).toEqual(['a']);
    expect(plan.options).toMatchObject({ input: 'x', count: 1, topics: ['a'] });
  });

  it.each([
    ['0', 0],
    ['250', 250],
    ['250ms', 250],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['0.1ms', undefined],
    ['-1s', undefined],
    ['s', undefined],
    ['', undefined],
    ['1e400s', undefined],
  ])('the duration %j is %s', (text, ms) => {
    expect(option.duration().parse(text)).toBe(ms);
  });

  it('numbers are refused where they are no number', () => {
    for (const text of ['', ' ', 'NaN', 'Infinity', '1,5', '0x']) expect(option.number().parse(text)).toBeUndefined();
    expect(option.integer().parse('9007199254740993')).toBeUndefined();
  });
});

describe('secrets', () => {
  it('are looked up where they are used', () => {
    process.env.MILLRACE_TEST_SECRET = 'sesame';
    try {
      expect(resolveSecret(secret('MILLRACE_TEST_SECRET'))).toBe('sesame');
    } finally {
      delete process.env.MILLRACE_TEST_SECRET;
    }
    expect(errorOf(() => resolveSecret(secret('MILLRACE_TEST_SECRET'))).code).toBe('OPTIONS_SECRET_MISSING');
  });

  it('that are given by value are not repeated', () => {
    expect(errorOf(() => secret('pa ss')).message).not.toContain('pa ss');
  });
});
