/** Pipelines that end in every way but the ordinary one. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  create,
  type DoFn,
  type DoFnContext,
  definePipeline,
  generateSequence,
  option,
  type PollResult,
  type ProcessContext,
  type RestrictionTracker,
  type SourceOutput,
  type SourceReader,
  type SplittableDoFn,
} from 'millrace';
import { valueCoder } from 'millrace/coders';

/** An endless source in parts, that counts what it was told to finalise. */
class Ticks implements SplittableDoFn<string, number, number, number> {
  readonly isBounded = false;
  readonly restrictionCoder = valueCoder<number>();
  #context!: DoFnContext;

  setup(context: DoFnContext): void {
    this.#context = context;
  }
  initialRestriction(): number {
    return 0;
  }
  split(_element: string, _restriction: number, parts: number): number[] {
    return Array.from({ length: parts }, (_, i) => i);
  }
  newTracker(part: number): RestrictionTracker<number, number> {
    let cut = false;
    return {
      tryClaim: () => !cut,
      trySplit: () => {
        cut = true;
        return undefined;
      },
      currentRestriction: () => part,
      progress: () => ({ completed: 0, remaining: 1 }),
      checkDone: () => {},
    };
  }
  open(_element: string, tracker: RestrictionTracker<number, number>): SourceReader<number> {
    const { metrics } = this.#context;
    const emitted = metrics.counter('emitted');
    const finalised = metrics.counter('finalised');
    const closed = metrics.counter('closed');
    let sinceCheckpoint = 0;
    return {
      poll(out: SourceOutput<number>): PollResult {
        if (!tracker.tryClaim(0)) return 'done';
        for (let i = 0; i < 10; i++) out.emit(i, Date.now());
        emitted.inc(10);
        sinceCheckpoint += 10;
        return { kind: 'resumeAfter', delayMs: 1 };
      },
      watermark: () => Date.now() - 1000,
      checkpoint() {
        const count = sinceCheckpoint;
        sinceCheckpoint = 0;
        return () => finalised.inc(count);
      },
      close: () => closed.inc(),
    };
  }
}

class Sink<T> implements DoFn<T, never> {
  #context!: DoFnContext;
  setup(context: DoFnContext): void {
    this.#context = context;
    context.metrics.counter('setup').inc();
  }
  process(): void {
    this.#context.metrics.counter('elements').inc();
  }
  teardown(): void {
    this.#context.metrics.counter('teardown').inc();
  }
}

/** Runs until it is told to end; every tick crosses threads twice. */
export const endless = definePipeline({
  name: 'endless',
  options: {},
  build(p) {
    p.read('ticks', () => new Ticks(), 'clock')
      .reshuffle()
      .map('same', (n) => n)
      .reshuffle()
      .parDo('sink', () => new Sink());
  },
});

/** As the endless one, but nothing comes out of the calls on the way. */
export const stuck = definePipeline({
  name: 'stuck',
  options: {},
  build(p) {
    p.read('ticks', () => new Ticks(), 'clock')
      .reshuffle()
      .mapAsync('call', () => new Promise<number>(() => {}))
      .reshuffle()
      .parDo('sink', () => new Sink());
  },
});

/** A function fails far away from the source. */
export const failing = definePipeline({
  name: 'failing',
  options: { how: option.choice(['throw', 'exit', 'callback', 'setup', 'loop', 'finishBundle'] as const) },
  build(p, { how }) {
    p.apply('numbers', generateSequence({ from: 0, to: how === 'loop' ? 100 : 1_000_000 }))
      .reshuffle('far')
      .map('fail', (n) => {
        if (n !== 77) return n;
        if (how === 'throw') throw new RangeError(`cannot do ${n}`);
        if (how === 'exit') process.exit(7);
        if (how === 'callback')
          setTimeout(() => {
            throw new TypeError('nobody listens');
          }, 0);
        if (how === 'loop') for (;;);
        return n;
      })
      .parDo('sink', () => new FailingSink(how));
  },
});

class FailingSink extends Sink<number> {
  readonly #how: string;
  constructor(how: string) {
    super();
    this.#how = how;
  }
  override setup(context: DoFnContext): void {
    super.setup(context);
    if (this.#how === 'setup') throw new Error('no sink today');
  }
  async finishBundle(): Promise<void> {
    await delay(1);
    if (this.#how === 'finishBundle') throw new Error('not acknowledged');
  }
}

/** A fast source, and a sink in another thread that takes its time. */
export const slowSink = definePipeline({
  name: 'slow-sink',
  options: { bytes: option.integer({ default: 10_000 }) },
  build(p, { bytes }) {
    p.apply('numbers', generateSequence({ from: 0, to: 100_000_000 }))
      .parDo('made', () => new Sized(bytes))
      .reshuffle()
      .mapAsync(
        'slow',
        async (text) => {
          await delay(2);
          return text;
        },
        { concurrency: 1 },
      )
      .parDo('sink', () => new Sink());
  },
});

/** Texts of a size, counted. */
class Sized implements DoFn<number, string> {
  readonly #bytes: number;
  #context!: DoFnContext;
  constructor(bytes: number) {
    this.#bytes = bytes;
  }
  setup(context: DoFnContext): void {
    this.#context = context;
  }
  process(n: number, context: ProcessContext<string>): void {
    this.#context.metrics.counter('elements').inc();
    context.output(String(n).padEnd(this.#bytes, '.'));
  }
}

/** An element that only its own thread can understand. */
export const unencodable = definePipeline({
  name: 'unencodable',
  options: {},
  build(p) {
    p.apply('numbers', create([1, 2, 3, 4]))
      .reshuffle('deal')
      .map('make', (n) => ({ n, later: [() => n] }))
      .reshuffle('send')
      .parDo('sink', () => new Sink());
  },
});

export const few = definePipeline({
  name: 'few',
  options: {},
  build(p) {
    p.apply('numbers', create([1, 2, 3]))
      .reshuffle()
      .parDo('sink', () => new Sink());
  },
});
