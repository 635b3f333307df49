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
import { StatefulHost, values } from './stateful-host.js';

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
    return checkPlan(plan, { inlineFunctions: true });
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
