/** Pipelines whose stages feed each other's threads. */
import { create, type DoFn, type DoFnContext, definePipeline, type KV, option, sum } from 'millrace';

class Total implements DoFn<{ readonly n: number }, never> {
  #context!: DoFnContext;
  setup(context: DoFnContext): void {
    this.#context = context;
    context.metrics.counter('tasks').inc();
  }
  process({ n }: { readonly n: number }): void {
    this.#context.metrics.counter('sum').inc(n);
    this.#context.metrics.counter('elements').inc();
  }
}

/** Large elements through many exchanges: every ring and every credit is full most of the time. */
export const manyStages = definePipeline({
  name: 'many-stages',
  options: { stages: option.integer({ default: 8 }), elements: option.integer({ default: 400 }) },
  build(p, { stages, elements }) {
    let made = p
      .apply('seeds', create([0, 1, 2, 3]))
      .reshuffle('deal')
      .flatMap('elements', function* (seed) {
        for (let n = seed; n < elements; n += 4) yield { n, text: String(n).repeat(20_000) };
      });
    for (let i = 0; i < stages; i++) made = made.reshuffle(`exchange ${i}`).map(`step ${i}`, (element) => element);
    made.parDo('total', () => new Total());
  },
});

/** Two branches that are joined again, and a group of every kind of value. */
export const branches = definePipeline({
  name: 'branches',
  options: { elements: option.integer({ default: 5000 }) },
  build(p, { elements }) {
    const numbers = p
      .apply('seeds', create([0, 1, 2, 3]))
      .reshuffle('deal')
      .flatMap('numbers', function* (seed) {
        for (let n = seed; n < elements; n += 4) yield n;
      });
    const even = numbers.filter('even', (n) => n % 2 === 0).map('even number', (n) => ({ n }));
    const odd = numbers
      .filter('odd', (n) => n % 2 === 1)
      .reshuffle()
      .map('odd number', (n) => ({ n }));
    even
      .flatten('both', odd)
      .keyBy('key', ({ n }) => ({ rest: n % 17, date: new Date(n % 17), big: BigInt(n % 3) }))
      .groupByKey('groups')
      .flatMap('values', ({ value }) => value)
      .reshuffle('once more')
      .parDo('total', () => new Total());
  },
});

/** Nearly all elements have one key. */
export const skewed = definePipeline({
  name: 'skewed',
  options: { elements: option.integer({ default: 100_000 }) },
  build(p, { elements }) {
    p.apply('seeds', create([0, 1, 2, 3]))
      .reshuffle('deal')
      .flatMap('numbers', function* (seed) {
        for (let n = seed; n < elements; n += 4) yield n;
      })
      .map('pairs', (n): KV<string, number> => ({ key: n % 100 === 0 ? `rare ${n}` : 'hot', value: 1 }))
      .combinePerKey('counts', sum())
      .map('number', ({ value }) => ({ n: value }))
      .parDo('total', () => new Total());
  },
});
