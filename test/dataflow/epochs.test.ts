import {
  buildPlan,
  definePipeline,
  fixedWindows,
  type OffsetRange,
  OffsetRangeTracker,
  type Pipeline,
  type PipelineHandle,
  type PollResult,
  type SourceContext,
  type SourceOutput,
  type SourceReader,
  type SplittableDoFn,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import { deadline } from '../support/deadline.js';

/** A source that a test feeds: what it is given is emitted, and what is finalised is written down. */
class Feed {
  readonly finalised: number[] = [];
  private readonly queue: number[] = [];
  private taken = 0;
  private wake: (() => void) | undefined;
  closed = false;

  give(...timestamps: number[]): void {
    this.queue.push(...timestamps);
    this.wake?.();
  }

  readonly source: SplittableDoFn<null, number, OffsetRange, number> = {
    isBounded: false,
    restrictionCoder: valueCoder<OffsetRange>(),
    initialRestriction: () => ({ from: 0, to: Number.MAX_SAFE_INTEGER }),
    newTracker: (range) => new OffsetRangeTracker(range),
    open: (_element, tracker, _context: SourceContext): SourceReader<number> => {
      let watermark = 0;
      return {
        poll: (out: SourceOutput<number>): PollResult => {
          const value = this.queue[0];
          if (value === undefined) {
            return {
              kind: 'wakeWhen',
              promise: new Promise<void>((resolve) => {
                this.wake = resolve;
              }),
            };
          }
          if (!tracker.tryClaim(this.taken)) return 'done';
          this.queue.shift();
          this.taken++;
          watermark = value;
          out.emit(value, value);
          return 'more';
        },
        watermark: () => watermark,
        checkpoint: () => {
          const position = this.taken;
          return () => {
            this.finalised.push(position);
          };
        },
        close: () => {
          this.closed = true;
        },
      };
    },
  };
}

interface Harness {
  readonly feed: Feed;
  readonly clock: VirtualClock;
  readonly handle: PipelineHandle;
  readonly out: unknown[];
}

async function start(build: (p: Pipeline, feed: Feed, out: unknown[]) => void): Promise<Harness> {
  const feed = new Feed();
  const clock = new VirtualClock();
  const out: unknown[] = [];
  const definition = definePipeline({ name: 'epochs', build: (p) => build(p, feed, out) });
  const { plan, resolver } = buildPlan(definition, { inline: true });
  const handle = await createDirectRunner({ clock }).run({ plan, resolver });
  return { feed, clock, handle, out };
}

/** Lets everything that can happen without time passing happen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

const collect = (out: unknown[]) => () => ({
  process(element: unknown): void {
    out.push(element);
  },
});

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
