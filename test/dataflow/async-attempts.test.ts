import { describe, expect, it } from 'vitest';
import { AsyncCaller } from '#millrace/runners/kernel/index.js';
import { deadline } from '../support/deadline.js';
import { startCalls } from './async-calls.js';
import { settle } from './feed.js';

describe('a time-out', () => {
  it('ends the attempt: its signal is aborted, and the error names step, element and time', async () => {
    const { feed, clock, handle, calls } = await startCalls({ timeoutMs: 50 });
    feed.give(7);
    await settle();
    const { signal } = calls.of(7);
    clock.advance(49);
    await settle();
    expect(signal.aborted).toBe(false);
    expect(handle.state).toBe('RUNNING');
    clock.advance(1);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'ASYNC_TIMEOUT' });
    const { state, error } = await deadline(handle.wait(), 5_000);
    expect(state).toBe('FAILED');
    expect(error).toMatchObject({ code: 'ASYNC_TIMEOUT', kind: 'function', step: 'Call', element: '7' });
    expect(error!.message).toBe('the call took longer than 50 ms');
    expect(error!.source).toContain('async-calls.ts');
  });

  it('counts from the start of each attempt, and what an earlier one answers later is ignored', async () => {
    const { feed, clock, handle, calls, out } = await startCalls({
      timeoutMs: 50,
      retry: { attempts: 3, initialDelayMs: 10 },
    });
    feed.give(7, 8);
    await settle();
    const first = calls.of(7);
    calls.of(8).resolve();
    await settle();
    clock.advance(50 + 10);
    await settle();
    const second = calls.of(7);
    expect([first.attempt, second.attempt]).toEqual([1, 2]);
    expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
    first.resolve('late');
    await settle();
    expect(out).toEqual([]);
    clock.advance(49);
    second.resolve('in time');
    await settle();
    expect(out).toEqual(['in time', 8]);
    // The slot serves again: neither the late answer nor the old timer may reach what it does next.
    feed.give(9);
    await settle();
    clock.advance(49);
    await settle();
    expect(calls.of(9).signal.aborted).toBe(false);
    calls.of(9).resolve();
    await settle();
    expect(out).toEqual(['in time', 8, 9]);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('leaves no timer behind when the call is quicker', async () => {
    const { feed, clock, handle, calls } = await startCalls({ timeoutMs: 50 });
    feed.give(1);
    await settle();
    expect(clock.next()).toBe(50);
    calls.of(1).resolve();
    await settle();
    // What is left is the next epoch.
    expect(clock.next()).toBe(1_000);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('keeps calls bounded that never end', async () => {
    const { feed, clock, handle, calls } = await startCalls({
      concurrency: 2,
      timeoutMs: 50,
      retry: { attempts: 100, initialDelayMs: 0 },
    });
    feed.give(1, 2, 3, 4, 5);
    for (let i = 0; i < 20; i++) {
      await settle();
      const live = calls.made.filter(({ signal }) => !signal.aborted);
      expect(live).toHaveLength(2);
      clock.advance(50);
    }
    expect(new Set(calls.elements)).toEqual(new Set([1, 2]));
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });
});

describe('a retry', () => {
  it('waits longer each time, up to a most', async () => {
    const { feed, clock, handle, calls, out } = await startCalls({
      retry: { attempts: 5, initialDelayMs: 100, multiplier: 3, maxDelayMs: 500 },
    });
    feed.give(1);
    await settle();
    for (const [i, delayMs] of [100, 300, 500, 500].entries()) {
      calls.of(1).reject(new Error('not yet'));
      await settle();
      clock.advance(delayMs - 1);
      await settle();
      expect(calls.made).toHaveLength(i + 1);
      clock.advance(1);
      await settle();
      expect(calls.of(1).attempt).toBe(i + 2);
    }
    calls.of(1).resolve('at last');
    await settle();
    expect(out).toEqual(['at last']);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('keeps its place: no other call is started meanwhile, and the order stays', async () => {
    const { feed, clock, handle, calls, out } = await startCalls({
      concurrency: 2,
      retry: { attempts: 2, initialDelayMs: 100 },
    });
    feed.give(1, 2, 3);
    await settle();
    calls.of(1).reject(new Error('not yet'));
    calls.of(2).resolve();
    await settle();
    expect(calls.elements).toEqual([1, 2]);
    clock.advance(100);
    await settle();
    calls.of(1).resolve();
    await settle();
    expect(out).toEqual([1, 2]);
    expect(calls.elements).toEqual([1, 2, 1, 3]);
    expect(calls.most).toBeLessThanOrEqual(2);
    handle.cancel();
    await deadline(handle.wait(), 5_000);
  });

  it('that does not help ends the pipeline with the last error and the number of the attempt', async () => {
    const { feed, clock, handle, calls } = await startCalls({ retry: { attempts: 2, initialDelayMs: 100 } });
    feed.give(5);
    await settle();
    calls.of(5).reject(new Error('first'));
    await settle();
    clock.advance(100);
    await settle();
    calls.of(5).reject(new TypeError('second'));
    const { error } = await deadline(handle.wait(), 5_000);
    expect(error).toMatchObject({
      code: 'FUNCTION_THREW',
      step: 'Call',
      element: '5',
      cause: { name: 'TypeError', message: 'second' },
    });
    expect(error!.message).toContain('(attempt 2 of 2)');
  });

  it('is for the errors that retryIf says', async () => {
    const seen: unknown[] = [];
    const { feed, clock, handle, calls } = await startCalls({
      timeoutMs: 50,
      retry: {
        attempts: 5,
        initialDelayMs: 100,
        retryIf: (error) => {
          seen.push(error);
          return !(error instanceof RangeError);
        },
      },
    });
    const busy = new Error('busy');
    const bad = new RangeError('bad');
    feed.give(1);
    await settle();
    calls.of(1).reject(busy);
    await settle();
    clock.advance(100);
    await settle();
    clock.advance(50);
    await settle();
    clock.advance(200);
    await settle();
    calls.of(1).reject(bad);
    const { error } = await deadline(handle.wait(), 5_000);
    expect(seen).toEqual([busy, expect.objectContaining({ code: 'ASYNC_TIMEOUT' }), bad]);
    expect(error).toMatchObject({ code: 'FUNCTION_THREW', cause: { name: 'RangeError' } });
    expect(error!.message).toContain('(attempt 3 of 5)');
  });

  it('whose retryIf throws ends the pipeline with that', async () => {
    const { feed, handle, calls } = await startCalls({
      retry: {
        attempts: 5,
        retryIf: () => {
          throw new Error('cannot say');
        },
      },
    });
    feed.give(1);
    await settle();
    calls.of(1).reject(new Error('busy'));
    const { error } = await deadline(handle.wait(), 5_000);
    expect(error).toMatchObject({
      code: 'FUNCTION_THREW',
      step: 'Call',
      element: '1',
      cause: { message: 'cannot say' },
    });
  });

  it('leaves a share of the delay to chance where jitter says so', () => {
    const delays = (random: number): (number | undefined)[] => {
      const caller = new AsyncCaller({
        step: {
          fn: () => {},
          options: {
            concurrency: 1,
            ordered: true,
            retry: { attempts: 4, initialDelayMs: 100, multiplier: 10, maxDelayMs: 2_000, jitter: 0.5 },
          },
        },
        place: { name: 'Call', source: undefined },
        signal: new AbortController().signal,
        after: () => () => {},
        random: () => random,
      });
      return [1, 2, 3, 4].map((attempt) => caller.delayAfter(attempt, new Error('busy')));
    };
    expect(delays(0)).toEqual([100, 1_000, 2_000, undefined]);
    expect(delays(0.5)).toEqual([75, 750, 1_500, undefined]);
  });
});
