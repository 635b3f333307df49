import {
  combiningState,
  type DoFn,
  eventTimer,
  type KV,
  type OffsetRange,
  OffsetRangeTracker,
  type Pipeline,
  type PipelineDefinition,
  processingTimer,
  type SplittableFn,
  splittable,
  valueState,
} from 'millrace';
import { conformanceCase, type Requirement } from '../case.js';

type Pair = KV<string, number>;

const declared = {
  state: {
    last: valueState<number>(),
    sum: combiningState<number, number, number>({
      createAccumulator: () => 0,
      addInput(sum, n) {
        if (n < 0) throw new Error('nothing below zero');
        return sum + n;
      },
      mergeAccumulators: (a, b) => a + b,
      extractOutput: (sum) => sum,
    }),
  },
  timers: { end: eventTimer(), soon: processingTimer() },
};
type Declared = typeof declared;

const failing = (): never => {
  throw new Error('does not go on');
};

/**
 * A DoFn with state that goes well but for what it is given. It sets one of its timers: Prism 2.77 goes round in a circle where
 * a bundle fails and a timer by the clock of the same key is due.
 */
const stateful =
  (parts: Partial<DoFn<Pair, string, Declared>>, timer: keyof Declared['timers'] = 'end') =>
  (p: Pipeline): void => {
    p.create<Pair>('Pairs', [
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]).parDo<string, Declared>(
      'Remember',
      () => ({
        process({ value }, { state, timers, window }) {
          state.last.write(value);
          if (timer === 'end') timers.end.set(window.maxTimestamp);
          else timers.soon.setAfter(1);
        },
        onTimer: { end: () => {}, soon: () => {} },
        ...parts,
      }),
      declared,
    );
  };

const fails = (
  build: (p: Pipeline) => void,
  requires: readonly Requirement[],
  saying = ['Remember', 'does not go on'],
): PipelineDefinition => conformanceCase(build, { requires, fails: 'FUNCTION_THREW', saying });

const requires = ['state', 'timers'] as const;

export const setupBesideStateThrows = fails(stateful({ setup: failing }), requires);
export const startBundleBesideStateThrows = fails(stateful({ startBundle: failing }), requires);
export const processBesideStateThrows = fails(stateful({ process: failing }), requires);
export const finishBundleBesideStateThrows = fails(stateful({ finishBundle: failing }), requires);
export const timerInEventTimeThrows = fails(stateful({ onTimer: { end: failing, soon: () => {} } }), requires);
export const timerByTheClockThrows = fails(stateful({ onTimer: { end: () => {}, soon: failing } }, 'soon'), requires);
export const windowExpirationThrows = fails(stateful({ onWindowExpiration: failing }), [
  ...requires,
  'windowExpiration',
]);
export const combiningStateThrows = fails(
  stateful({
    process: (_, { state }) => {
      state.sum.add(-1);
    },
  }),
  requires,
  ['Remember', 'nothing below zero'],
);

type Reading = SplittableFn<string, string, OffsetRange, number>;

/** A splittable function that goes well but for what it is given. */
const reading =
  (parts: Partial<Reading>) =>
  (p: Pipeline): void => {
    const fn: Reading = {
      initialRestriction: (word) => ({ from: 0, to: word.length }),
      newTracker: (range) => new OffsetRangeTracker(range),
      *process(word, tracker, context) {
        for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
          context.output(word[at]!);
          yield;
        }
      },
      ...parts,
    };
    p.create('Words', ['ab', 'c']).read('Letters', () => splittable(fn));
  };

const splits = ['splittable'] as const;
const letters = ['Letters', 'does not go on'];

export const initialRestrictionThrows = fails(reading({ initialRestriction: failing }), splits, letters);
export const splitThrows = fails(reading({ split: failing }), splits, letters);
export const newTrackerThrows = fails(reading({ newTracker: failing }), splits, letters);
export const splittableProcessThrows = fails(reading({ process: failing }), splits, letters);
