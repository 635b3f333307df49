import {
  afterCount,
  asSingleton,
  type CodedCombineFn,
  type CombineGloballyOptions,
  count,
  fixedWindows,
  globalWindow,
  largest,
  latest,
  max,
  mean,
  min,
  type PCollection,
  type Pipeline,
  reduce,
  repeatedly,
  sessionWindows,
  slidingWindows,
  sum,
  toList,
  type WindowOptions,
} from 'millrace';
import { varintCoder } from 'millrace/coders';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const nothing = (p: Pipeline): PCollection<number> => p.create('Nothing', [1]).filter('Filter', () => false);

/** What a function makes of nothing in the global window. */
const ofNothing = <A, O>(
  fn: () => CodedCombineFn<number, A, O>,
  expected: readonly O[],
  options: CombineGloballyOptions = {},
) => conformanceCase((p) => PAssert.that(nothing(p).combineGlobally(fn(), options)).containsInAnyOrder(expected));

export const countOfNothing = ofNothing(count, [0]);
export const sumOfNothing = ofNothing(sum, [0]);
export const meanOfNothing = ofNothing(mean, [Number.NaN]);
export const largestOfNothing = ofNothing(() => largest<number>(3), [[]]);
export const listOfNothing = ofNothing(() => toList<number>(), [[]]);
export const sumOfNothingAskedFor = ofNothing(sum, [0], { defaultValue: true });
export const fanoutOfNothing = ofNothing(sum, [0], { fanout: 3 });
export const sumOfNothingWithoutADefault = ofNothing(sum, [], { defaultValue: false });
export const fanoutOfNothingWithoutADefault = ofNothing(sum, [], { fanout: 3, defaultValue: false });

/** They choose among what there is. Beam gives null here, which is none of the elements. */
export const minOfNothing = ofNothing(() => min<number>(), []);
export const maxOfNothing = ofNothing(() => max<number>(), []);
export const reductionOfNothing = ofNothing(() => reduce<number>((a, b) => a + b), []);
export const latestOfNothing = conformanceCase((p) => PAssert.that(nothing(p).apply(latest())).empty());

/** A function of the author's begins with what it is given. */
export const defaultOfAFunctionOfOnesOwn = ofNothing(
  (): CodedCombineFn<number, { text: string }, string> => ({
    createAccumulator: () => ({ text: '' }),
    addInput: ({ text }, n) => ({ text: `${text}${n}` }),
    mergeAccumulators: (a, b) => ({ text: a.text + b.text }),
    extractOutput: ({ text }) => `(${text})`,
  }),
  ['()'],
);

export const noDefaultBesideAResult = conformanceCase((p) => {
  const numbers = p.create('Numbers', [3, 1, 4]);
  PAssert.that('Sum', numbers.combineGlobally(sum())).containsInAnyOrder([8]);
  PAssert.that('Asked for', numbers.combineGlobally(sum(), { defaultValue: true })).containsInAnyOrder([8]);
  PAssert.that('Not asked for', numbers.combineGlobally(sum(), { defaultValue: false })).containsInAnyOrder([8]);
});

/** A result that is what would be made of nothing is a result. */
export const noDefaultBesideAResultThatIsTheSame = conformanceCase((p) =>
  PAssert.that(p.create('Numbers', [1, -1]).combineGlobally(sum())).containsInAnyOrder([0]),
);

/** Nobody knows which windows are empty: Beam refuses defaults there, and we give none. */
export const noDefaultInOtherWindows = conformanceCase((p) => {
  PAssert.that('Fixed', nothing(p).windowInto(fixedWindows(10)).combineGlobally(sum())).empty();
});
export const noDefaultInSlidingWindows = conformanceCase((p) => {
  PAssert.that(nothing(p).windowInto(slidingWindows(10, 5)).combineGlobally(count())).empty();
});
export const noDefaultInSessions = conformanceCase((p) => {
  PAssert.that(nothing(p).windowInto(sessionWindows(10)).combineGlobally(toList())).empty();
});

export const defaultInTheGlobalWindowAgain = conformanceCase((p) =>
  PAssert.that(
    nothing(p).windowInto('Windows', fixedWindows(10)).windowInto('Global', globalWindow()).combineGlobally(count()),
  ).containsInAnyOrder([0]),
);

/** The default is an element like others. */
export const defaultCombinedAgain = conformanceCase((p) => {
  const zero = nothing(p).combineGlobally('Sum', sum());
  PAssert.that('Number of defaults', zero.combineGlobally('Count', count())).containsInAnyOrder([1]);
  PAssert.that('By key', zero.keyBy('Key', (n) => n).countPerKey()).containsInAnyOrder([{ key: 0, value: 1 }]);
  PAssert.that(
    'At the end of its window',
    zero.windowInto(fixedWindows(10)).map((n) => n + 1),
  ).containsInAnyOrder([1]);
});

export const defaultThatIsCoded = conformanceCase((p) =>
  PAssert.that(nothing(p).combineGlobally(count()).withCoder(varintCoder())).containsInAnyOrder([0]),
);

export const defaultAsASideInput = conformanceCase(
  (p) => {
    const total = nothing(p).combineGlobally(sum());
    const seen = p.create('Main', [1, 2]).map('See', (n, { total }) => `${n} of ${total}`, {
      sideInputs: { total: asSingleton(total) },
    });
    PAssert.that(seen).containsInAnyOrder(['1 of 0', '2 of 0']);
  },
  { requires: ['sideInputs'] },
);

/** Under a trigger the result comes in panes, and a default where none of them has come by the end. */
const triggered = (
  accumulation: NonNullable<WindowOptions['accumulation']>,
  numbers: readonly number[],
  expected: readonly number[],
) =>
  conformanceCase(
    (p) => {
      const stream = numbers
        .reduce((events, n) => events.addElements(timestamped(n, n)), testStream<number>())
        .advanceWatermarkToInfinity();
      const sums = p
        .apply('Numbers', stream)
        .windowInto('Global', globalWindow(), {
          trigger: repeatedly(afterCount(1)),
          accumulation,
          onTimeBehavior: 'FIRE_IF_NONEMPTY',
        })
        .combineGlobally(sum());
      // A runner may fire a pane once more at the end; it holds what the one before has held.
      PAssert.that(sums).satisfies((seen) => {
        if ([...new Set(seen)].sort().join() !== expected.join()) throw new Error(`${seen}, and not ${expected}`);
        if (seen.filter((n) => n === 0).length > 1) throw new Error(`${seen}: more than one default`);
      });
    },
    { requires: ['testStream', 'triggers'], alone: true },
  );

export const defaultUnderATriggerThatDiscards = triggered('discarding', [], [0]);
export const defaultUnderATriggerThatAccumulates = triggered('accumulating', [], [0]);
export const noDefaultBesidePanesThatDiscard = triggered('discarding', [3, 1], [1, 3]);
export const noDefaultBesidePanesThatAccumulate = triggered('accumulating', [3, 1], [3, 4]);
