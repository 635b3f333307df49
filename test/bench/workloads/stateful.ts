import { definePipeline, option, type PCollection, sum, valueState } from 'millrace';
import { SequenceSource } from '../sequence-source.js';

const spread = (n: number, keys: number): number => (Math.imul(n, 0x9e3779b1) >>> 0) % keys;

const counting = { state: { count: valueState<number>() } };

/** One million numbers counted by key, in three ways. */
const SHAPES = {
  /** What all of them do. */
  'keyed only': (input) => input,
  combinePerKey: (input) => input.combinePerKey(sum()),
  /** A value cell is read and written for every element; the counts come out at the end. */
  'counter in state': (input) =>
    input.parDo<number, typeof counting>(
      'count',
      () => ({
        process({ value }, { state: { count } }) {
          count.write((count.read() ?? 0) + value);
        },
        onWindowExpiration: ({ state, output }) => output(state.count.read()!),
      }),
      counting,
    ),
  /** The same, and every count comes out. */
  'running counter in state': (input) =>
    input.parDo<number, typeof counting>(
      'count',
      () => ({
        process({ value }, { state: { count }, output }) {
          const next = (count.read() ?? 0) + value;
          count.write(next);
          output(next);
        },
      }),
      counting,
    ),
} satisfies Record<string, (input: PCollection<{ key: number; value: number }>) => PCollection<unknown>>;

export default definePipeline({
  name: 'stateful',
  options: {
    events: option.integer({ description: 'how many elements' }),
    keys: option.integer({ description: 'how many keys' }),
    shape: option.choice(Object.keys(SHAPES) as (keyof typeof SHAPES)[]),
  },
  build(p, { events, keys, shape }) {
    const pairs = p
      .read(
        'numbers',
        () =>
          new SequenceSource<number>(
            (n) => n,
            (n) => n,
          ),
        events,
      )
      .map('pair', (n) => ({ key: spread(n, keys), value: 1 }));
    const result: PCollection<unknown> = SHAPES[shape](pairs);
    result.parDo('take', () => ({ process(): void {} }));
  },
});
