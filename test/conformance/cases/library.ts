import {
  distinct,
  fixedWindows,
  impulse,
  type KV,
  keys,
  largest,
  latest,
  latestPerKey,
  type PCollection,
  type Pipeline,
  partition,
  reduce,
  slidingWindows,
  swapKV,
  toList,
  top,
  values,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** The transforms that the model itself needs, where they are at the edge of what they promise. */

const numbers = (p: Pipeline, ...all: number[]): PCollection<number> => p.create('Numbers', all);

/** Numbers at the instants that they are. */
const timed = (p: Pipeline, ...all: number[]): PCollection<number> => p.create('Times', all, { timestamps: all });

const pairs = (p: Pipeline): PCollection<KV<string, number>> =>
  p.create('Pairs', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ]);

export const impulseIsOneElement = conformanceCase((p) =>
  PAssert.that(p.apply(impulse()).map(({ length }) => length)).containsInAnyOrder([0]),
);

export const partitionEvenly = conformanceCase((p) => {
  const parts = numbers(p, 0, 1, 2, 3, 4, 5).apply(partition(3, (n, count) => n % count));
  for (const [i, part] of parts.entries()) PAssert.that(`Part ${i}`, part).containsInAnyOrder([i, i + 3]);
});

export const partitionWithAnEmptyPart = conformanceCase((p) => {
  const [small, none, large] = numbers(p, 1, 2, 30).apply(partition(3, (n) => (n < 10 ? 0 : 2)));
  PAssert.that('Small', small!).containsInAnyOrder([1, 2]);
  PAssert.that('None', none!).empty();
  PAssert.that('Large', large!).containsInAnyOrder([30]);
});

export const partitionIntoOne = conformanceCase((p) => {
  const [all] = numbers(p, 1, 2).apply(partition(1, () => 0));
  PAssert.that(all!).containsInAnyOrder([1, 2]);
});

export const partitionsFlattenedAgain = conformanceCase((p) => {
  const [a, b, c] = numbers(p, 1, 2, 3, 4).apply(partition(3, (n) => n % 3));
  PAssert.that(a!.flatten(b!, c!)).containsInAnyOrder([1, 2, 3, 4]);
});

export const partitionsKeepTheirWindows = conformanceCase((p) => {
  const [even, odd] = timed(p, 1, 2, 3, 11, 13)
    .windowInto('Tens', fixedWindows(10))
    .apply(partition(2, (n) => n % 2));
  PAssert.that('Even', even!.combineGlobally('Evens', toList())).containsInAnyOrder([[2]]);
  PAssert.that(
    'Odd',
    odd!.combineGlobally('Odds', toList()).map((all) => [...all].sort((a, b) => a - b).join()),
  ).containsInAnyOrder(['1,3', '11,13']);
});

export const partitionThatIsNotThere = conformanceCase(
  (p) => {
    numbers(p, 1).apply(
      'Parts',
      partition(2, () => 2),
    );
  },
  { fails: 'PARTITION_RANGE', saying: ['Parts', 'part 2'] },
);

export const partitionBelowTheFirst = conformanceCase(
  (p) => {
    numbers(p, 1).apply(
      'Parts',
      partition(2, () => -1),
    );
  },
  { fails: 'PARTITION_RANGE', saying: ['Parts', 'part -1'] },
);

export const distinctElements = conformanceCase((p) =>
  PAssert.that(p.create('Words', ['a', 'b', 'a', 'a', 'c', 'b']).apply(distinct())).containsInAnyOrder(['a', 'b', 'c']),
);

export const distinctOfStructures = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Points', [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
        { x: 2, y: 1 },
      ])
      .apply(distinct()),
  ).containsInAnyOrder([
    { x: 1, y: 2 },
    { x: 2, y: 1 },
  ]),
);

export const distinctInEachWindow = conformanceCase((p) =>
  PAssert.that(
    timed(p, 1, 2, 3, 11, 12)
      .map((n) => n % 2)
      .windowInto(fixedWindows(10))
      .apply(distinct()),
  ).containsInAnyOrder([1, 0, 1, 0]),
);

export const distinctOfNothing = conformanceCase((p) => PAssert.that(numbers(p).apply(distinct())).empty());

export const keysOfPairs = conformanceCase((p) =>
  PAssert.that(pairs(p).apply(keys())).containsInAnyOrder(['a', 'b', 'a']),
);

export const valuesOfPairs = conformanceCase((p) =>
  PAssert.that(pairs(p).apply(values())).containsInAnyOrder([1, 2, 3]),
);

export const pairsTurnedRound = conformanceCase((p) =>
  PAssert.that(pairs(p).apply(swapKV())).containsInAnyOrder([
    { key: 1, value: 'a' },
    { key: 2, value: 'b' },
    { key: 3, value: 'a' },
  ]),
);

export const pairsTurnedRoundAreGrouped = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Pairs', [
        { key: 1, value: 'x' },
        { key: 2, value: 'x' },
        { key: 3, value: 'y' },
      ])
      .apply(swapKV())
      .countPerKey(),
  ).containsInAnyOrder([
    { key: 'x', value: 2 },
    { key: 'y', value: 1 },
  ]),
);

export const latestPerKeyOfNothing = conformanceCase((p) =>
  PAssert.that(p.create<KV<string, number>>('None', []).apply(latestPerKey())).empty(),
);

/** Of several that are the latest any may be taken, but one of them. */
export const latestOfOneInstant = conformanceCase((p) =>
  PAssert.that(p.create('Words', ['a', 'b', 'old'], { timestamps: [5, 5, 4] }).apply(latest())).satisfies((seen) => {
    if (seen.length !== 1 || !['a', 'b'].includes(seen[0]!)) throw new Error(`the latest is ${seen}`);
  }),
);

export const latestPerKeyAndSlidingWindow = conformanceCase((p) =>
  PAssert.that(
    timed(p, 1, 4, 7)
      .windowInto(slidingWindows(10, 5))
      .keyBy(() => 'k')
      .apply(latestPerKey())
      .map(({ value }) => value),
  ).containsInAnyOrder([4, 7, 7]),
);

export const topOfOne = conformanceCase((p) =>
  PAssert.that(numbers(p, 5, 9, 7).combineGlobally(largest(1))).containsInAnyOrder([[9]]),
);

export const topOfEquals = conformanceCase((p) =>
  PAssert.that(numbers(p, 3, 3, 3, 1).combineGlobally(top<number>(2, (a, b) => a - b))).containsInAnyOrder([[3, 3]]),
);

export const topOfSlidingWindows = conformanceCase((p) =>
  PAssert.that(timed(p, 1, 6, 8, 12).windowInto(slidingWindows(10, 5)).combineGlobally(largest(2))).containsInAnyOrder([
    [1],
    [8, 6],
    [12, 8],
    [12],
  ]),
);

export const reducedPerKey = conformanceCase((p) =>
  PAssert.that(pairs(p).combinePerKey(reduce((a: number, b: number) => a * 10 + b * 10))).satisfies((seen) => {
    const byKey = new Map(seen.map(({ key, value }) => [key, value]));
    if (byKey.size !== 2 || byKey.get('b') !== 2 || byKey.get('a') !== 40) throw new Error(JSON.stringify(seen));
  }),
);
