import { fixedWindows } from 'millrace';
import { describe, expect, it } from 'vitest';
import { deadline } from '../support/deadline.js';
import { Calls, startCalls } from './async-calls.js';
import { collect, settle, start } from './feed.js';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('calls in flight', () => {
  it.each([true, false])(
    'are never more than the concurrency, and as many while there is work; ordered: %s',
    async (ordered) => {
      const { feed, handle, calls, out } = await startCalls({ concurrency: 3, ordered });
      feed.give(...upTo(20));
      await settle();
      for (let done = 0; done < 20; done++) {
        expect(calls.open).toHaveLength(Math.min(3, 20 - done));
        calls.open[0]!.resolve();
        await settle();
      }
      expect(calls.most).toBe(3);
      expect(out).toEqual(upTo(20));
      handle.cancel();
      await deadline(handle.wait(), 5_000);
    },
  );

  it('hold back the source: what is read ahead does not grow with what there is', async () => {
    const { feed, handle, calls } = await startCalls({ concurrency: 2 });
    feed.give(...upTo(5_000));
    await settle();
    const taken = feed.taken;
    expect(taken).toBeLessThan(50);
    calls.open[0]!.resolve();
    await settle();
    expect(feed.taken).toBeLessThan(taken + 5);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('cost nothing while they wait: the event loop sleeps', async () => {
    const { feed, handle, calls } = await startCalls({ concurrency: 2 });
    feed.give(...upTo(100));
    await settle();
    expect(calls.open).toHaveLength(2);
    // Timers let the event loop sleep, immediates do not.
    expect(process.getActiveResourcesInfo()).not.toContain('Immediate');
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('are not started while the output is full', async () => {
    const calls = new Calls();
    const { feed, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null)
        .mapAsync('Call', calls.fn, { concurrency: 4 })
        // Begins its first bundle, and never gets to its elements.
        .parDo('Stuck', () => ({ startBundle: () => new Promise<void>(() => {}), process() {} }));
    });
    feed.give(...upTo(500));
    for (let i = 0; i < 100; i++) {
      await settle();
      for (const call of calls.open) call.resolve();
    }
    expect(calls.open).toEqual([]);
    expect(calls.made.length).toBeLessThan(50);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });
});

describe('results', () => {
  it('leave in the order of the elements; those that wait count as calls', async () => {
    const { feed, handle, calls, out } = await startCalls({ concurrency: 4 });
    feed.give(...upTo(10));
    await settle();
    for (const n of [4, 3, 2]) calls.of(n).resolve();
    await settle();
    expect(out).toEqual([]);
    expect(calls.elements).toEqual([1, 2, 3, 4]);
    calls.of(1).resolve();
    await settle();
    expect(out).toEqual([1, 2, 3, 4]);
    expect(calls.elements).toEqual(upTo(8));
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('leave as they come where order does not matter', async () => {
    // Fed one by one, every element has a watermark behind it; so these are given all at once.
    const calls = new Calls();
    const { handle, out } = await start((p, _feed, sink) => {
      p.create('Numbers', upTo(5))
        .mapAsync('Call', calls.fn, { concurrency: 2, ordered: false })
        .parDo('Out', collect(sink));
    });
    await settle();
    for (const n of [2, 3, 4]) {
      calls.of(n).resolve();
      await settle();
      // Without waiting for company.
      expect(out.at(-1)).toBe(n);
    }
    calls.of(5).resolve();
    calls.of(1).resolve();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'DONE' });
    expect(out).toEqual([2, 3, 4, 5, 1]);
  });

  it.each([true, false])(
    'keep time: no window closes before the calls of its elements; ordered: %s',
    async (ordered) => {
      const calls = new Calls();
      const { feed, handle, out } = await start((p, { source }, sink) => {
        p.read('Feed', () => source, null)
          .mapAsync('Call', calls.fn, { concurrency: 10, ordered })
          .windowInto(fixedWindows(10))
          .keyBy(() => 'all')
          .countPerKey()
          .map(({ value }) => value)
          .parDo('Out', collect(sink));
      });
      feed.give(1, 2, 12, 25);
      await settle();
      for (const n of [2, 12, 25]) calls.of(n).resolve();
      await settle();
      expect(out).toEqual([]);
      calls.of(1).resolve();
      await settle();
      expect(out).toEqual([2, 1]);
      handle.cancel();
      await deadline(handle.wait(), 5_000);
    },
  );

  it('that are grouped next must have a key and a value', async () => {
    const calls = new Calls();
    const { feed, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null)
        .windowInto(fixedWindows(10))
        .mapAsync('Pair', calls.fn as (n: number) => Promise<{ key: string; value: number }>)
        .countPerKey('Count');
    });
    feed.give(1);
    await settle();
    calls.of(1).resolve('no pair');
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({
      state: 'FAILED',
      error: { code: 'ELEMENT_NOT_KEYED', step: 'Pair', element: '1' },
    });
  });
});

describe('epochs', () => {
  it.each([true, false])('count as done when the calls of their elements are; ordered: %s', async (ordered) => {
    const { feed, clock, handle, calls, out } = await startCalls({ concurrency: 4, ordered });
    feed.give(1, 2);
    await settle();
    clock.advance(1_000);
    await settle();
    calls.of(2).resolve();
    feed.give(3);
    await settle();
    calls.of(3).resolve();
    await settle();
    clock.advance(10_000);
    await settle();
    expect(feed.finalised).toEqual([]);
    calls.of(1).resolve();
    await settle();
    expect(out).toHaveLength(3);
    // The barrier went between 2 and 3.
    expect(feed.finalised).toEqual([2]);
    clock.advance(1_000);
    await settle();
    expect(feed.finalised.at(-1)).toBe(3);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('wait for an element that is between two attempts', async () => {
    const { feed, clock, handle, calls, out } = await startCalls({
      retry: { attempts: 2, initialDelayMs: 60_000, maxDelayMs: 60_000 },
    });
    feed.give(1);
    await settle();
    calls.of(1).reject(new Error('not yet'));
    await settle();
    clock.advance(5_000);
    await settle();
    expect(feed.finalised).toEqual([]);
    clock.advance(55_000);
    await settle();
    calls.of(1).resolve('second');
    await settle();
    expect(out).toEqual(['second']);
    expect(feed.finalised).toEqual([1]);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('wait for the acknowledgement of what the sink was given', async () => {
    const calls = new Calls();
    const acknowledge: (() => void)[] = [];
    const { feed, clock, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null)
        .mapAsync('Call', calls.fn)
        .parDo('Out', () => ({
          process() {},
          finishBundle: () => new Promise<void>((resolve) => acknowledge.push(resolve)),
        }));
    });
    feed.give(1);
    await settle();
    calls.of(1).resolve();
    clock.advance(1_000);
    await settle();
    expect(acknowledge.length).toBeGreaterThan(0);
    expect(feed.finalised).toEqual([]);
    while (acknowledge.length > 0) {
      acknowledge.shift()!();
      await settle();
    }
    expect(feed.finalised).toEqual([1]);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });
});
