import {
  asIterable,
  asList,
  asMultimap,
  asSingleton,
  bagState,
  coGroupByKey,
  distinct,
  eventTimer,
  fixedWindows,
  groupIntoBatches,
  type KV,
  latest,
  mapBatch,
  mean,
  type PCollection,
  type Pipeline,
  partition,
  redistributeByKey,
  sessionWindows,
  slidingWindows,
  sum,
  toList,
  waitOn,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase, type Requirement } from '../case.js';

/** Of nothing comes nothing, whatever it goes through; and what stands beside it is not disturbed. */

const none = (p: Pipeline): PCollection<KV<string, number>> => p.create<KV<string, number>>('None', []);

const nothingThrough = (
  build: (input: PCollection<KV<string, number>>, p: Pipeline) => PCollection<unknown>,
  ...requires: Requirement[]
) => conformanceCase((p) => PAssert.that(build(none(p), p)).empty(), { requires });

export const nothingCreatedAndFiltered = nothingThrough((input) =>
  input
    .filter('Filter', () => true)
    .flatMap('FlatMap', (e) => [e, e])
    .keyBy('KeyBy', () => 1),
);
export const nothingInWindows = nothingThrough((input) =>
  input.windowInto('Sliding', slidingWindows(10, 5)).groupByKey(),
);
export const nothingInSessions = nothingThrough((input) =>
  input.windowInto('Sessions', sessionWindows(10)).combinePerKey(sum()),
);
export const nothingCombined = nothingThrough((input) => input.combinePerKey(mean()));
export const nothingCounted = nothingThrough((input) => input.countPerElement());
export const nothingFlattened = nothingThrough((input, p) => input.flatten(p.create<KV<string, number>>('Other', [])));
export const nothingFlattenedAndGrouped = nothingThrough((input, p) =>
  input.flatten(p.create<KV<string, number>>('Other', [])).groupByKey(),
);
export const nothingReshuffled = nothingThrough((input) => input.reshuffle(), 'reshuffle');
export const nothingRedistributed = nothingThrough((input) => input.apply(redistributeByKey()).countPerKey());
export const nothingJoined = nothingThrough((input) => coGroupByKey({ one: input, other: input }));
export const nothingDistinct = nothingThrough((input) => input.apply(distinct()));
export const nothingPartitioned = nothingThrough((input) => input.apply(partition(2, () => 0))[1]!);
export const nothingMappedInBatches = nothingThrough((input) => input.apply(mapBatch((batch) => batch)));
export const nothingMappedAsynchronously = nothingThrough((input) => input.mapAsync(async (e) => e), 'async');
export const nothingListed = nothingThrough((input) => input.combineGlobally(toList(), { defaultValue: false }));
export const nothingIsTheLatest = nothingThrough((input) => input.windowInto(fixedWindows(10)).apply(latest()));
export const nothingInBatches = nothingThrough(
  (input) => input.apply(groupIntoBatches({ size: 2, maxDelay: 10 })),
  'state',
  'timers',
  'windowExpiration',
);
export const nothingWaits = nothingThrough((input, p) => input.apply(waitOn(p.create('Signal', [1]))), 'sideInputs');

const collecting = { state: { bag: bagState<number>() }, timers: { end: eventTimer() } };

export const nothingWithState = nothingThrough(
  (input) =>
    input.parDo<number, typeof collecting>(
      'Collect',
      () => ({
        process({ value }, { state, timers, window }) {
          state.bag.add(value);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: { end: ({ output }) => output(1) },
        onWindowExpiration: ({ output }) => output(2),
      }),
      collecting,
    ),
  'state',
  'timers',
  'windowExpiration',
);

export const nothingBesideEverySideInput = nothingThrough((input, p) => {
  const numbers = p.create('Numbers', [1, 2]);
  return input.map('See', (_, { list }) => list.length, {
    sideInputs: {
      list: asList(numbers),
      iterable: asIterable(numbers),
      // Of several: it would fail if anyone looked.
      one: asSingleton(numbers),
      multimap: asMultimap(numbers.keyBy('Key', (n) => n)),
    },
  });
}, 'sideInputs');

export const somethingBesideNothing = conformanceCase((p) => {
  const nothing = none(p);
  const some = p.create('Some', [{ key: 'a', value: 1 }]);
  PAssert.that('Nothing', nothing.groupByKey()).empty();
  PAssert.that('Same', some.flatten(nothing).combinePerKey(sum())).containsInAnyOrder([{ key: 'a', value: 1 }]);
});

export const nothingInOneOfTheInputsOfAJoin = conformanceCase((p) => {
  const some = p.create('Some', [{ key: 'a', value: 1 }]);
  const joined = coGroupByKey({ some, none: none(p) }).map(
    ({ key, value }) => `${key} ${[...value.some]}|${[...value.none]}`,
  );
  PAssert.that(joined).containsInAnyOrder(['a 1|']);
});
