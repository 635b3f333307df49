import { appendFileSync } from 'node:fs';
import {
  type Counter,
  create,
  type DoFn,
  type DoFnContext,
  definePipeline,
  fixedWindows,
  mean,
  outputTag,
  type ProcessContext,
  seconds,
  sessionWindows,
  slidingWindows,
  type WindowFnDescriptor,
} from 'millrace';
import { AppendLines, output } from './append-lines.js';

interface Click {
  readonly user: string;
  readonly at: number;
}
const CLICKS: readonly Click[] = [
  { user: 'a', at: 1_000 },
  { user: 'b', at: 2_000 },
  { user: 'a', at: 4_000 },
  { user: 'a', at: 21_000 },
  { user: 'b', at: -4_000 },
];

/** Counts clicks in windows, and says in which window each count stands. */
const windowed = (name: string, windows: WindowFnDescriptor) =>
  definePipeline({
    name,
    options: output,
    build(p, { output }) {
      p.apply('clicks', create(CLICKS))
        .withTimestamps('at', ({ at }) => at)
        .windowInto('windows', windows)
        .keyBy('by user', ({ user }) => user)
        .countPerKey('count')
        .parDo('name the window', () => new NameWindow())
        .parDo('write', () => new AppendLines(output));
    },
  });

class NameWindow implements DoFn<{ readonly key: string; readonly value: number }, unknown> {
  process({ key, value }: { readonly key: string; readonly value: number }, context: ProcessContext<unknown>): void {
    const { start, end } = context.window;
    context.output([key, value, start, end, context.timestamp]);
  }
}

export const fixed = windowed('fixed', fixedWindows(seconds(10)));
export const sliding = windowed('sliding', slidingWindows(seconds(10), seconds(5)));
export const sessions = windowed('sessions', sessionWindows(seconds(5)));

class CountLong implements DoFn<string, string> {
  #long: Counter | undefined;
  #all: Counter | undefined;
  setup({ metrics }: DoFnContext): void {
    this.#long = metrics.counter('long');
    this.#all = metrics.counter('all');
  }
  process(word: string, context: ProcessContext<string>): void {
    this.#all?.inc();
    context.metrics.distribution('length').update(word.length);
    if (word.length > 3) this.#long?.inc(word.length);
    context.log('info', `saw ${word}`, { length: word.length, by: () => word });
    context.output(word);
  }
}

export const counters = definePipeline({
  name: 'counters',
  options: output,
  build(p, { output }) {
    p.apply('words', create(['a', 'word', 'longer']))
      .parDo('count long', () => new CountLong())
      .parDo('write', () => new AppendLines(output));
  },
});

const even = outputTag('even').of<number>();

class Split implements DoFn<number, number> {
  process(n: number, context: ProcessContext<number>): void {
    if (n % 2 === 0) context.outputTagged(even, n);
    else context.output(n);
  }
  finishBundle(): Promise<void> {
    return Promise.resolve();
  }
}

/** Tagged outputs, asynchronous steps, several readers of one collection, flatten, mean. */
export const several = definePipeline({
  name: 'several',
  options: output,
  build(p, { output }) {
    const numbers = p.apply('numbers', create(Array.from({ length: 100 }, (_, n) => n)));
    const { main, even: evens } = numbers.parDo('split', () => new Split(), { outputs: [even] });
    const slow = evens.mapAsync('slowly', async (n) => {
      await new Promise((resolve) => setImmediate(resolve));
      return -n;
    });
    main
      .flatten('both', slow)
      .keyBy('by sign', (n) => Math.sign(n))
      .combinePerKey('mean', mean())
      .parDo('write', () => new AppendLines(output));
  },
});

export const failing = definePipeline({
  name: 'failing',
  options: output,
  build(p, { output }) {
    p.apply('words', create(['fine', 'bad']))
      .map('check', (word) => {
        if (word === 'bad') throw new RangeError(`no ${word} words`);
        return word;
      })
      .parDo('write', () => new AppendLines(output));
  },
});

/** Enough for many messages both ways, and for keys in several bundles. */
export const wide = definePipeline({
  name: 'wide',
  options: output,
  build(p, { output }) {
    p.apply('seeds', create([0, 1, 2, 3]))
      .flatMap('numbers', function* (seed: number) {
        for (let n = 0; n < 50_000; n++) yield seed * 50_000 + n;
      })
      .keyBy('by last digits', (n) => n % 1_000)
      .groupByKey('group')
      .map('size', ({ key, value }) => [key, [...value].length])
      .filter('of three keys', ([key]) => (key ?? 0) < 3)
      .parDo('write', () => new AppendLines(output));
  },
});

/** Never comes back from its first element, of which it writes down that it has begun. */
export const stuck = definePipeline({
  name: 'stuck',
  options: output,
  build(p, { output }) {
    p.apply('words', create(['a'])).map('stay', (word) => {
      appendFileSync(output, `${word}\n`);
      for (;;);
    });
  },
});

/** Ends the thread that it runs on. */
export const exiting = definePipeline({
  name: 'exiting',
  options: output,
  build(p, { output }) {
    p.apply('words', create(['a']))
      .map('leave', (word) => {
        process.exit(3);
        return word;
      })
      .parDo('write', () => new AppendLines(output));
  },
});

/** Two lines of output, beside what it prints. */
export const printing = definePipeline({
  name: 'printing',
  options: output,
  build(p, { output }) {
    p.apply('words', create(['a', 'b']))
      .map('print', (word) => {
        console.log(`printed ${word}`);
        return word;
      })
      .parDo('write', () => new AppendLines(output));
  },
});
