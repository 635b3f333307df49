/** Checked by `tsc -p tsconfig.json`, never run: what groupings and combiners take and give. */
import { coGroupByKey, count, type KV, max, mean, type PCollection, reduce, sum, toList } from 'millrace';
import { expectTypeOf } from 'vitest';

declare const words: PCollection<string>;
declare const scores: PCollection<KV<string, number>>;

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

// Generic transforms can be written over keys.
function topOf<K, V>(input: PCollection<KV<K, V>>): PCollection<KV<K, V[]>> {
  return input.combinePerKey(toList()).filter(({ value }) => value.length > 0);
}
expectTypeOf(scores.apply(topOf)).toEqualTypeOf<PCollection<KV<string, number[]>>>();
