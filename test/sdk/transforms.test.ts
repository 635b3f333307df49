import {
  coGroupByKey,
  count,
  create,
  distinct,
  fixedWindows,
  flatten,
  generateSequence,
  groupIntoBatches,
  keys,
  partition,
  periodicImpulse,
  sum,
  swapKV,
  values,
  waitOn,
} from 'millrace';
import { type Coder, deterministicValueCoder, kvCoder, stringUtf8Coder } from 'millrace/coders';
import { PAssert, testPipeline } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { coderOf, errorOf, planOf, step } from './build.js';

describe('transforms', () => {
  it('of pairs', async () => {
    await testPipeline((p) => {
      const pairs = p.apply(
        create([
          { key: 'a', value: 1 },
          { key: 'b', value: 2 },
        ]),
      );
      PAssert.that(pairs.apply(keys())).containsInAnyOrder(['a', 'b']);
      PAssert.that(pairs.apply(values())).containsInAnyOrder([1, 2]);
      PAssert.that(pairs.apply(swapKV())).containsInAnyOrder([
        { key: 1, value: 'a' },
        { key: 2, value: 'b' },
      ]);
    });
  });

  it('distinct, and counts of elements', async () => {
    await testPipeline((p) => {
      const words = p.create(['b', 'a', 'b', 'b']);
      PAssert.that(words.apply(distinct())).containsInAnyOrder(['a', 'b']);
      PAssert.that(words.countPerElement()).containsInAnyOrder([
        { key: 'a', value: 1 },
        { key: 'b', value: 3 },
      ]);
      PAssert.that(words.combineGlobally(count())).equals(4);
      PAssert.that('nothing', words.filter(() => false).combineGlobally(count())).equals(0);
    });
  });

  it('partition', async () => {
    await testPipeline((p) => {
      const [low, middle, high] = p.create([1, 5, 9, 2]).apply(partition(3, (n) => Math.floor(n / 4)));
      PAssert.that('low', low!).containsInAnyOrder([1, 2]);
      PAssert.that('middle', middle!).equals(5);
      PAssert.that('high', high!).equals(9);
    });
    await expect(testPipeline((p) => void p.create([1]).apply(partition(2, () => 2)))).rejects.toMatchObject({
      code: 'PARTITION_RANGE',
    });
    expect(errorOf(() => partition(0, () => 0)).code).toBe('PLAN_ARGUMENT');
  });

  it('flatten, of one coder and of several', async () => {
    await testPipeline((p) => {
      const texts = p.create('texts', ['a'], { coder: stringUtf8Coder() });
      const numbers = p.create('numbers', [1]);
      PAssert.that(flatten([texts, numbers])).containsInAnyOrder(['a', 1]);
      PAssert.that(numbers.flatten(numbers)).containsInAnyOrder([1, 1]);
    });
    expect(errorOf(() => planOf(() => void flatten([]))).code).toBe('PLAN_ARGUMENT');
  });

  it('coGroupByKey', async () => {
    await testPipeline((p) => {
      const persons = p.create('persons', ['ada', 'bob']).keyBy((name) => name[0]!);
      const visits = p.create('visits', [3, 4]).keyBy('one key', () => 'a');
      PAssert.that(coGroupByKey({ persons, visits })).containsInAnyOrder([
        { key: 'a', value: { persons: ['ada'], visits: [3, 4] } },
        { key: 'b', value: { persons: ['bob'], visits: [] } },
      ]);
    });
  });

  it('coGroupByKey, in the plan', () => {
    const coded = (other: Coder<string>) =>
      planOf((p) => {
        const pairs = (name: string, coder: Coder<string>) =>
          p.create(name, [{ key: 'k', value: 'v' }], { coder: kvCoder(coder, coder) });
        coGroupByKey('join', { left: pairs('l', stringUtf8Coder()), right: pairs('r', other) }).map(String);
      });
    const alike = coded(stringUtf8Coder());
    expect(Object.keys(step(alike, 'join').inputs)).toEqual(['left', 'right']);
    expect(coderOf(alike, 'join/left')).toBe('kv-string_utf8-kv-varint-string_utf8');
    expect(coderOf(alike, 'join')).toBe('kv-string_utf8-value');
    // Bytes of several coders do not compare.
    expect(coderOf(coded(deterministicValueCoder()), 'join/left')).toBe('kv-key-kv-varint-value');

    expect(errorOf(() => planOf(() => void coGroupByKey({}))).code).toBe('PLAN_ARGUMENT');
    const mixed = errorOf(() =>
      planOf((p) => {
        const pairs = p.create([1]).keyBy((n) => n);
        coGroupByKey({ pairs, windowed: pairs.windowInto(fixedWindows(10)) });
      }),
    );
    expect(mixed.code).toBe('PLAN_WINDOWING');
  });

  it('create, with timestamps, and larger than a plan', async () => {
    const many = Array.from({ length: 30_000 }, (_, i) => i);
    await testPipeline((p) => {
      const stamped = p.create([1, 2], { timestamps: [10, 20] }).parDo('stamp', () => ({
        process: (n: number, context) => context.output([n, context.timestamp]),
      }));
      PAssert.that(stamped).containsInAnyOrder([
        [1, 10],
        [2, 20],
      ]);
      PAssert.that(p.create('many', many).combineGlobally(sum())).equals((30_000 * 29_999) / 2);
      const late = p
        .create('many-stamped', many, { timestamps: many })
        .parDo('stamps', () => ({ process: (n: number, context) => context.output(context.timestamp - n) }));
      PAssert.that(late.apply(distinct())).equals(0);
    });
    expect(errorOf(() => planOf((p) => void p.create([1], { timestamps: [] }))).code).toBe('PLAN_ARGUMENT');
  });

  it('generateSequence', async () => {
    await testPipeline((p) => {
      const numbers = p.apply('numbers', generateSequence({ from: 3, to: 6, timestampFn: (n) => n * 10 }));
      PAssert.that(numbers).containsInAnyOrder([3, 4, 5]);
      PAssert.that(
        numbers.parDo('stamp', () => ({ process: (_: number, context) => context.output(context.timestamp) })),
      ).containsInAnyOrder([30, 40, 50]);
      PAssert.that(p.apply('none', generateSequence({ from: 6, to: 6 }))).empty();
      PAssert.that(p.apply('many', generateSequence({ to: 50_000 })).combineGlobally(count())).equals(50_000);
    });
    for (const options of [{ ratePerSecond: 0 }, { from: 2, to: 1 }, { from: 0.5 }])
      expect(errorOf(() => planOf((p) => void p.apply(generateSequence(options)))).code).toBe('PLAN_ARGUMENT');
  });
});

describe('what cannot be meant is refused', () => {
  it.each([
    ['batches that are never full', () => groupIntoBatches({})],
    ['batches of nothing', () => groupIntoBatches({ size: 0 })],
    ['a delay of nothing', () => groupIntoBatches({ size: 1, maxDelay: 0 })],
    ['no signal', () => waitOn()],
    ['instants at once', () => periodicImpulse({ interval: 0 })],
    ['an end before the start', () => periodicImpulse({ start: 2, stop: 1, interval: 1 })],
    ['a start at no instant', () => periodicImpulse({ start: Number.NaN, interval: 1 })],
  ])('%s', (_, make) => {
    expect(errorOf(make)).toMatchObject({ code: 'PLAN_ARGUMENT' });
  });
});
