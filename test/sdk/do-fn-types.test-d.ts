/** Checked by `tsc -p tsconfig.json`, never run: what a DoFn knows of its element, outputs, state, timers and side inputs. */
import {
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  combiningState,
  type DoFn,
  eventTimer,
  type KV,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  processingTimer,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import { expectTypeOf } from 'vitest';

declare const p: Pipeline;
declare const words: PCollection<string>;
declare const scores: PCollection<KV<string, number>>;

// A DoFn that is written in place knows its element; what it puts out is said by its context or by the call.
expectTypeOf(
  words.parDo(() => ({
    process(word, context: ProcessContext<number>) {
      context.output(word.length);
    },
  })),
).toEqualTypeOf<PCollection<number>>();
expectTypeOf(
  words.parDo<number>('length', () => ({
    process(word, context) {
      context.output(word.length);
      // @ts-expect-error the output is one of numbers
      context.output(word);
    },
  })),
).toEqualTypeOf<PCollection<number>>();

// Outputs are found by the names of their tags.
const short = outputTag('short').of<number>();
const outputs = words.parDo(
  'split',
  () => ({
    process(word: string, context: ProcessContext<string>) {
      if (word.length < 3) context.outputTagged(short, word.length);
      // @ts-expect-error the tag is one of numbers
      else context.outputTagged(short, word);
    },
  }),
  { outputs: [short] },
);
expectTypeOf(outputs.main).toEqualTypeOf<PCollection<string>>();
expectTypeOf(outputs.short).toEqualTypeOf<PCollection<number>>();
// @ts-expect-error there is no such output
outputs.long;

// State and timers are known by the ids under which they were declared.
const counting = {
  state: { seen: valueState<number>(), totals: combiningState(sum()) },
  timers: { flush: eventTimer(), retry: processingTimer() },
};
class Counting implements DoFn<KV<string, number>, string, typeof counting> {
  process({ key, value }: KV<string, number>, context: ProcessContext<string, typeof counting>): void {
    expectTypeOf(context.state.seen.read()).toEqualTypeOf<number | undefined>();
    expectTypeOf(context.state.totals.read()).toEqualTypeOf<number>();
    context.state.totals.add(value);
    context.timers.flush.set(context.window.maxTimestamp);
    context.timers.retry.setAfter(1_000);
    // @ts-expect-error no such cell
    context.state.sene?.read();
    // @ts-expect-error the cell holds numbers
    context.state.seen.write('one');
    // @ts-expect-error a timer in event time knows no delay
    context.timers.flush.setAfter(1_000);
    context.output(key);
  }
  onTimer = {
    flush(context: TimerContext<string, typeof counting>) {
      context.output(String(context.state.seen.read()));
    },
    retry() {},
  };
}
expectTypeOf(scores.parDo('Counting', () => new Counting(), counting)).toEqualTypeOf<PCollection<string>>();
expectTypeOf(scores.parDo('Counting', () => new Counting(), { ...counting, outputs: [short] })).toMatchTypeOf<{
  main: PCollection<string>;
}>();

// Side inputs are known by their tags, as what they were declared to be.
const beside = {
  sideInputs: {
    rate: asSingleton(p.create([1])),
    maybe: asSingleton(p.create(['x']), { default: undefined }),
    some: asIterable(words),
    list: asList(words),
    map: asMap(scores),
    multimap: asMultimap(scores),
  },
};
class Beside implements DoFn<string, number, typeof beside> {
  process(_: string, { sideInputs }: ProcessContext<number, typeof beside>): void {
    expectTypeOf(sideInputs.rate).toEqualTypeOf<number>();
    expectTypeOf(sideInputs.maybe).toEqualTypeOf<string | undefined>();
    expectTypeOf(sideInputs.some).toEqualTypeOf<Iterable<string>>();
    expectTypeOf(sideInputs.list[0]!).toEqualTypeOf<string>();
    expectTypeOf(sideInputs.map.get('a')).toEqualTypeOf<number | undefined>();
    expectTypeOf(sideInputs.multimap.get('a')).toEqualTypeOf<Iterable<number>>();
    // @ts-expect-error no such side input
    sideInputs.rates;
    // @ts-expect-error the keys are texts
    sideInputs.map.get(1);
    // @ts-expect-error a list is not changed
    sideInputs.list.push('x');
  }
}
expectTypeOf(words.parDo('Beside', () => new Beside(), beside)).toEqualTypeOf<PCollection<number>>();
expectTypeOf(words.map('Named', (word, { rate }) => word.length * rate, beside)).toEqualTypeOf<PCollection<number>>();
expectTypeOf(words.map((word, { list }) => [word, list[0]!] as const, beside)).toEqualTypeOf<
  PCollection<readonly [string, string]>
>();
expectTypeOf(words.filter('Kept', (word, { some }) => [...some].includes(word), beside)).toEqualTypeOf<
  PCollection<string>
>();
expectTypeOf(words.flatMap((word, { map }) => [map.get(word)], beside)).toEqualTypeOf<
  PCollection<number | undefined>
>();
// @ts-expect-error no such side input
words.map('Wrong', (word, { rates }) => `${word}${rates}`, beside);
// @ts-expect-error a map is made of pairs
asMap(words);
// @ts-expect-error a collection is no side input: say how it is seen
words.map('Unsaid', (word) => word, { sideInputs: { words } });
