import {
  type DoFn,
  type DoFnContext,
  type ExpirationContext,
  eventTimer,
  type FinishBundleContext,
  GlobalWindow,
  IntervalWindow,
  type KV,
  MIN_TIMESTAMP,
  outputTag,
  type ProcessContext,
  processingTimer,
  type SideInput,
  type TimerContext,
  valueState,
} from 'millrace';
import { type Emitted, testDoFn, timestamped, VirtualClock } from 'millrace/testing';
import { describe, expect, it } from 'vitest';

const long = outputTag('long').of<string>();

/** Writes down its life, and emits in every way there is. */
class Recorder implements DoFn<string, string> {
  readonly life: string[] = [];
  async setup(context: DoFnContext): Promise<void> {
    await Promise.resolve();
    context.metrics.counter('instances').inc();
    this.life.push('setup');
  }
  startBundle(): void {
    this.life.push('startBundle');
  }
  process(word: string, context: ProcessContext<string>): void {
    this.life.push(word);
    context.metrics.counter('words').inc();
    if (word.length > 3) context.outputTagged(long, word);
    else context.outputWithTimestamp(word.toUpperCase(), context.timestamp + 1);
  }
  async finishBundle(context: FinishBundleContext<string>): Promise<void> {
    await Promise.resolve();
    this.life.push('finishBundle');
    context.output('end', 5, new IntervalWindow(0, 10));
  }
  teardown(): void {
    this.life.push('teardown');
  }
}

