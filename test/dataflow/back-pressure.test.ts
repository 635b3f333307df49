import {
  buildPlan,
  create,
  type DoFn,
  definePipeline,
  fixedWindows,
  GlobalWindow,
  generateSequence,
  type KV,
  type PCollection,
  type Pipeline,
  type PipelineHandle,
  type ProcessContext,
  sessionWindows,
  slidingWindows,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import { deadline } from '../support/deadline.js';

/** Elements that each channel may hold: eight batches, one that is being filled and one that is being read. */
const CHANNEL_ELEMENTS = 10 * 1024;
const FEW = 150_000;
const MANY = 10 * FEW;

/** A sink that is shut at first, in one of the ways in which a sink can be slow. */
class Valve {
  arrived = 0;
  private isOpen = false;
  private readonly waiting: (() => void)[] = [];

  open(): void {
    this.isOpen = true;
    for (const go of this.waiting.splice(0)) go();
  }

  private pass(): Promise<void> {
    return this.isOpen ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Each element waits. */
  readonly slowCalls = (input: PCollection<unknown>): void => {
    input
      .mapAsync('slow', async () => this.pass(), { concurrency: 4 })
      .map('arrived', () => {
        this.arrived++;
      });
  };

  /** Each bundle waits for its acknowledgement. */
  readonly slowBundles = (input: PCollection<unknown>): void => {
    const sink: DoFn<unknown, never> = {
      process: () => {
        this.arrived++;
      },
      finishBundle: () => this.pass(),
    };
    input.parDo('slow', () => sink);
  };
}

/** What a pipeline has made so far beyond what its sources have read. */
interface Made {
  count: number;
}

interface Case {
  readonly channels: number;
  readonly parallelism?: number;
  /** Builds a pipeline of so many elements that ends in the slow sink; answers how many arrive there in the end. */
  build(p: Pipeline, size: number, slow: Valve['slowCalls'], made: Made): number;
}

const numbers = (p: Pipeline, size: number, name = 'numbers'): PCollection<number> =>
  p.apply(name, generateSequence({ to: size, timestampFn: (n) => n }));

function* counted(size: number, made: Made): Generator<number> {
  for (let n = 0; n < size; n++) {
    made.count++;
    yield n;
  }
}

const values = ({ value }: KV<unknown, Iterable<number>>): Iterable<number> => value;

const CASES: { readonly [name: string]: Case } = {
  'a chain': {
    channels: 3,
    build(p, size, slow) {
      slow(numbers(p, size).map('same', (n) => n));
      return size;
    },
  },
  'many exchanges': {
    channels: 8,
    build(p, size, slow) {
      let made = numbers(p, size);
      for (let i = 0; i < 5; i++) made = made.reshuffle(`exchange ${i}`).map(`same ${i}`, (n) => n);
      slow(made);
      return size;
    },
  },
  'fixed windows, grouped': {
    channels: 5,
    build(p, size, slow) {
      const windowed = numbers(p, size).windowInto('windows', fixedWindows(1_000));
      slow(windowed.keyBy('key', (n) => n % 10).groupByKey('group').flatMap('values', values)); // biome-ignore format: one chain
      return size;
    },
  },
  'sliding windows, counted': {
    channels: 5,
    build(p, size, slow) {
      const windowed = numbers(p, size).windowInto('windows', slidingWindows(20, 10));
      slow(windowed.keyBy('key', (n) => n % 10).countPerKey('count'));
      // One window begins before the first element.
      return size + 10;
    },
  },
  'sessions, grouped': {
    channels: 5,
    build(p, size, slow) {
      const paused = numbers(p, size).filter('pauses', (n) => n % 1_000 < 900);
      const windowed = paused.windowInto('windows', sessionWindows(50));
      slow(windowed.keyBy('key', () => 'all').groupByKey('group').flatMap('values', values)); // biome-ignore format: one chain
      return (size / 1_000) * 900;
    },
  },
  'a generator that explodes': {
    channels: 3,
    build(p, size, slow, made) {
      slow(p.apply('one', create([0])).flatMap('many', () => counted(size, made)));
      return size;
    },
  },
  'generators in generators': {
    channels: 3,
    build(p, size, slow, made) {
      const hundred = p.apply('one', create([0])).flatMap('hundred', () => counted(100, { count: 0 }));
      slow(hundred.flatMap('many', () => counted(size / 100, made)));
      return size;
    },
  },
  'arrays in arrays': {
    channels: 3,
    build(p, size, slow, made) {
      const many = p.apply('one', create([0])).flatMap('many', () => [...counted(size / 1_000, { count: 0 })]);
      slow(many.flatMap('thousand', () => [...counted(1_000, made)]));
      return size;
    },
  },
  'two branches, one of them slow': {
    channels: 4,
    build(p, size, slow, made) {
      const all = numbers(p, size);
      all.reshuffle('fast').map('read', () => {
        made.count++;
      });
      slow(all.reshuffle('slower'));
      return size;
    },
  },
  'two sources into one slow step': {
    channels: 6,
    build(p, size, slow) {
      slow(numbers(p, size, 'left').flatten('both', numbers(p, size, 'right')));
      return 2 * size;
    },
  },
  'several tasks': {
    channels: 13,
    parallelism: 2,
    build(p, size, slow) {
      slow(
        numbers(p, size)
          .reshuffle('exchange')
          .map('same', (n) => n)
          .reshuffle('once more'),
      );
      return size;
    },
  },
  'several tasks, grouped': {
    channels: 13,
    parallelism: 2,
    build(p, size, slow) {
      // Both halves begin at the same time: what one reader is ahead of another is state, which nothing bounds.
      const timed = p.apply('numbers', generateSequence({ to: size, timestampFn: (n) => n % (size / 2) }));
      const windowed = timed.windowInto('windows', fixedWindows(1_000));
      const grouped = windowed.keyBy('key', (n) => n % 100).groupByKey('group');
      slow(grouped.flatMap('values', values));
      return size;
    },
  },
};

interface Started {
  readonly handle: PipelineHandle;
  readonly valve: Valve;
  readonly expected: number;
  asked(): number;
}

async function start({ build, parallelism = 1 }: Case, size: number, kind: 'slowCalls' | 'slowBundles') {
  const valve = new Valve();
  const made: Made = { count: 0 };
  let expected = 0;
  const definition = definePipeline({
    name: 'back-pressure',
    build(p) {
      expected = build(p, size, valve[kind], made);
    },
  });
  const { plan, resolver } = buildPlan(definition, { inline: true });
  // Time stands still, so that nothing depends on how long something takes.
  const runner = createDirectRunner({ clock: new VirtualClock(), parallelism });
  const handle = await runner.run({ plan, resolver });
  return { handle, valve, expected, asked: () => handle.progress().elementsIn + made.count } satisfies Started;
}

/** How many elements were asked for when nothing goes on any more. A task that can run does, in every turn of the loop. */
async function standstill({ asked }: Started): Promise<number> {
  let before = -1;
  for (let same = 0; same < 10; ) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    same = asked() === before ? same + 1 : 0;
    before = asked();
  }
  return before;
}

describe.each(['slowCalls', 'slowBundles'] as const)('a sink that does not take anything: %s', (kind) => {
  it.each(Object.entries(CASES))(
    '%s: stops its sources, whatever is left to read, until it goes on',
    async (_name, made) => {
      const few = await start(made, FEW, kind);
      const many = await start(made, MANY, kind);
      const held = await deadline(standstill(few), 20_000, 'few elements');
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThanOrEqual((made.channels + 1) * CHANNEL_ELEMENTS);
      expect(await deadline(standstill(many), 20_000, 'many elements')).toBe(held);
      many.handle.cancel();
      expect(await deadline(many.handle.wait(), 5_000)).toMatchObject({ state: 'CANCELLED' });
      few.valve.open();
      const result = await deadline(few.handle.wait(), 20_000, 'the pipeline');
      expect(result.error).toBeUndefined();
      expect(result.state).toBe('DONE');
      expect(few.valve.arrived).toBe(few.expected);
    },
  );
});

/** Writes down how many elements each of its bundles had. */
class Bundles implements DoFn<number, number> {
  readonly sizes: number[] = [];
  private open: number | undefined;

  startBundle(): void {
    if (this.open !== undefined) throw new Error('a bundle is open already');
    this.open = 0;
  }
  process(n: number, context: ProcessContext<number>): void {
    if (this.open === undefined) throw new Error('no bundle is open');
    this.open += 1;
    context.output(n);
  }
  finishBundle(): void {
    this.sizes.push(this.open!);
    this.open = undefined;
  }
}

describe('an element that comes to more than a bundle holds', () => {
  it.each(['compiled', 'interpreted'] as const)('fills several: %s', async (form) => {
    const [before, after] = [new Bundles(), new Bundles()];
    const definition = definePipeline({
      name: 'bundles',
      build(p) {
        p.apply('one', create([1]))
          .parDo('before', () => before)
          .flatMap('many', () => counted(35_000, { count: 0 }))
          .parDo('after', () => after);
      },
    });
    const { plan, resolver } = buildPlan(definition, { inline: true });
    const handle = await createDirectRunner({ clock: new VirtualClock(), form }).run({ plan, resolver });
    expect((await deadline(handle.wait(), 5_000)).error).toBeUndefined();
    expect(after.sizes).toEqual([10_000, 10_000, 10_000, 5_000]);
    expect(before.sizes).toEqual([1, 0, 0, 0]);
  });

  it('that a bundle emits at its end goes into the next one, and no barrier overtakes it', async () => {
    const sink = new Bundles();
    let kept: number | undefined;
    const last: DoFn<number, number> = {
      process: (n) => {
        kept = n;
      },
      finishBundle: (context) => {
        if (kept !== undefined) context.output(kept, 0, GlobalWindow.INSTANCE);
        kept = undefined;
      },
    };
    const definition = definePipeline({
      name: 'last words',
      build(p) {
        p.apply('one', create([1]))
          .parDo('last', () => last)
          .flatMap('many', () => counted(25_000, { count: 0 }))
          .parDo('sink', () => sink);
      },
    });
    const { plan, resolver } = buildPlan(definition, { inline: true });
    const handle = await createDirectRunner({ clock: new VirtualClock() }).run({ plan, resolver });
    expect((await deadline(handle.wait(), 5_000)).error).toBeUndefined();
    expect(sink.sizes).toEqual([10_000, 10_000, 5_000]);
  });
});
