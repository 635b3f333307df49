/** Checked by `tsc -p tsconfig.json`, never run: what compiles, what does not, and what comes out. */
import {
  asIterable,
  asList,
  asMap,
  asMultimap,
  asSingleton,
  coGroupByKey,
  combiningState,
  count,
  create,
  type DoFn,
  definePipeline,
  distinct,
  eventTimer,
  fixedWindows,
  flatten,
  generateSequence,
  type KV,
  keys,
  max,
  mean,
  option,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  type PTransform,
  partition,
  processingTimer,
  reduce,
  type SecretRef,
  sum,
  swapKV,
  type TimerContext,
  toList,
  valueState,
} from 'millrace';
import { expectTypeOf } from 'vitest';

declare const p: Pipeline;
declare const words: PCollection<string>;
declare const mixed: PCollection<string | number>;
declare const scores: PCollection<KV<string, number>>;

declare const lengthLater: (word: string) => Promise<number>;

// Verbs carry the types of their elements.
expectTypeOf(words.map((word) => word.length)).toEqualTypeOf<PCollection<number>>();
expectTypeOf(words.map('named', (word) => ({ word }))).toEqualTypeOf<PCollection<{ word: string }>>();
expectTypeOf(words.flatMap((word) => [word.length, true])).toEqualTypeOf<PCollection<number | boolean>>();
expectTypeOf(words.keyBy((word) => word.length)).toEqualTypeOf<PCollection<KV<number, string>>>();
expectTypeOf(words.withTimestamps(() => 0)).toEqualTypeOf<PCollection<string>>();
expectTypeOf(words.windowInto(fixedWindows(1_000))).toEqualTypeOf<PCollection<string>>();
expectTypeOf(words.countPerElement()).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(words.mapAsync(async (word) => word.length, { concurrency: 2 })).toEqualTypeOf<PCollection<number>>();
declare const query: PromiseLike<{ readonly id: number }>;
expectTypeOf(words.mapAsync(() => query)).toEqualTypeOf<PCollection<{ readonly id: number }>>();
expectTypeOf(words.reshuffle()).toEqualTypeOf<PCollection<string>>();

// @ts-expect-error elements are strings
words.map((word: number) => word);
// @ts-expect-error the function of mapAsync answers a promise
words.mapAsync((word) => word.length);
// @ts-expect-error a promise is declared with mapAsync, and nothing follows what is not
words.map(async (word) => word.length).map('more', (length) => length);
// @ts-expect-error the same with a name, and with a function from elsewhere
words.map('length', (word) => lengthLater(word)).countPerElement();
// @ts-expect-error a key is no promise
words.keyBy(async (word) => word).groupByKey();
// @ts-expect-error a promise is no boolean
words.filter(async (word) => word.length > 1);
// @ts-expect-error a promise is no iterable
words.flatMap(async (word) => word.split(' '));
// @ts-expect-error there is no such option
words.mapAsync(async (word) => word, { paralelism: 2 });
// @ts-expect-error flatMap answers an iterable
words.flatMap((word) => word.length);
// @ts-expect-error a timestamp is a number
words.withTimestamps((word) => word);
// @ts-expect-error a filter answers a boolean
words.filter((word) => word.length);

expectTypeOf(words.map(lengthLater)).toEqualTypeOf<'this function returns a promise: declare it with mapAsync()'>();

