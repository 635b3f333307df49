import {
  afterCount,
  fixedWindows,
  globalWindow,
  type OffsetRange,
  OffsetRangeTracker,
  type PollResult,
  type ProcessContext,
  repeatedly,
  type SplittableDoFn,
  sum,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { deadline } from '../support/deadline.js';
import { collect, settle, start } from './feed.js';

/** Emits its element when ten seconds have passed. */
const afterTenSeconds: SplittableDoFn<number, number, OffsetRange, number> = {
  isBounded: true,
  restrictionCoder: valueCoder<OffsetRange>(),
  initialRestriction: () => ({ from: 0, to: 2 }),
  newTracker: (range) => new OffsetRangeTracker(range),
  open(element, tracker) {
    let at = 0;
    return {
      poll(out): PollResult {
        if (!tracker.tryClaim(at)) return 'done';
        if (at++ === 0) return { kind: 'resumeAfter', delayMs: 10_000, checkpoint: true };
        out.emit(element, element);
        return 'more';
      },
      watermark: () => element,
      close: () => undefined,
    };
  },
};

describe('epochs on the direct runner', () => {
  it('finalise what has left the pipeline, about once a second', async () => {
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null).parDo('Out', collect(sink));
    });
    feed.give(1, 2, 3);
    await settle();
    expect(out).toEqual([1, 2, 3]);
    expect(feed.finalised).toEqual([]);
    clock.advance(1_000);
    await settle();
    expect(feed.finalised).toEqual([3]);
    feed.give(4);
    clock.advance(1_000);
    await settle();
    expect(feed.finalised.at(-1)).toBe(4);
    handle.stop();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'STOPPED' });
    expect(feed.closed).toBe(true);
  });

  it('trail behind what an open window holds; a stop fires nothing early', async () => {
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .countPerKey()
        .map(({ value }) => value)
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(feed.finalised).toEqual([]);
    feed.give(12);
    await settle();
    expect(out).toEqual([2]);
    clock.advance(1_000);
    await settle();
    // 12 came after the first barrier: everything up to there is out, it is not.
    expect(feed.finalised).toEqual([2]);
    handle.stop();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'STOPPED' });
    expect(out).toEqual([2]);
    expect(feed.finalised.at(-1)).toBe(2);
  });

  it('trail behind what a window holds that comes after another', async () => {
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .countPerKey('Tens')
        .windowInto('Hundreds', fixedWindows(100))
        .map(({ value }) => ({ key: 'all', value }))
        .combinePerKey(sum())
        .map(({ value }) => value)
        .parDo('Out', collect(sink));
    });
    const passTime = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        clock.advance(1_000);
        await settle();
      }
    };
    feed.give(1, 2);
    await settle();
    await passTime();
    // The first window fires, and what came of it stands in the second one.
    feed.give(12, 23);
    await settle();
    await passTime();
    expect(out).toEqual([]);
    expect(feed.finalised).toEqual([]);
    feed.give(104, 207);
    await settle();
    await passTime();
    expect(out).toEqual([4, 1]);
    handle.cancel();
    await handle.wait();
  });

  it('trail behind what a splittable step is still working on', async () => {
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .read('Later', () => afterTenSeconds)
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2);
    await settle();
    for (let second = 1; second < 10; second++) {
      clock.advance(1_000);
      await settle();
    }
    expect(out).toEqual([]);
    expect(feed.finalised).toEqual([]);
    for (let second = 10; second < 13; second++) {
      clock.advance(1_000);
      await settle();
    }
    expect(out.toSorted()).toEqual([1, 2]);
    expect(feed.finalised.at(-1)).toBe(2);
    handle.cancel();
    await handle.wait();
  });

  it('a drain fires what is open and finalises everything', async () => {
    const { feed, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .countPerKey()
        .map(({ value }) => value)
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2, 12);
    await settle();
    handle.drain();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'DRAINED' });
    expect(out).toEqual([2, 1]);
    expect(feed.finalised.at(-1)).toBe(3);
  });

  it('do not wait for a default that never comes', async () => {
    const { feed, clock, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .filter('Even', (n) => n % 2 === 0)
        .windowInto(globalWindow(), {
          trigger: repeatedly(afterCount(1)),
          accumulation: 'discarding',
          onTimeBehavior: 'FIRE_IF_NONEMPTY',
        })
        .combineGlobally(sum())
        .parDo('Out', collect(sink));
    });
    feed.give(1);
    await settle();
    clock.advance(1_000);
    await settle();
    expect([out, feed.finalised.at(-1)]).toEqual([[], 1]);
    feed.give(2, 4);
    await settle();
    clock.advance(1_000);
    await settle();
    expect([out, feed.finalised.at(-1)]).toEqual([[2, 4], 3]);
    handle.drain();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'DRAINED' });
    expect(out).toEqual([2, 4]);
  });

  it('a drain gives the default where nothing has come', async () => {
    const { feed, handle, out } = await start((p, { source }, sink) => {
      p.read('Feed', () => source, null)
        .filter('None', () => false)
        .windowInto(globalWindow(), { trigger: repeatedly(afterCount(1)), accumulation: 'discarding' })
        .combineGlobally(sum())
        .parDo('Out', collect(sink));
    });
    feed.give(1, 2);
    await settle();
    expect(out).toEqual([]);
    handle.drain();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'DRAINED' });
    expect(out).toEqual([0]);
  });

  it('wait for the acknowledgement of a sink: finishBundle', async () => {
    const acknowledged: (() => void)[] = [];
    const { feed, clock, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null).parDo('Out', () => ({
        process(): void {},
        finishBundle: () =>
          new Promise<void>((resolve) => {
            acknowledged.push(resolve);
          }),
      }));
    });
    feed.give(1, 2);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(feed.finalised).toEqual([]);
    while (acknowledged.length > 0) {
      acknowledged.shift()!();
      await settle();
    }
    expect(feed.finalised).toEqual([2]);
    handle.cancel();
    expect(await deadline(handle.wait(), 5_000)).toMatchObject({ state: 'CANCELLED' });
  });

  it('tell as committed what the last acknowledged barrier found', async () => {
    const { feed, clock, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null).parDo('Out', () => ({
        process(element: number, { metrics }: ProcessContext<never>): void {
          metrics.counter('seen').inc();
          metrics.distribution('sizes').update(element);
          metrics.gauge('last').set(element);
          if (element === 99) throw new Error('no');
        },
      }));
    });
    const seen = async () => (await handle.metrics()).find(({ name }) => name === 'seen');
    feed.give(1, 2);
    await settle();
    expect(await seen()).toEqual({ kind: 'counter', step: 'Out', name: 'seen', value: 2 });
    clock.advance(1_000);
    await settle();
    expect(await seen()).toMatchObject({ value: 2, committed: 2 });
    feed.give(3);
    await settle();
    expect(await seen()).toMatchObject({ value: 3, committed: 2 });
    feed.give(99);
    const { state, metrics } = await deadline(handle.wait(), 5_000);
    expect(state).toBe('FAILED');
    expect(metrics.find(({ name }) => name === 'seen')).toMatchObject({ value: 4, committed: 2 });
    expect(metrics.find(({ name }) => name === 'sizes')).toMatchObject({
      value: { sum: 105, count: 4, min: 1, max: 99 },
      committed: { sum: 3, count: 2, min: 1, max: 2 },
    });
    expect(metrics.find(({ name }) => name === 'last')).toMatchObject({
      value: { value: 99, timestamp: clock.now() },
      committed: { value: 2 },
    });
    expect(await handle.metrics()).toEqual(metrics);
  });

  it('tell as committed what a kill would not repeat, also while a window holds what came of it', async () => {
    const count = (name: string) => () => ({
      process(element: number, { metrics, output }: ProcessContext<number>): void {
        metrics.counter(name).inc();
        output(element);
      },
    });
    const { feed, clock, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null)
        .parDo('Before', count('read'))
        .windowInto(fixedWindows(10))
        .keyBy(() => 'all')
        .countPerKey()
        .map(({ value }) => value)
        .parDo('After', count('counted'));
    });
    const told = async () => {
      clock.advance(1_000);
      await settle();
      const metrics = (await handle.metrics()).filter(({ name }) => name === 'read' || name === 'counted');
      return Object.fromEntries(metrics.map(({ name, value, committed }) => [name, [value, committed]]));
    };
    feed.give(1, 2);
    await settle();
    expect(await told()).toEqual({ read: [2, undefined] });
    feed.give(3);
    await settle();
    expect(await told()).toEqual({ read: [3, undefined] });
    // The window fires: what was read before the last barrier has arrived, and what came of it came after that barrier.
    feed.give(12);
    await settle();
    expect(await told()).toEqual({ read: [4, 3], counted: [1, undefined] });
    expect(await told()).toEqual({ read: [4, 3], counted: [1, undefined] });
    feed.give(25);
    await settle();
    expect(await told()).toEqual({ read: [5, 4], counted: [2, 1] });
    handle.stop();
    const { state, metrics } = await deadline(handle.wait(), 5_000);
    expect(state).toBe('STOPPED');
    expect(metrics.find(({ name }) => name === 'read')).toMatchObject({ value: 5, committed: 4 });
  });

  it('finalise nothing of a pipeline that failed', async () => {
    const { feed, clock, handle } = await start((p, { source }) => {
      p.read('Feed', () => source, null).map('Fail', (n: number) => {
        if (n === 2) throw new Error('two');
        return n;
      });
    });
    feed.give(1, 2);
    await settle();
    clock.advance(10_000);
    const result = await deadline(handle.wait(), 5_000);
    expect(result).toMatchObject({
      state: 'FAILED',
      error: { code: 'FUNCTION_THREW', step: 'Fail', element: '2', cause: { message: 'two' } },
    });
    expect(feed.finalised).toEqual([]);
    expect(feed.closed).toBe(true);
  });
});
