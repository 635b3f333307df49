import {
  definePipeline,
  fixedWindows,
  option,
  type PCollection,
  seconds,
  sessionWindows,
  slidingWindows,
} from 'millrace';
import { double, int64, struct } from 'millrace/coders';
import { SequenceSource } from '../sequence-source.js';

interface Total {
  count: number;
  sum: number;
}

const WORDS = Array.from({ length: 1_000 }, (_, i) => `word number ${i}`);
const spread = (n: number, keys: number): number => (Math.imul(n, 0x9e3779b1) >>> 0) % keys;

const total = {
  createAccumulator: (): Total => ({ count: 0, sum: 0 }),
  addInput(all: Total, n: number): Total {
    all.count++;
    all.sum += n;
    return all;
  },
  mergeAccumulators: (a: Total, b: Total): Total => ({ count: a.count + b.count, sum: a.sum + b.sum }),
  extractOutput: ({ count, sum }: Total): number => sum / count,
};
const declared = { ...total, accumulatorCoder: struct({ count: int64(), sum: double() }) };

/** What is done with whole numbers, 1,000 of them in a second of event time; each but the first adds something to another. */
const SHAPES = {
  source: (input) => input,
  map: (input) => input.map((n) => n + 1),
  'four maps': (input) =>
    input
      .map((n) => n + 1)
      .map((n) => n * 2)
      .map((n) => n - 1)
      .map((n) => n / 2),
  'filter that drops all': (input) => input.filter((n) => n < 0),
  'flatMap to lists of two': (input) => input.flatMap((n) => [n, n]),
  'DoFn with bundles': (input) =>
    input.parDo(() => ({ process: (n, context) => context.output(n), finishBundle() {} })),
  'queue (reshuffle)': (input) => input.reshuffle(),
  'fixed windows': (input) => input.windowInto(fixedWindows(seconds(10))),
  'sum globally': (input) => input.combineGlobally(declared),
  'count by 1,000 integers': (input) => input.map((n) => spread(n, 1_000)).countPerElement(),
  'count by 1,000 strings': (input) => input.map((n) => WORDS[spread(n, 1_000)]!).countPerElement(),
  'count by 1,000 pairs': (input) => input.map((n) => ({ a: spread(n, 1_000), b: 1 })).countPerElement(),
  'mean by 1,000 integers': (input) => input.keyBy((n) => spread(n, 1_000)).combinePerKey(total),
  'the same, declared': (input) => input.keyBy((n) => spread(n, 1_000)).combinePerKey(declared),
  'mean by 500,000 integers': (input) => input.keyBy((n) => spread(n, 500_000)).combinePerKey(total),
  'the same, declared (many keys)': (input) => input.keyBy((n) => spread(n, 500_000)).combinePerKey(declared),
  'group by 1,000 integers': (input) => input.keyBy((n) => spread(n, 1_000)).groupByKey(),
  'count by 1,000 in fixed windows of 10 s': (input) =>
    input
      .windowInto(fixedWindows(seconds(10)))
      .map((n) => spread(n, 1_000))
      .countPerElement(),
  'count by 1,000 in sliding windows of 10 s every 1 s': (input) =>
    input
      .windowInto(slidingWindows(seconds(10), seconds(1)))
      .map((n) => spread(n, 1_000))
      .countPerElement(),
  'count by 1,000 in sessions': (input) =>
    input
      .windowInto(sessionWindows(seconds(5)))
      .map((n) => spread(n, 1_000))
      .countPerElement(),
} satisfies Record<string, (input: PCollection<number>) => PCollection<unknown>>;

/** Elements through one shape of pipeline. */
export default definePipeline({
  name: 'element',
  options: {
    events: option.integer({ description: 'how many elements' }),
    shape: option.choice(Object.keys(SHAPES) as (keyof typeof SHAPES)[]),
  },
  build(p, { events, shape }) {
    const numbers = p.read(
      'numbers',
      () =>
        new SequenceSource<number>(
          (n) => n,
          (n) => n,
        ),
      events,
    );
    const result: PCollection<unknown> = SHAPES[shape](numbers);
    result.parDo('take', () => ({ process(): void {} }));
  },
});