// Types of results are inferred as TypeScript does it elsewhere: also from what is asked for, and inside generic code.
expectTypeOf(words.map((word): unknown => JSON.parse(word))).toEqualTypeOf<PCollection<unknown>>();
expectTypeOf(words.map((): void => undefined)).toEqualTypeOf<PCollection<void>>();
expectTypeOf(words.map(() => null)).toEqualTypeOf<PCollection<null>>();
expectTypeOf(words.map<number>((word) => word.length)).toEqualTypeOf<PCollection<number>>();
// What may be anything may be no promise.
words.map((word) => JSON.parse(word)).countPerElement();
words.map((word) => [word, 1]) satisfies PCollection<[string, number]>;
words.map(() => ({ kind: 'a' })) satisfies PCollection<{ kind: 'a' }>;
function generic<K, V, U extends { id: string }>(input: PCollection<KV<K, V>>, fn: (value: V) => U): void {
  expectTypeOf(input.map(({ key }) => key)).toEqualTypeOf<PCollection<K>>();
  expectTypeOf(input.map('value', ({ value }) => fn(value)).map(({ id }) => id)).toEqualTypeOf<PCollection<string>>();
  expectTypeOf(input.keyBy(({ value }) => value)).toEqualTypeOf<PCollection<KV<V, KV<K, V>>>>();
}
generic(scores, (value) => ({ id: String(value) }));

// Filters narrow by type guards, also by those that TypeScript infers.
const isText = (value: string | number): value is string => typeof value === 'string';
expectTypeOf(mixed.filter(isText)).toEqualTypeOf<PCollection<string>>();
expectTypeOf(mixed.filter('texts', isText)).toEqualTypeOf<PCollection<string>>();
expectTypeOf(mixed.filter((value) => typeof value === 'number')).toEqualTypeOf<PCollection<number>>();
expectTypeOf(words.filter((word) => word.length > 3)).toEqualTypeOf<PCollection<string>>();

// Grouping exists where there are keys.
expectTypeOf(scores.groupByKey()).toEqualTypeOf<PCollection<KV<string, Iterable<number>>>>();
expectTypeOf(scores.countPerKey('count')).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(words.map((key) => ({ key, value: 1 })).groupByKey()).toEqualTypeOf<
  PCollection<KV<string, Iterable<number>>>
>();
// @ts-expect-error strings have no key
words.groupByKey();
// @ts-expect-error strings have no key
words.countPerKey();
// @ts-expect-error strings have no key
words.combinePerKey(count());
// @ts-expect-error values of a group are no array
scores.groupByKey().map(({ value }) => value.length);

// Combiners fit the values.
expectTypeOf(scores.combinePerKey(sum())).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(scores.combinePerKey('mean', mean())).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(scores.combinePerKey(max())).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(scores.combinePerKey(toList())).toEqualTypeOf<PCollection<KV<string, number[]>>>();
expectTypeOf(scores.combinePerKey(count())).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(scores.combinePerKey(reduce((a: number, b) => a + b))).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(words.combineGlobally(count())).toEqualTypeOf<PCollection<number>>();
expectTypeOf(
  words.combineGlobally(
    'longest',
    max((a, b) => a.length - b.length),
  ),
).toEqualTypeOf<PCollection<string>>();
expectTypeOf(scores.combinePerKey(sum(), { fanout: (key) => key.length })).toEqualTypeOf<
  PCollection<KV<string, number>>
>();
expectTypeOf(
  scores.combinePerKey(
    'sum',
    reduce((a, b) => a + b),
    { fanout: 2 },
  ),
).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(
  scores.combinePerKey(
    'sum',
    reduce((a, b) => a + b),
  ),
).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(
  scores.combinePerKey(
    reduce((a: number, b) => a + b),
    { fanout: 2 },
  ),
).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(words.combineGlobally('count', count(), { fanout: 2 })).toEqualTypeOf<PCollection<number>>();
// @ts-expect-error a sum is one of numbers
words.keyBy((word) => word).combinePerKey(sum());
// @ts-expect-error a sum is one of numbers
words.combineGlobally(sum());

