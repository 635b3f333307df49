import {
  buildPlan,
  type DoFn,
  definePipeline,
  eventTimer,
  fixedWindows,
  type KV,
  MAX_TIMESTAMP,
  type Pipeline,
  type ProcessContext,
  processingTimer,
  seconds,
  sessionWindows,
  valueState,
} from 'millrace';
import { describe, expect, test } from 'vitest';
import { checkPlan } from '#millrace/runners/dataflow/index.js';
import { collect, settle, start } from './feed.js';
import { StatefulHost } from './stateful-host.js';

const values = (host: StatefulHost): unknown[] => host.take().map(({ value }) => value);

describe('input in order of time', () => {
  const declared = { state: { seen: valueState<string>() }, requiresTimeSortedInput: true } as const;
  const host = (lateness: number): StatefulHost =>
    new StatefulHost(
      (input) =>
        input.parDo<string, typeof declared>(
          'Sorted',
          () => ({
            process({ key, value }, { state, output }) {
              const seen = `${state.seen.read() ?? `${key}:`}${value}`;
              state.seen.write(seen);
              output(seen);
            },
          }),
          declared,
        ),
      (input) => input.windowInto(fixedWindows(1_000), { allowedLateness: lateness }),
    );

  test('waits until the watermark has passed, and holds it back until then', () => {
    const sorted = host(0);
    sorted.watermark(0);
    for (const at of [30, 10, 20]) sorted.process('k', `-${at}`, at);
    sorted.watermark(20);
    expect(values(sorted)).toEqual(['k:-10']);
    expect(sorted.outputWatermark).toBe(20);
    sorted.watermark(21);
    expect(values(sorted)).toEqual(['k:-10-20']);
    sorted.watermark(500);
    expect(values(sorted)).toEqual(['k:-10-20-30']);
    expect(sorted.outputWatermark).toBe(500);
  });

  test('keeps the order in which elements of one instant came', () => {
    const sorted = host(0);
    for (const n of [1, 2, 3, 4]) sorted.process('k', n, 10);
    sorted.watermark(11);
    expect(values(sorted).at(-1)).toBe('k:1234');
  });

  test('drops and counts what comes after its time', () => {
    const sorted = host(0);
    sorted.watermark(20);
    sorted.process('k', 1, 19);
    sorted.process('k', 2, 20);
    sorted.watermark(21);
    expect(values(sorted)).toEqual(['k:2']);
    expect(sorted.dropped()).toBe(1);
  });

  test('waits for the allowed lateness too', () => {
    const sorted = host(5);
    sorted.watermark(20);
    sorted.process('k', 2, 18);
    sorted.process('k', 1, 15);
    sorted.process('k', 0, 14);
    expect(values(sorted)).toEqual([]);
    expect(sorted.outputWatermark).toBe(15);
    sorted.watermark(24);
    expect(values(sorted)).toEqual(['k:1', 'k:12']);
    expect(sorted.dropped()).toBe(1);
  });

  test.each([1, 2, 3])('what waits is restored into %i owners', async (owners) => {
    const sorted = host(0);
    sorted.watermark(0);
    for (const key of ['a', 'b', 'c', 'd']) for (const at of [30, 10, 20]) sorted.process(key, `-${at}`, at);
    sorted.watermark(11);
    values(sorted);
    await sorted.restore(owners);
    sorted.watermark(11);
    expect(sorted.outputWatermark).toBe(11);
    sorted.watermark(100);
    const last = values(sorted).filter((text) => String(text).endsWith('-30'));
    expect(last.sort()).toEqual(['a', 'b', 'c', 'd'].map((key) => `${key}:-10-20-30`));
  });
});

const reminding = { state: { seen: valueState<number>() }, timers: { later: processingTimer(), at: eventTimer() } };
type Reminding = typeof reminding;

