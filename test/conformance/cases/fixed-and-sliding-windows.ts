import {
  fixedWindows,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  sessionWindows,
  slidingWindows,
  sum,
  type WindowFnDescriptor,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { grouped, type Stamped, stamped } from '../shapes/stamped.js';
import { where } from '../shapes/where.js';

/** Two words one after the other, at one and at the next instant. */
function inWindows(windowFn: WindowFnDescriptor, words: readonly Stamped[], expected: readonly string[]) {
  return conformanceCase((p) => {
    PAssert.that(where(stamped(p, ...words).windowInto(windowFn))).containsInAnyOrder(expected);
  });
}

export const fixedBeforeTheEpoch = inWindows(
  fixedWindows(10),
  [
    ['a', -1],
    ['b', -10],
    ['c', -11],
    ['d', 0],
  ],
  ['a@-1[-10,0)', 'b@-10[-10,0)', 'c@-11[-20,-10)', 'd@0[0,10)'],
);

export const fixedWithAnOffsetBeforeTheEpoch = inWindows(
  fixedWindows(10, { offsetMs: 3 }),
  [
    ['a', -8],
    ['b', -7],
    ['c', 2],
  ],
  ['a@-8[-17,-7)', 'b@-7[-7,3)', 'c@2[-7,3)'],
);

export const fixedOfOneMillisecond = inWindows(
  fixedWindows(1),
  [
    ['a', -1],
    ['b', 0],
  ],
  ['a@-1[-1,0)', 'b@0[0,1)'],
);

const CENTURY = 3_155_760_000_000;

export const fixedOfACentury = inWindows(
  fixedWindows(CENTURY),
  [
    ['a', -1],
    ['b', CENTURY],
  ],
  [`a@-1[-${CENTURY},0)`, `b@${CENTURY}[${CENTURY},${2 * CENTURY})`],
);

export const slidingBeforeTheEpoch = inWindows(
  slidingWindows(10, 5),
  [
    ['a', -1],
    ['b', -6],
  ],
  ['a@-1[-5,5)', 'a@-1[-10,0)', 'b@-6[-10,0)', 'b@-6[-15,-5)'],
);

export const slidingWithAnOffset = inWindows(
  slidingWindows(10, 5, { offsetMs: 2 }),
  [
    ['a', 6],
    ['b', 7],
  ],
  ['a@6[2,12)', 'a@6[-3,7)', 'b@7[7,17)', 'b@7[2,12)'],
);

export const slidingWhosePeriodDoesNotDivideTheSize = inWindows(
  slidingWindows(10, 4),
  [
    ['a', 1],
    ['b', 2],
  ],
  ['a@1[0,10)', 'a@1[-4,6)', 'a@1[-8,2)', 'b@2[0,10)', 'b@2[-4,6)'],
);

export const slidingAsFixed = inWindows(
  slidingWindows(10, 10),
  [
    ['a', 9],
    ['b', 10],
  ],
  ['a@9[0,10)', 'b@10[10,20)'],
);

export const slidingGroups = conformanceCase((p) => {
  const words = stamped(p, ['a', 1], ['b', 6], ['c', 11]).windowInto(slidingWindows(10, 5));
  PAssert.that(grouped(words)).containsInAnyOrder(['a@4[-5,5)', 'a+b@9[0,10)', 'b+c@14[5,15)', 'c@19[10,20)']);
});

export const combinedBeforeTheEpoch = conformanceCase((p) => {
  const sums = stamped(p, ['1', -5], ['2', -1], ['4', 0])
    .windowInto(fixedWindows(5))
    .map('Number', (word) => ({ key: 'k', value: Number(word) }))
    .combinePerKey(sum());
  PAssert.that(where(sums.map(({ value }) => value))).containsInAnyOrder(['3@-1[-5,0)', '4@4[0,5)']);
});

const LATE = GLOBAL_WINDOW_MAX_TIMESTAMP - 100_000;

export const windowsAtTheEndOfTime = conformanceCase((p) => {
  for (const [name, windowFn] of Object.entries({
    fixed: fixedWindows(CENTURY),
    sliding: slidingWindows(CENTURY, CENTURY),
    sessions: sessionWindows(CENTURY),
  })) {
    const words = p
      .create(`${name}: words`, ['a', 'b'], { timestamps: [LATE, LATE] })
      .windowInto(`${name}: windows`, windowFn)
      .map(`${name}: key`, (word) => ({ key: 'k', value: word }))
      .groupByKey(`${name}: group`)
      .map(`${name}: joined`, ({ value }) => [...value].sort().join());
    PAssert.that(`${name}: check`, words).containsInAnyOrder(['a,b']);
  }
});

export const fixedOfTheLeastTimestamp = conformanceCase((p) => {
  const words = p
    .create('Words', ['a', 'b'], { timestamps: [MIN_TIMESTAMP, MIN_TIMESTAMP] })
    .windowInto(fixedWindows(86_400_000))
    .map('Key', (word) => ({ key: 'k', value: word }))
    .groupByKey();
  PAssert.that(words.map(({ value }) => [...value].sort().join())).containsInAnyOrder(['a,b']);
});

export const fixed = conformanceCase((p) => {
  const counted = stamped(p, ['a', 1], ['b', 9], ['c', 10], ['d', -1])
    .windowInto(fixedWindows(10))
    .map(() => 'x')
    .countPerElement();
  PAssert.that(where(counted.map(({ value }) => value))).containsInAnyOrder([
    '2@9[0,10)',
    '1@19[10,20)',
    '1@-1[-10,0)',
  ]);
});

export const fixedWithOffset = conformanceCase((p) => {
  const words = stamped(p, ['a', 1], ['b', 3], ['c', 12]).windowInto(fixedWindows(10, { offsetMs: 2 }));
  PAssert.that(where(words)).containsInAnyOrder(['a@1[-8,2)', 'b@3[2,12)', 'c@12[12,22)']);
});

export const sliding = conformanceCase((p) => {
  const words = stamped(p, ['a', 7], ['b', 12]).windowInto(slidingWindows(10, 5));
  PAssert.that(where(words)).containsInAnyOrder(['a@7[0,10)', 'a@7[5,15)', 'b@12[5,15)', 'b@12[10,20)']);
});

export const slidingCounts = conformanceCase((p) => {
  const counted = stamped(p, ['a', 7], ['b', 12], ['c', 14])
    .windowInto(slidingWindows(10, 5))
    .map(() => 'x')
    .countPerElement();
  PAssert.that(where(counted.map(({ value }) => value))).containsInAnyOrder(['1@9[0,10)', '3@14[5,15)', '2@19[10,20)']);
});
