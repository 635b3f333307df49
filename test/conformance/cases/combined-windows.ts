import {
  afterCount,
  asSingleton,
  type CombineFn,
  count,
  fixedWindows,
  type KV,
  max,
  mean,
  type PCollection,
  type Pipeline,
  reduce,
  repeatedly,
  sessionWindows,
  slidingWindows,
  sum,
  toList,
} from 'millrace';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** What a CombineFn is promised, and what its results are in each kind of window. */

const timed = (p: Pipeline): PCollection<KV<string, number>> =>
  p
    .create('Values', [1, 1, 4, 10, 2, 3], { timestamps: [0, 1, 6, 7, 1, 16] })
    .keyBy('Key', (n) => (n === 2 || n === 3 ? 'b' : 'a'))
    .map('Pair', ({ key, value }) => ({ key, value }));

const text = (pairs: PCollection<KV<string, number>>): PCollection<string> =>
  pairs.map('Text', ({ key, value }) => `${key}${value}`);

export const sumsOfFixedWindows = conformanceCase((p) =>
  PAssert.that(text(timed(p).windowInto(fixedWindows(2)).combinePerKey(sum()))).containsInAnyOrder([
    'a2',
    'a14',
    'b2',
    'b3',
  ]),
);

export const meansOfSlidingWindows = conformanceCase((p) => {
  // [-2, 2) a 1 1 b 2, [0, 4) the same, [4, 8) a 4 10, [6, 10) the same, [14, 18) and [16, 20) b 3
  PAssert.that(text(timed(p).windowInto(slidingWindows(4, 2)).combinePerKey(mean()))).containsInAnyOrder(
    ['a1', 'b2', 'a7', 'b3'].flatMap((each) => [each, each]),
  );
});

export const sumsOfSessions = conformanceCase((p) =>
  PAssert.that(text(timed(p).windowInto(sessionWindows(4)).combinePerKey(sum()))).containsInAnyOrder([
    'a2',
    'a14',
    'b2',
    'b3',
  ]),
);

export const sumsOfSessionsInOneWindow = conformanceCase((p) =>
  PAssert.that(text(timed(p).windowInto(sessionWindows(6)).combinePerKey(sum()))).containsInAnyOrder([
    'a16',
    'b2',
    'b3',
  ]),
);

export const globalSumOfEachWindow = conformanceCase((p) =>
  PAssert.that(
    timed(p)
      .map('Value', ({ value }) => value)
      .windowInto(fixedWindows(10))
      .combineGlobally(sum()),
  ).containsInAnyOrder([18, 3]),
);

export const combinedOfCombinedInSlidingWindows = conformanceCase((p) => {
  const largest = timed(p)
    .windowInto(slidingWindows(10, 5))
    .combinePerKey('Sums', sum())
    .map('Alone', ({ value }): KV<null, number> => ({ key: null, value }))
    .combinePerKey('Largest', max())
    .map('Largest value', ({ value }) => value);
  // [-5, 5) a 2 b 2, [0, 10) a 16 b 2, [5, 15) a 14, [10, 20) b 3, [15, 25) b 3
  PAssert.that(largest).containsInAnyOrder([2, 16, 14, 3, 3]);
});

/** Each window sees its own total, the others that of theirs. */
export const shareOfTheTotalOfItsWindow = conformanceCase(
  (p) => {
    const values = timed(p)
      .map('Value', ({ value }) => value)
      .windowInto(fixedWindows(10));
    const shares = values.map('Share', (n, { total }) => n / total, {
      sideInputs: { total: asSingleton(values.combineGlobally('Total', sum())) },
    });
    PAssert.that(shares).containsInAnyOrder([1, 1, 4, 10, 2].map((n) => n / 18).concat([1]));
  },
  { requires: ['sideInputs'] },
);

interface Total {
  total: number;
  isOut: boolean;
}