describe('the end of the input', () => {
  const host = (again: boolean): StatefulHost =>
    new StatefulHost(
      (input) =>
        input.parDo<string, Reminding>(
          'Remind',
          () => ({
            process: ({ value }, { timers }) => timers.later.setAfter(Number(value)),
            onTimer: {
              later: ({ key, timers, output }) => {
                output(String(key));
                if (again) timers.later.setAfter(10);
              },
              at() {},
            },
          }),
          reminding,
        ),
      (input) => input,
    );

  test('timers by the clock fire before it, in their order', () => {
    const reminder = host(false);
    for (const [key, delay] of Object.entries({ c: 30_000, a: 10_000, b: 20_000 })) reminder.process(key, delay, 0);
    reminder.advance(10_000);
    expect(values(reminder)).toEqual(['a']);
    expect(reminder.outputWatermark).toBeLessThan(1);
    reminder.watermark(MAX_TIMESTAMP);
    expect(values(reminder)).toEqual(['b', 'c']);
    expect(reminder.outputWatermark).toBe(MAX_TIMESTAMP);
    expect(reminder.warnings).toEqual([]);
  });

  test('what they set anew does not fire, and that is said', () => {
    const reminder = host(true);
    reminder.process('a', 5, 0);
    reminder.advance(5);
    reminder.advance(10);
    expect(values(reminder)).toEqual(['a', 'a']);
    reminder.watermark(MAX_TIMESTAMP);
    expect(values(reminder)).toEqual(['a']);
    expect(reminder.outputWatermark).toBe(MAX_TIMESTAMP);
    expect(reminder.warnings).toEqual([
      '1 timers by the clock were set when the input had come to its end, and did not fire',
    ]);
  });

  test('timers by the clock go with their window', () => {
    const reminder = new StatefulHost(
      (input) =>
        input.parDo<string, Reminding>(
          'Remind',
          () => ({
            process: (_, { timers }) => timers.later.setAfter(1_000),
            onTimer: { later: ({ output }) => output('fired'), at() {} },
          }),
          reminding,
        ),
      (input) => input.windowInto(fixedWindows(10)),
    );
    reminder.process('a', 0, 5);
    reminder.watermark(10);
    expect(reminder.outputWatermark).toBe(10);
    reminder.advance(2_000);
    expect(values(reminder)).toEqual([]);
  });
});

describe('what is held', () => {
  const brief = { state: { seen: valueState<unknown>({ ttl: 50 }) } };
  const host = (): StatefulHost =>
    new StatefulHost(
      (input) =>
        input.parDo<string, typeof brief>(
          'Keep',
          () => ({
            process({ value }, { state, output }) {
              output(String(state.seen.read()));
              if (value === 'clear') state.seen.clear();
              else if (value !== 'look') state.seen.write(value);
            },
          }),
          brief,
        ),
      (input) => input,
    );

  test('a key with state holds the epoch in which it came, until the state is cleared', () => {
    const keep = host();
    keep.process('a', 1, 0);
    expect(keep.barrier(1)).toBe(1);
    keep.process('b', 1, 0);
    expect(keep.barrier(2)).toBe(1);
    keep.process('a', 'clear', 0);
    expect(keep.barrier(3)).toBe(2);
    keep.process('b', 'clear', 0);
    expect(keep.barrier(4)).toBeUndefined();
  });

  test('a key that was only looked at holds nothing', () => {
    const keep = host();
    keep.process('a', 'look', 0);
    expect(keep.barrier(1)).toBeUndefined();
  });

  test('state that was not written for so long is gone, whether somebody looks or not', () => {
    const keep = host();
    keep.process('a', 1, 0);
    keep.advance(49);
    keep.process('a', 'look', 0);
    keep.process('b', 1, 0);
    expect(values(keep)).toEqual(['undefined', '1', 'undefined']);
    keep.advance(1);
    keep.process('a', 'look', 0);
    expect(values(keep)).toEqual(['undefined']);
    expect(keep.barrier(1)).toBe(1);
    keep.advance(5_000);
    expect(keep.barrier(2)).toBeUndefined();
  });
});

