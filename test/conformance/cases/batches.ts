import { groupIntoBatches, hours, type KV, processingTimer, seconds, valueState } from 'millrace';
import { type Coder, kvCoder, stringUtf8Coder, varintCoder } from 'millrace/coders';
import { PAssert, testStream } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const pairs: Coder<KV<string, number>> = kvCoder(stringUtf8Coder(), varintCoder());
const pair = (value: number): KV<string, number> => ({ key: 'k', value });
const sorted = ({ value }: KV<string, number[]>): string => [...value].sort().join();

const requires = ['state', 'timers', 'windowExpiration'] as const;

export const batchesThatHaveWaitedLongEnough = conformanceCase(
  (p) => {
    // Some engines hand elements to a step with state when the watermark moves, not before.
    const script = testStream(pairs)
      .addElements(pair(1), pair(2))
      .advanceWatermark(1)
      .advanceProcessingTime(seconds(10))
      .addElements(pair(3))
      .advanceWatermark(2)
      .advanceProcessingTime(seconds(5))
      .addElements(pair(4))
      .advanceWatermarkToInfinity();
    const batches = p.apply(script).apply(groupIntoBatches({ size: 10, maxDelay: seconds(10) }));
    PAssert.that(batches.map(sorted)).containsInAnyOrder(['1,2', '3,4']);
  },
  { requires: [...requires, 'testStream'] },
);

export const batchesWaitNoLongerThanTheirWindow = conformanceCase(
  (p) => {
    const batches = p
      .create('Pairs', [pair(1), pair(2), pair(3)])
      .apply(groupIntoBatches({ size: 2, maxDelay: hours(1) }));
    PAssert.that(batches.map(({ value }) => value.length)).containsInAnyOrder([2, 1]);
  },
  { requires },
);

export const timerByTheClockOfAWindowThatHasExpired = conformanceCase(
  (p) => {
    const declared = { state: { sum: valueState<number>() }, timers: { later: processingTimer() } };
    const sums = p.create('Pairs', [pair(1), pair(2)]).parDo<string, typeof declared>(
      'Summed',
      () => ({
        process({ value }, { state, timers }) {
          state.sum.write((state.sum.read() ?? 0) + value);
          timers.later.setAfter(50, { tag: String(value) });
        },
        onTimer: {
          // It may still come on some engines, and has nothing to say any more.
          later({ state, output }) {
            const sum = state.sum.read();
            if (sum !== undefined) output(`before: ${sum}`);
            state.sum.clear();
          },
        },
        onWindowExpiration({ state, output }) {
          const sum = state.sum.read();
          if (sum !== undefined) output(`at the end: ${sum}`);
        },
      }),
      declared,
    );
    PAssert.that(sums.map((text) => text.replace(/^.*: /, ''))).containsInAnyOrder(['3']);
  },
  { requires },
);