describe('testDoFn', () => {
  it('takes a DoFn through its life, and answers what it emitted where', async () => {
    const doFn = new Recorder();
    const tester = await testDoFn(doFn, { outputs: [long] });
    const window = new IntervalWindow(10, 20);
    const pane = { timing: 'LATE', index: 2, isFirst: false, isLast: true, nonSpeculativeIndex: 1 } as const;
    expect(await tester.process('abc', { timestamp: 12, window, pane })).toEqual([
      { tag: 'main', value: 'ABC', timestamp: 13, window, pane },
    ]);
    expect(await tester.process('longer', { timestamp: 12, window })).toMatchObject([
      { tag: 'long', value: 'longer', timestamp: 12 },
    ]);
    expect(await tester.finishBundle()).toMatchObject([{ value: 'end', timestamp: 5, window: { start: 0, end: 10 } }]);
    expect(await tester.finishBundle()).toEqual([]);
    await tester.teardown();
    expect(doFn.life).toEqual(['setup', 'startBundle', 'abc', 'longer', 'finishBundle', 'teardown']);
    expect(tester.emitted.map(({ value }) => value)).toEqual(['ABC', 'longer', 'end']);
    expect([tester.counter('instances'), tester.counter('words'), tester.counter('other')]).toEqual([1, 2, 0]);
  });

  it('gives whole bundles, and places where none are given', async () => {
    const tester = await testDoFn(new Recorder(), { outputs: [long] });
    const emitted = await tester.processBundle(['a', timestamped('b', 7)]);
    expect(emitted.map(({ value, timestamp }) => [value, timestamp])).toEqual([
      ['A', MIN_TIMESTAMP + 1],
      ['B', 8],
      ['end', 5],
    ]);
    expect(emitted[0]!.window).toBe(GlobalWindow.INSTANCE);
  });

  it('shows side inputs that are given as values', async () => {
    type Declared = { readonly sideInputs: { readonly rates: SideInput<ReadonlyMap<string, number>> } };
    class Convert implements DoFn<{ readonly currency: string; readonly amount: number }, number, Declared> {
      process(
        { currency, amount }: { readonly currency: string; readonly amount: number },
        context: ProcessContext<number, Declared>,
      ): void {
        context.output(amount * context.sideInputs.rates.get(currency)!);
      }
    }
    const tester = await testDoFn(new Convert(), { sideInputs: { rates: new Map([['eur', 2]]) } });
    expect(await tester.process({ currency: 'eur', amount: 3 }, { timestamp: 4 })).toMatchObject([
      { value: 6, timestamp: 4 },
    ]);
  });

  it('keeps state by key and window, and fires timers as time is moved', async () => {
    const declared = {
      state: { count: valueState<number>() },
      timers: { gap: eventTimer(), remind: processingTimer() },
    };
    type Declared = typeof declared;
    type Visit = KV<string, string>;
    /** Says how many visits somebody made, when there was none for ten milliseconds, and reminds of who is there. */
    class Visits implements DoFn<Visit, string, Declared> {
      readonly onTimer = {
        gap: ({ key, state, output, firingTime }: TimerContext<string, Declared>): void => {
          output(`${key} left at ${firingTime} after ${state.count.read()}`);
          state.count.clear();
        },
        remind: ({ key, output }: TimerContext<string, Declared>): void => output(`${key} is here`),
      };
      process(_: Visit, { state, timers, timestamp, window }: ProcessContext<string, Declared>): void {
        state.count.write((state.count.read() ?? 0) + 1);
        if (timestamp + 10 < window.end) timers.gap.set(timestamp + 10);
        timers.remind.setAfter(1_000);
      }
      onWindowExpiration({ key, state, output }: ExpirationContext<string, Declared>): void {
        output(`${key} expired with ${state.count.read() ?? 'nothing'}`);
      }
    }
    const clock = new VirtualClock(5_000);
    const tester = await testDoFn(new Visits(), { ...declared, clock });
    const window = new IntervalWindow(0, 100);
    const texts = (emitted: readonly Emitted<string>[]) => emitted.map(({ value }) => value);
    for (const [key, timestamp] of [
      ['ada', 1],
      ['ada', 5],
      ['bob', 8],
      ['eve', 95],
    ] as const)
      expect(await tester.process({ key, value: '/' }, { timestamp, window })).toEqual([]);
    expect(texts(await tester.advanceWatermark(15))).toEqual([]);
    expect(await tester.advanceWatermark(16)).toMatchObject([
      { value: 'ada left at 15 after 2', timestamp: 15, window: { start: 0, end: 100 } },
    ]);
    expect(texts(await tester.advanceProcessingTime(999))).toEqual([]);
    expect(texts(await tester.advanceProcessingTime(1)).sort()).toEqual(['ada is here', 'bob is here', 'eve is here']);
    expect(clock.now()).toBe(6_000);
    expect(texts(await tester.advanceWatermark(100)).sort()).toEqual([
      'ada expired with nothing',
      'bob expired with nothing',
      'bob left at 18 after 1',
      'eve expired with 1',
    ]);
    expect(texts(await tester.advanceWatermarkToInfinity())).toEqual([]);
    await tester.teardown();
  });

  it('keeps state after the end of a window for as long as it is told', async () => {
    const declared = { state: { seen: valueState<boolean>() } };
    class Once implements DoFn<KV<string, number>, number, typeof declared> {
      process({ value }: KV<string, number>, { state, output }: ProcessContext<number, typeof declared>): void {
        if (state.seen.read() !== true) output(value);
        state.seen.write(true);
      }
    }
    const tester = await testDoFn(new Once(), { ...declared, allowedLateness: 10 });
    const window = new IntervalWindow(0, 10);
    const give = (value: number) => tester.process({ key: 'a', value }, { timestamp: 1, window });
    expect(await give(1)).toMatchObject([{ value: 1 }]);
    await tester.advanceWatermark(15);
    expect(await give(2)).toEqual([]);
    await tester.advanceWatermark(25);
    expect(await give(3)).toEqual([]);
    expect(tester.counter('millrace:dropped_late')).toBe(1);
  });

  it('shows side inputs to timers too', async () => {
    type Names = { readonly sideInputs: { readonly names: SideInput<ReadonlyMap<string, string>> } };
    const declared = { timers: { end: eventTimer() } };
    class Named implements DoFn<KV<string, number>, string, typeof declared & Names> {
      readonly onTimer = {
        end: ({ key, sideInputs, output }: TimerContext<string, typeof declared & Names>): void =>
          output(`bye, ${sideInputs.names.get(String(key))}`),
      };
      process({ key }: KV<string, number>, context: ProcessContext<string, typeof declared & Names>): void {
        context.timers.end.set(5);
        context.output(`hello, ${context.sideInputs.names.get(key)}`);
      }
    }
    const tester = await testDoFn(new Named(), { ...declared, sideInputs: { names: new Map([['a', 'Ada']]) } });
    await tester.process({ key: 'a', value: 1 }, { timestamp: 1 });
    await tester.advanceWatermark(6);
    expect(tester.emitted.map(({ value }) => value)).toEqual(['hello, Ada', 'bye, Ada']);
  });

  it.each([
    ['x', 'FUNCTION_THREW'],
    ['past', 'TIMESTAMP_SKEW'],
    ['tag', 'OUTPUT_TAG_UNKNOWN'],
    ['promise', 'FUNCTION_RETURNED_PROMISE'],
  ])('fails as in a pipeline: %s', async (element, code) => {
    const doFn: DoFn<string, string> = {
      process(word, context) {
        if (word === 'past') context.outputWithTimestamp(word, context.timestamp - 1);
        if (word === 'tag') context.outputTagged(long, word);
        if (word === 'promise') return Promise.resolve() as unknown as undefined;
        throw new Error('no such word');
      },
    };
    const tester = await testDoFn(doFn);
    await expect(tester.process(element, { timestamp: 5 })).rejects.toMatchObject({ code, step: 'DoFn' });
    await expect(tester.process('again')).rejects.toMatchObject({ code });
    await expect(tester.teardown()).rejects.toMatchObject({ code });
  });
});