/** Changes its accumulators, as it may: never one whose result is out. */
class Owned implements CombineFn<number, Total, number> {
  createAccumulator(): Total {
    return { total: 0, isOut: false };
  }
  addInput(into: Total, n: number): Total {
    if (into.isOut) throw new Error('added to an accumulator whose result is out');
    into.total += n;
    return into;
  }
  mergeAccumulators(into: Total, from: Total): Total {
    if (into === from) throw new Error('merged with itself');
    if (into.isOut) throw new Error('merged into an accumulator whose result is out');
    into.total += from.total;
    return into;
  }
  extractOutput(accumulator: Total): number {
    accumulator.isOut = true;
    return accumulator.total;
  }
}

export const accumulatorsAreNotUsedAgain = conformanceCase((p) =>
  PAssert.that(text(timed(p).windowInto(sessionWindows(6)).combinePerKey(new Owned()))).containsInAnyOrder([
    'a16',
    'b2',
    'b3',
  ]),
);

export const accumulatorsOfSlidingWindowsAreApart = conformanceCase((p) =>
  PAssert.that(text(timed(p).windowInto(slidingWindows(10, 5)).combinePerKey(new Owned()))).containsInAnyOrder([
    'a2',
    'b2',
    'a16',
    'b2',
    'a14',
    'b3',
    'b3',
  ]),
);

/** The result of a pane that accumulates must not hold what is added later; the pane on time comes as well. */
export const resultsOfPanesAreApart = conformanceCase(
  (p) => {
    const lists = p
      .create('Numbers', [1, 2, 3], { timestamps: [1, 2, 3] })
      .windowInto(fixedWindows(10), { trigger: repeatedly(afterCount(1)), accumulation: 'accumulating' })
      .combineGlobally(toList())
      .map((list) => [...list].length);
    PAssert.that(lists).containsInAnyOrder([1, 2, 3, 3]);
  },
  { requires: ['triggers'], exactPanes: true },
);

export const lateElementsInAnAccumulatedSum = conformanceCase(
  (p) => {
    const stream = testStream<number>()
      .addElements(timestamped(1, 1), timestamped(2, 2))
      .advanceWatermark(20)
      .addElements(timestamped(3, 3))
      .advanceWatermarkToInfinity();
    const sums = p
      .apply(stream)
      .windowInto(fixedWindows(10), { allowedLateness: 100, accumulation: 'accumulating' })
      .combineGlobally(sum());
    PAssert.that(sums).containsInAnyOrder([3, 6]);
  },
  { requires: ['testStream', 'triggers'], alone: true },
);

export const countOfEqualElements = conformanceCase((p) =>
  PAssert.that(p.create('Ones', [1, 1, 1]).combineGlobally(count())).containsInAnyOrder([3]),
);

export const reducedToOne = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Words', ['a'])
      .keyBy(() => 'k')
      .combinePerKey(reduce((a: string, b: string) => a + b)),
  ).containsInAnyOrder([{ key: 'k', value: 'a' }]),
);

const broken = (part: Partial<CombineFn<number, number, number>>): CombineFn<number, number, number> => ({
  createAccumulator: () => 0,
  addInput: (a, n) => a + n,
  mergeAccumulators: (a, b) => a + b,
  extractOutput: (a) => a,
  ...part,
});

const failing = (method: keyof CombineFn<number, number, number>) =>
  conformanceCase(
    (p) => {
      const fail = (): never => {
        throw new Error(`fails in ${method}`);
      };
      p.create('Numbers', [1, 2])
        .keyBy(() => 'k')
        .combinePerKey('Fold', broken({ [method]: fail }));
    },
    { fails: 'FUNCTION_THREW', saying: ['Fold', `fails in ${method}`] },
  );

export const combineThatFailsAtItsBeginning = failing('createAccumulator');
export const combineThatFailsToAdd = failing('addInput');
export const combineThatFailsAtItsEnd = failing('extractOutput');
