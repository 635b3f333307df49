/** Checked by `tsc -p tsconfig.json`, never run: what compiles, what does not, and what comes out. */
import {
  create,
  distinct,
  fixedWindows,
  flatten,
  generateSequence,
  type KV,
  keys,
  type PCollection,
  type Pipeline,
  type PTransform,
  partition,
  swapKV,
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