// Transforms made of others fit their input.
const lengths: PTransform<PCollection<string>, PCollection<number>> = {
  expand: (input) => input.map((word) => word.length),
};
expectTypeOf(words.apply(lengths)).toEqualTypeOf<PCollection<number>>();
expectTypeOf(words.apply('lengths', lengths)).toEqualTypeOf<PCollection<number>>();
expectTypeOf(words.apply((input) => input.countPerElement())).toEqualTypeOf<PCollection<KV<string, number>>>();
expectTypeOf(scores.apply(keys())).toEqualTypeOf<PCollection<string>>();
expectTypeOf(scores.apply(swapKV())).toEqualTypeOf<PCollection<KV<number, string>>>();
expectTypeOf(words.apply(distinct())).toEqualTypeOf<PCollection<string>>();
expectTypeOf(words.apply(partition(2, (word) => word.length % 2))).toEqualTypeOf<PCollection<string>[]>();
expectTypeOf(p.apply(create([1, 2]))).toEqualTypeOf<PCollection<number>>();
expectTypeOf(p.apply('numbers', generateSequence({ to: 3 }))).toEqualTypeOf<PCollection<number>>();
// @ts-expect-error it is a transform of strings
scores.apply(lengths);
// @ts-expect-error a source begins with the pipeline
words.apply(create([1]));
// @ts-expect-error a transform of a collection does not
p.apply(lengths);
// @ts-expect-error there are no keys
words.apply(keys());

// Collections are flattened to their union, and stand where collections of more general elements are asked for.
expectTypeOf(flatten([words, scores])).toEqualTypeOf<PCollection<string | KV<string, number>>>();
expectTypeOf(words.flatten(p.create([1]))).toEqualTypeOf<PCollection<string | number>>();
expectTypeOf(words).toExtend<PCollection<string | number>>();
expectTypeOf(scores).toExtend<PCollection<unknown>>();
expectTypeOf(mixed).not.toExtend<PCollection<string>>();

// Groups of several inputs have the values of each under its name.
declare const ages: PCollection<KV<'ada' | 'bob', bigint>>;
declare const numbered: PCollection<KV<number, string>>;
expectTypeOf(coGroupByKey({ scores, ages })).toEqualTypeOf<
  PCollection<KV<string, { readonly scores: Iterable<number>; readonly ages: Iterable<bigint> }>>
>();
expectTypeOf(coGroupByKey('alone', { scores })).toEqualTypeOf<
  PCollection<KV<string, { readonly scores: Iterable<number> }>>
>();
// @ts-expect-error strings and numbers are no keys of one type
coGroupByKey({ scores, numbered });
// @ts-expect-error words have no key
coGroupByKey('named', { scores, words });
// @ts-expect-error a group has what was put in
coGroupByKey({ scores }).map(({ value }) => value.ages);
function joined<K, A, B>(left: PCollection<KV<K, A>>, right: PCollection<KV<K, B>>): PCollection<KV<K, B>> {
  return coGroupByKey({ left, right }).flatMap(({ key, value }) =>
    [...value.right].map((each) => ({ key, value: each })),
  );
}
expectTypeOf(joined(scores, scores)).toEqualTypeOf<PCollection<KV<string, number>>>();

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

// Options have the types of their declarations.
definePipeline({
  name: 'options',
  options: {
    input: option.string({ description: 'what to read' }),
    max: option.integer({ optional: true }),
    rate: option.number({ optional: true, default: 1 }),
    from: option.choice(['latest', 'earliest'], { default: 'latest' }),
    gap: option.duration({ default: 5_000 }),
    password: option.secret(),
    topics: option.strings({ optional: true }),
  },
  build(_, options) {
    expectTypeOf(options).toEqualTypeOf<{
      readonly input: string;
      readonly max: number | undefined;
      readonly rate: number;
      readonly from: 'latest' | 'earliest';
      readonly gap: number;
      readonly password: SecretRef;
      readonly topics: readonly string[] | undefined;
    }>();
    // @ts-expect-error there is no such option
    options.output;
  },
});
// @ts-expect-error the default is none of the choices
option.choice(['latest', 'earliest'], { default: 'newest' });
// @ts-expect-error the default is a text
option.integer({ default: '1' });

// Generic transforms can be written over keys.
function topOf<K, V>(input: PCollection<KV<K, V>>): PCollection<KV<K, V[]>> {
  return input.combinePerKey(toList()).filter(({ value }) => value.length > 0);
}
expectTypeOf(scores.apply(topOf)).toEqualTypeOf<PCollection<KV<string, number[]>>>();

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
