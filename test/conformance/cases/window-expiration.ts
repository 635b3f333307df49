import { eventTimer, fixedWindows, type PCollection, valueState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { scripted } from '../script.js';
import { type Pair, pairs } from '../shapes/pairs.js';
import { where } from '../shapes/where.js';

const adding = { state: { sum: valueState<number>() } };

/** The sum of the values of a key, when its window expires: `key=sum`. */
const sums = (input: PCollection<Pair>): PCollection<string> =>
  input.parDo<string, typeof adding>(
    'Sums',
    () => ({
      process({ value }, { state }) {
        state.sum.write((state.sum.read() ?? 0) + value);
      },
      onWindowExpiration: ({ key, state, output }) => output(`${key}=${state.sum.read()}`),
    }),
    adding,
  );

const expiring = { state: { sum: valueState<number>() }, timers: { end: eventTimer() } };

type Expiring = typeof expiring;

export const windowExpirationSeesTheState = conformanceCase(
  (p) => {
    const input = pairs(p, ['a', 1, 1], ['a', 2, 2], ['b', 4, 3], ['a', 8, 11]).windowInto(fixedWindows(10));
    PAssert.that(where(sums(input))).containsInAnyOrder(['a=3@9[0,10)', 'b=4@9[0,10)', 'a=8@19[10,20)']);
  },
  { requires: ['state', 'windowExpiration'] },
);

export const windowExpirationComesAfterTimers = conformanceCase(
  (p) => {
    const seen = pairs(p, ['a', 1, 1], ['a', 2, 2])
      .windowInto(fixedWindows(10))
      .parDo<string, Expiring>(
        'Order',
        () => ({
          process({ value }, { state, timers, window }) {
            state.sum.write((state.sum.read() ?? 0) + value);
            timers.end.set(window.maxTimestamp);
          },
          onTimer: {
            end: ({ state, output }) => {
              output(`timer ${state.sum.read()}`);
              state.sum.write(100);
            },
          },
          onWindowExpiration: ({ state, output }) => output(`expired ${state.sum.read()}`),
        }),
        expiring,
      );
    PAssert.that(seen).containsInAnyOrder(['timer 3', 'expired 100']);
  },
  { requires: ['state', 'timers', 'windowExpiration'] },
);

export const windowExpirationOfTheGlobalWindow = conformanceCase(
  (p) => {
    PAssert.that(sums(pairs(p, ['a', 1], ['a', 2], ['b', 4]))).containsInAnyOrder(['a=3', 'b=4']);
  },
  { requires: ['state', 'windowExpiration'] },
);

export const windowExpirationHoldsTheWatermark = conformanceCase(
  (p) => {
    const input = scripted(p, [
      { key: 'a', value: 1, at: 2 },
      { watermark: 15 },
      { key: 'a', value: 2, at: 3 },
      { watermark: 18 },
      { key: 'b', value: 1, at: 22 },
    ]);
    // The windowing without any lateness drops nothing: the watermark behind the step waited.
    const counted = sums(input.windowInto(fixedWindows(10), { allowedLateness: 10 }))
      .windowInto('Strict', fixedWindows(10))
      .countPerElement('Count')
      .map(({ key }) => key);
    PAssert.that(where(counted)).containsInAnyOrder(['a=3@9[0,10)', 'b=1@29[20,30)']);
  },
  { requires: ['state', 'windowExpiration'] },
);
