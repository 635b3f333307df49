import {
  create,
  type DoFn,
  type DoFnContext,
  definePipeline,
  fixedWindows,
  type KV,
  option,
  seconds,
  sum,
} from 'millrace';

/** Counts with one counter for each word, which is how a test hears of results from other threads. */
class CountInMetrics implements DoFn<KV<string, number>, never> {
  #context!: DoFnContext;

  setup(context: DoFnContext): void {
    this.#context = context;
  }

  process({ key, value }: KV<string, number>): void {
    this.#context.metrics.counter(key).inc(value);
    this.#context.metrics.counter('groups').inc();
  }
}

const line = (n: number, words: number): string => {
  const text: string[] = [];
  for (let i = 0; i < 8; i++) text.push(`w${(n * 7 + i * i) % words}`);
  return text.join(' ');
};

/** Lines made from numbers, their words counted in windows of ten seconds of event time. */
export default definePipeline({
  name: 'word-count',
  options: {
    lines: option.integer({ default: 1000 }),
    words: option.integer({ default: 50 }),
  },
  build(p, { lines, words }) {
    p.apply('seeds', create(Array.from({ length: 100 }, (_, i) => i)))
      .reshuffle()
      .flatMap('lines', function* (seed) {
        for (let n = seed; n < lines; n += 100) yield n;
      })
      .withTimestamps('time', (n) => n * 100, { allowedSkewMs: Number.MAX_SAFE_INTEGER })
      .windowInto('windows', fixedWindows(seconds(10)))
      .flatMap('words', (n) => line(n, words).split(' '))
      .countPerElement()
      .combinePerKey('again', sum())
      .parDo('sink', () => new CountInMetrics());
  },
});
