import {
  afterCount,
  type CodedCombineFn,
  count,
  fixedWindows,
  type KV,
  largest,
  max,
  mean,
  min,
  type Pipeline,
  repeatedly,
  slidingWindows,
  smallest,
  sum,
  toList,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** Nearly all of it belongs to one key. */
const skewed = (p: Pipeline) =>
  p
    .create(
      'Numbers',
      Array.from({ length: 200 }, (_, i) => i),
    )
    .keyBy((n) => (n % 50 === 0 ? 'cold' : 'hot'));

export const fanout = conformanceCase((p) =>
  PAssert.that(skewed(p).combinePerKey(sum(), { fanout: 7 })).containsInAnyOrder([
    { key: 'cold', value: 300 },
    { key: 'hot', value: 19_600 },
  ]),
);

export const fanoutOfAKey = conformanceCase((p) =>
  PAssert.that(skewed(p).combinePerKey(count(), { fanout: (key) => (key === 'hot' ? 5 : 1) })).containsInAnyOrder([
    { key: 'cold', value: 4 },
    { key: 'hot', value: 196 },
  ]),
);

export const fanoutOfOne = conformanceCase((p) =>
  PAssert.that(p.create('Numbers', [1, 2, 3]).combineGlobally(sum(), { fanout: 1 })).containsInAnyOrder([6]),
);

export const fanoutLargerThanTheInput = conformanceCase((p) =>
  PAssert.that(p.create('Numbers', [1, 2, 6]).combineGlobally(mean(), { fanout: 100 })).containsInAnyOrder([3]),
);

export const fanoutOfAccumulatorsThatAreLists = conformanceCase((p) =>
  PAssert.that(
    skewed(p)
      .combinePerKey(largest(3), { fanout: 4 })
      .map(({ key, value }) => `${key} ${value}`),
  ).containsInAnyOrder(['cold 150,100,50', 'hot 199,198,197']),
);

export const fanoutOfStructuredKeys = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Numbers', [1, 2, 3, 4])
      .keyBy((n) => ({ isOdd: n % 2 === 1 }))
      .combinePerKey(sum(), { fanout: 2 }),
  ).containsInAnyOrder([
    { key: { isOdd: true }, value: 4 },
    { key: { isOdd: false }, value: 6 },
  ]),
);

const timed = (p: Pipeline) => p.create('Times', [1, 4, 5, 9, 12, 18]).withTimestamps((n) => n);

export const fanoutInFixedWindows = conformanceCase((p) =>
  PAssert.that(timed(p).windowInto(fixedWindows(10)).combineGlobally(sum(), { fanout: 3 })).containsInAnyOrder([
    19, 30,
  ]),
);

/** Their windows share what was added up: a part of one must not be changed by the next. */
export const fanoutInSlidingWindows = conformanceCase((p) => {
  const means = timed(p).windowInto(slidingWindows(10, 5)).combineGlobally(mean(), { fanout: 2 });
  // [-5, 5), [0, 10), [5, 15), [10, 20), [15, 25)
  PAssert.that(means).containsInAnyOrder([2.5, 19 / 4, 26 / 3, 15, 18]);
});

export const fanoutUnderATriggerThatAccumulates = conformanceCase(
  (p) => {
    const sums = p
      .create('Numbers', [1, 2, 3, 4, 5])
      .windowInto(fixedWindows(10), {
        trigger: repeatedly(afterCount(1)),
        accumulation: 'accumulating',
      })
      .combineGlobally(sum(), { fanout: 2 });
    // No part counts twice, and the last pane has them all.
    PAssert.that(sums).satisfies((seen) => {
      if (Math.max(...seen) !== 15) throw new Error(`the largest of ${[...seen]} is not 15`);
    });
  },
  { requires: ['triggers'] },
);

export const fanoutUnderATriggerThatDiscards = conformanceCase(
  (p) => {
    const sums = p
      .create('Numbers', [1, 2, 3, 4, 5])
      .windowInto(fixedWindows(10), { trigger: repeatedly(afterCount(1)), accumulation: 'discarding' })
      .combineGlobally(sum(), { fanout: 2 });
    PAssert.that(sums).satisfies((seen) => {
      const total = seen.reduce((a, b) => a + b, 0);
      if (total !== 15) throw new Error(`${[...seen]} come to ${total}, not 15`);
    });
  },
  { requires: ['triggers'] },
);

export const fanoutThatIsNoNumber = conformanceCase(
  (p) => {
    skewed(p).combinePerKey('Sum', sum(), { fanout: () => 0.5 });
  },
  { fails: 'FANOUT_INVALID', saying: ['fanout answered 0.5'] },
);

/** The same input in several combinations, of which a runner may make one step. */
export const combinedInSeveralWaysPerKey = conformanceCase((p) => {
  const numbers = p.create('Numbers', [3, 1, 4, 1, 5]).keyBy((n) => (n > 2 ? 'large' : 'small'));
  const told = <A, O>(name: string, fn: CodedCombineFn<number, A, O>) =>
    numbers.combinePerKey(name, fn).map(`Tell ${name}`, ({ key, value }) => `${name} ${key} ${value}`);
  const all = told('count', count()).flatten(
    told('sum', sum()),
    told('mean', mean()),
    told('min', min()),
    told('max', max()),
    told('smallest', smallest(2)),
  );
  PAssert.that(all).containsInAnyOrder([
    ...['count large 3', 'sum large 12', 'mean large 4', 'min large 3', 'max large 5', 'smallest large 3,4'],
    ...['count small 2', 'sum small 2', 'mean small 1', 'min small 1', 'max small 1', 'smallest small 1,1'],
  ]);
});

export const combinedInSeveralWaysGlobally = conformanceCase((p) => {
  const numbers = p.create('Numbers', [2, 4]);
  PAssert.that('Sum', numbers.combineGlobally('sum', sum())).containsInAnyOrder([6]);
  PAssert.that('Mean', numbers.combineGlobally('mean', mean())).containsInAnyOrder([3]);
  PAssert.that('List', numbers.combineGlobally('list', toList())).satisfies(([list]) => {
    if ([...list!].sort().join() !== '2,4') throw new Error(`the list is ${list}`);
  });
});

/** What one combination came to is combined again. */
export const combinedAgain = conformanceCase((p) => {
  const sums = p
    .create('Numbers', [1, 2, 3, 4, 5])
    .keyBy((n) => n % 2)
    .combinePerKey('sums', sum())
    .map((pair): KV<string, number> => ({ key: 'all', value: pair.value }))
    .combinePerKey('largest', max());
  PAssert.that(sums).containsInAnyOrder([{ key: 'all', value: 9 }]);
});
