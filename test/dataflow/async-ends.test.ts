import { fixedWindows } from 'millrace';
import { describe, expect, it } from 'vitest';
import { deadline } from '../support/deadline.js';
import { Calls, startCalls } from './async-calls.js';
import { collect, settle, start } from './feed.js';

describe('a cancel', () => {
  it('aborts what is in flight; what comes of it later is ignored', async () => {
    const { feed, clock, handle, calls, out } = await startCalls({
      concurrency: 3,
      timeoutMs: 60_000,
      retry: { attempts: 2, initialDelayMs: 60_000 },
    });
    feed.give(1, 2, 3);
    await settle();
    calls.of(3).reject(new Error('busy'));
    await settle();
    const { signal } = calls.of(1);
    handle.cancel();
    expect(signal.reason).toMatchObject({ code: 'PIPELINE_CANCELLED' });
    expect(calls.of(2).signal.aborted).toBe(true);
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'CANCELLED' });
    calls.of(1).resolve();
    calls.of(2).reject(new Error('aborted'));
    await settle();
    expect(out).toEqual([]);
    expect(calls.made).toHaveLength(3);
    // Neither a time-out nor a delay keeps the process.
    expect(clock.next()).toBeUndefined();
  });
});

describe('a failure', () => {
  it('of one call aborts the others, and is what the pipeline fails with', async () => {
    const { feed, clock, handle, calls, out } = await startCalls({ concurrency: 3, ordered: false });
    feed.give(1, 2, 3);
    await settle();
    const { signal } = calls.of(1);
    signal.addEventListener('abort', () => calls.of(1).reject(signal.reason));
    calls.of(2).reject(new Error('refused'));
    const { state, error } = await deadline(handle.wait(), 5_000);
    expect(state).toBe('FAILED');
    expect(error).toMatchObject({ step: 'Call', element: '2', cause: { message: 'refused' } });
    expect(signal.aborted).toBe(true);
    calls.of(3).resolve();
    await settle();
    expect(out).toEqual([]);
    expect(feed.finalised).toEqual([]);
    expect(clock.next()).toBeUndefined();
  });

  it('elsewhere aborts the calls too', async () => {
    const calls = new Calls();
    const { feed, handle } = await start((p, { source }) => {
      const numbers = p.read('Feed', () => source, null);
      numbers.mapAsync('Call', calls.fn);
      numbers.map('Fail', (n: number) => {
        if (n === 2) throw new Error('two');
        return n;
      });
    });
    feed.give(1);
    await settle();
    feed.give(2);
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ error: { step: 'Fail' } });
    expect(calls.of(1).signal.aborted).toBe(true);
  });
});

describe('a stop', () => {
  it('lets calls end, and commits what they were called with', async () => {
    const { feed, clock, handle, calls, out } = await startCalls({ concurrency: 2 });
    feed.give(1, 2, 3);
    await settle();
    handle.stop();
    clock.advance(4_999);
    await settle();
    expect(calls.of(1).signal.aborted).toBe(false);
    calls.of(1).resolve();
    calls.of(2).resolve();
    await settle();
    calls.of(3).resolve();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'STOPPED' });
    expect(out).toEqual([1, 2, 3]);
    expect(feed.finalised.at(-1)).toBe(3);
  });

  it.each([true, false])(
    'gives up what does not end within five seconds, without committing it; ordered: %s',
    async (ordered) => {
      const { feed, clock, handle, calls, out, log } = await startCalls({ concurrency: 2, ordered });
      feed.give(1);
      await settle();
      calls.of(1).resolve();
      clock.advance(1_000);
      await settle();
      expect(feed.finalised).toEqual([1]);
      feed.give(2, 3, 4, 5);
      await settle();
      // A barrier waits behind calls that never end; the one of the stop cannot even come in.
      clock.advance(1_000);
      await settle();
      calls.of(3).resolve();
      handle.stop();
      await settle();
      clock.advance(5_000);
      expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'STOPPED' });
      expect(calls.of(2).signal.reason).toMatchObject({ code: 'ASYNC_STOPPED' });
      expect(out).toEqual([1]);
      expect(feed.finalised.filter((position) => position > 1)).toEqual([]);
      expect(log).toEqual([
        expect.objectContaining({ level: 'warn', step: 'Call', message: expect.stringContaining('given up') }),
      ]);
      calls.of(2).resolve();
      await settle();
      expect(out).toEqual([1]);
      expect(clock.next()).toBeUndefined();
    },
  );

  it('gives up what is called late as well, however much waits', async () => {
    const { feed, clock, handle, calls } = await startCalls({ concurrency: 1 });
    handle.stop();
    await settle();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'STOPPED' });
    expect(clock.next()).toBeUndefined();
    feed.give(1);
    await settle();
    expect(calls.made).toEqual([]);
  });

  it('fires no window of which a part was given up, and commits nothing that was in one', async () => {
    const calls = new Calls();
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .countPerKey()
        .map(({ value }) => value)
        .mapAsync('Call', calls.fn)
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2);
    await settle();
    clock.advance(1_000);
    await settle();
    // Fires the window, whose elements belong to an epoch that its group holds no more.
    feed.give(12);
    await settle();
    expect(calls.elements).toEqual([2]);
    clock.advance(1_000);
    await settle();
    handle.stop();
    clock.advance(5_000);
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'STOPPED' });
    expect(out).toEqual([]);
    expect(feed.finalised).toEqual([]);
  });

  it('hands no time on that what was given up would have come before', async () => {
    const calls = new Calls();
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .mapAsync('Call', calls.fn, { concurrency: 3 })
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .countPerKey()
        .map(({ value }) => value)
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2, 12);
    await settle();
    calls.of(1).resolve();
    calls.of(12).resolve();
    await settle();
    handle.stop();
    clock.advance(5_000);
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'STOPPED' });
    expect(out).toEqual([]);
    expect(feed.finalised).toEqual([]);
  });
});

describe('a drain', () => {
  it('waits for all calls', async () => {
    const { feed, handle, calls, out } = await startCalls({ concurrency: 2 });
    feed.give(1, 2);
    await settle();
    handle.drain();
    await settle();
    calls.of(2).resolve();
    await settle();
    expect(handle.state).toBe('DRAINING');
    calls.of(1).resolve();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'DRAINED' });
    expect(out).toEqual([1, 2]);
    expect(feed.finalised.at(-1)).toBe(2);
  });
});