describe('in a pipeline', () => {
  const timed = { timers: { later: processingTimer() } };

  class Later implements DoFn<KV<string, number>, number, typeof timed> {
    process({ value }: KV<string, number>, { timers }: ProcessContext<number, typeof timed>): void {
      timers.later.setAfter(seconds(60), { tag: String(value) });
    }
    readonly onTimer = {
      later: (context: { timestamp: number; output(value: number): void }) => context.output(context.timestamp),
    };
  }

  const build = (p: Pipeline, feed: Parameters<Parameters<typeof start>[0]>[1], out: unknown[]): void => {
    p.read('Feed', () => feed.source, null)
      .keyBy('Key', () => 'k')
      .parDo<number, typeof timed>('Later', () => new Later(), timed)
      .windowInto(fixedWindows(10))
      .countPerElement('Count')
      .parDo('Collect', collect(out));
  };

  test('a timer by the clock holds the watermark, and lets it go when it has fired', async () => {
    const { feed, clock, handle, out } = await start(build);
    feed.give(1, 25);
    await settle();
    expect(out).toEqual([]);
    clock.advance(seconds(60));
    await settle();
    expect(out).toEqual([{ key: 1, value: 1 }]);
    handle.cancel();
    await handle.wait();
  });

  test('a stop fires nothing', async () => {
    const { feed, clock, handle, out } = await start(build);
    feed.give(1, 25);
    await settle();
    handle.stop();
    await settle();
    clock.advance(seconds(60));
    expect((await handle.wait()).state).toBe('STOPPED');
    expect(out).toEqual([]);
  });

  test('a drain fires all', async () => {
    const { feed, handle, out } = await start(build);
    feed.give(1, 25);
    await settle();
    handle.drain();
    expect((await handle.wait()).state).toBe('DRAINED');
    expect(out).toEqual([
      { key: 1, value: 1 },
      { key: 25, value: 1 },
    ]);
  });

  test('state that is kept for a bundle too long says so', async () => {
    const declared = { state: { seen: valueState<number>() } };
    class Careless implements DoFn<KV<string, number>, number, typeof declared> {
      private kept: ProcessContext<number, typeof declared>['state'] | undefined;
      process(_: KV<string, number>, { state }: ProcessContext<number, typeof declared>): void {
        this.kept = state;
      }
      finishBundle(): void {
        this.kept?.seen.write(1);
      }
    }
    const { handle } = await start((p) => {
      p.create('One', [{ key: 'k', value: 1 }]).parDo<number, typeof declared>(
        'Careless',
        () => new Careless(),
        declared,
      );
    });
    const { error } = await handle.wait();
    expect(error).toMatchObject({ code: 'STATE_OUTSIDE_CALL', step: 'Careless' });
    expect(error?.message).toContain("'seen'");
  });
});

describe('what is refused', () => {
  const declared = { state: { seen: valueState<number>() } };
  const check = (build: (p: Pipeline) => void) => {
    const { plan } = buildPlan(definePipeline({ name: 'check', build }), { inline: true });
    return checkPlan(plan, { runner: 'direct', inlineFunctions: true });
  };
  const pairs = (p: Pipeline) => p.create('Pairs', [{ key: 'k', value: 1 }]);
  const doFn = (): DoFn<KV<string, number>, number, typeof declared> => ({ process() {} });

  test('state in windows that merge', () => {
    expect(check((p) => void pairs(p).windowInto(sessionWindows(10)).parDo('Keep', doFn, declared))).toEqual([
      { feature: 'state in windows that merge', steps: ['Keep'] },
    ]);
  });

  test('not in windows that have merged', () => {
    const merged = (p: Pipeline) => pairs(p).windowInto(sessionWindows(10)).countPerKey().parDo('Keep', doFn, declared);
    expect(check((p) => void merged(p))).toEqual([]);
  });

  test('input that has to be stable', () => {
    const stable = { ...declared, requiresStableInput: true };
    const found = check((p) => void pairs(p).parDo('Keep', doFn, stable));
    expect(found.map(({ feature }) => feature)).toContain('stable input (until there are snapshots)');
  });
});
