import {
  asIterable,
  asList,
  asSingleton,
  buildPlan,
  definePipeline,
  fixedWindows,
  MAX_TIMESTAMP,
  type PCollection,
  type Pipeline,
  type PipelineHandle,
  type SplittableDoFn,
} from 'millrace';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import { collect, Feed, settle } from './feed.js';

const EPOCH_MS = 1_000;

/** A pipeline with two sources that the test feeds: one for the main input, one for the side input. */
class Streams {
  readonly main = new Feed();
  readonly side = new Feed();
  readonly clock = new VirtualClock();
  readonly out: unknown[] = [];
  handle!: PipelineHandle;

  async start(build: (p: Pipeline) => PCollection<unknown>): Promise<void> {
    const definition = definePipeline({
      name: 'streams',
      build: (p) => void build(p).parDo('Out', collect(this.out)),
    });
    const { plan, resolver } = buildPlan(definition, { inline: true });
    this.handle = await createDirectRunner({ clock: this.clock }).run({ plan, resolver });
    await settle();
  }

  read(p: Pipeline, name: 'main' | 'side', finalised = false) {
    const source: SplittableDoFn<null, number, { from: number; to: number }, number> = {
      ...this[name].source,
      requestsFinalization: finalised,
    };
    return p.read(name, () => source, null).windowInto(`${name}InWindows`, fixedWindows(10));
  }

  async give(name: 'main' | 'side', ...timestamps: number[]): Promise<unknown[]> {
    this[name].give(...timestamps);
    await settle();
    return this.out.splice(0);
  }

  async epoch(): Promise<void> {
    await this.clock.advance(EPOCH_MS);
    await settle();
  }
}

const sorted = (elements: Iterable<number>): string => [...elements].sort((a, b) => a - b).join('+');

let streams: Streams;
afterEach(async () => {
  streams.handle.cancel();
  await streams.handle.wait();
});

/** What the elements of the main input have seen: `n:a+b`. */
const seen = (p: Pipeline, finalised = false): PCollection<string> =>
  streams.read(p, 'main').map('See', (n, { side }) => `${n}:${sorted(side)}`, {
    sideInputs: { side: asIterable(streams.read(p, 'side', finalised)) },
  });

/** The elements of the main input, each more by as many as the side input has. */
const counted = (p: Pipeline): PCollection<number> =>
  streams
    .read(p, 'main')
    .map('See', (n, { side }) => n + side.length, { sideInputs: { side: asList(streams.read(p, 'side')) } });

async function start(build: (p: Pipeline) => PCollection<unknown>): Promise<void> {
  streams = new Streams();
  await streams.start(build);
}

describe('a stream beside a stream', () => {
  it('waits for each window of the side input until that is complete', async () => {
    await start((p) => seen(p));
    expect(await streams.give('main', 1, 2, 11)).toEqual([]);
    expect(await streams.give('side', 3, 4)).toEqual([]);
    expect(await streams.give('side', 15)).toEqual(['1:3+4', '2:3+4']);
    expect(await streams.give('main', 12)).toEqual([]);
    expect(await streams.give('side', 31)).toEqual(['11:15', '12:15']);
    expect(await streams.give('main', 25)).toEqual(['25:']);
  });

  it('holds time for what waits, so that nothing behind it fires too early', async () => {
    await start((p) =>
      counted(p)
        .keyBy('Key', () => 'k')
        .groupByKey()
        .map('Values', ({ value }) => sorted(value)),
    );
    expect(await streams.give('main', 1, 2, 55)).toEqual([]);
    expect(await streams.give('side', 3, 12)).toEqual(['2+3']);
    expect(await streams.give('side', 60)).toEqual([]);
    expect(await streams.give('main', 60)).toEqual(['55']);
  });

  it('commits nothing of what waits', async () => {
    await start((p) =>
      streams.read(p, 'main').map('See', (n, { side }) => `${n}${side}`, {
        sideInputs: { side: asSingleton(streams.read(p, 'side'), { default: 0 }) },
      }),
    );
    await streams.give('main', 1);
    await streams.epoch();
    await streams.epoch();
    expect(streams.main.finalised).toEqual([]);
    expect(await streams.give('side', 20)).toEqual(['10']);
    await streams.epoch();
    await streams.epoch();
    expect(streams.main.finalised.at(-1)).toBe(1);
  });

  it('commits nothing that is still seen, where it would not be read again', async () => {
    await start((p) => seen(p, true));
    await streams.give('side', 1, 10);
    await streams.epoch();
    await streams.epoch();
    // All windows that were begun then have fired.
    await streams.give('side', 30);
    await streams.epoch();
    await streams.epoch();
    expect(streams.side.finalised).toEqual([]);
    // And now no element of the main input can ask for them any more.
    await streams.give('main', 20);
    await streams.epoch();
    await streams.epoch();
    expect(streams.side.finalised.at(-1)).toBe(2);
  });

  it('ends by a stop although something waits', async () => {
    await start(counted);
    await streams.give('main', 1);
    streams.handle.stop();
    expect((await streams.handle.wait()).state).toBe('STOPPED');
    expect(streams.out).toEqual([]);
  });

  it('is drained: what waits sees what there is', async () => {
    await start((p) => seen(p));
    await streams.give('main', 1, 12);
    await streams.give('side', 5);
    streams.handle.drain();
    expect((await streams.handle.wait()).state).toBe('DRAINED');
    expect(streams.out).toEqual(['1:5', '12:']);
    expect(streams.handle.progress().watermark).toBe(MAX_TIMESTAMP);
  });
});
