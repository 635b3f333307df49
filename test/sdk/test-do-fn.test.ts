import {
  type DoFn,
  type DoFnContext,
  type FinishBundleContext,
  GlobalWindow,
  IntervalWindow,
  MIN_TIMESTAMP,
  outputTag,
  type ProcessContext,
  type SideInput,
} from 'millrace';
import { testDoFn, timestamped } from 'millrace/testing';
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
