import {
  bagState,
  type DoFn,
  eventTimer,
  type FinishBundleContext,
  fixedWindows,
  outputTag,
  type ProcessContext,
  type TimerContext,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { scripted } from '../script.js';
import { type Pair, pairs } from '../shapes/pairs.js';
import { type Flush, flush, timed } from '../shapes/timed.js';
import { where } from '../shapes/where.js';

const requires = ['timers'] as const;

const withState = { requires: ['state', 'timers'] } as const;

export const timerSeesWhatItWasSetTo = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 3]),
      (_, { timers }) => timers.flush.set(50, { outputTimestamp: 20, tag: 'x' }),
      ({ key, tag, firingTime, timestamp, output }) => output(`${key} ${tag} ${firingTime} ${timestamp}`),
    );
    PAssert.that(where(seen)).containsInAnyOrder(['a x 50 20@20global']);
  },
  { requires },
);

export const timerEmitsAtItsOutputTimestamp = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 3]).windowInto(fixedWindows(100)),
      (_, { timers }) => timers.flush.set(50, { outputTimestamp: 7 }),
      ({ key, output }) => output(String(key)),
    );
    PAssert.that(where(seen)).containsInAnyOrder(['a@7[0,100)']);
  },
  { requires },
);

export const timerMovesWhatItEmitsOn = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 3]).windowInto(fixedWindows(100)),
      (_, { timers }) => timers.flush.set(50, { outputTimestamp: 7 }),
      (context) => context.outputWithTimestamp(context.key as string, 8),
    );
    PAssert.that(where(seen)).containsInAnyOrder(['a@8[0,100)']);
  },
  { requires },
);

export const timerHoldsTheWatermarkAtItsOutputTimestamp = conformanceCase(
  (p) => {
    const input = scripted(p, [
      { key: 'a', value: 1, at: 2 },
      { watermark: 100 },
      { key: 'b', value: 1, at: 103 },
      { watermark: 200 },
      { key: 'b', value: 1, at: 203 },
    ]);
    const seen = timed(
      input,
      ({ key }, { timers, timestamp }) => {
        if (key === 'a') timers.flush.set(150, { outputTimestamp: timestamp });
      },
      ({ key, output }) => output(String(key)),
    );
    // Nothing of this window is dropped, though the input was at 100 long before.
    const counts = seen
      .windowInto(fixedWindows(10))
      .countPerElement('Count')
      .map(({ key, value }) => `${key}${value}`);
    PAssert.that(where(counts)).containsInAnyOrder(['a1@9[0,10)']);
  },
  { requires },
);

export const timersWithSeveralOutputs = conformanceCase(
  (p) => {
    const alert = outputTag('alert').of<string>();
    const { main, alert: alerts } = pairs(p, ['a', 1, 0], ['b', 9, 0]).parDo(
      'Alerts',
      (): DoFn<Pair, string, Flush> => ({
        process({ value }, { timers }) {
          timers.flush.set(value);
        },
        onTimer: {
          flush(context: TimerContext<string, Flush>) {
            if (context.firingTime > 5) context.outputTagged(alert, String(context.key));
            else context.output(String(context.key));
          },
        },
      }),
      { ...flush, outputs: [alert] },
    );
    PAssert.that('quiet', main).containsInAnyOrder(['a']);
    PAssert.that('loud', alerts).containsInAnyOrder(['b']);
  },
  { requires },
);

export const groupByKeyBehindTimers = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { end: eventTimer() } };
  const totals = pairs(p, ['a', 1, 1], ['a', 2, 2], ['b', 4, 3], ['a', 8, 11])
    .windowInto(fixedWindows(10))
    .parDo<Pair, typeof declared>(
      'Collect',
      () => ({
        process({ value }, { state, timers, window }) {
          state.bag.add(value);
          timers.end.set(window.maxTimestamp);
        },
        onTimer: {
          end: ({ key, state, output }) => {
            for (const value of state.bag.read()) output({ key: String(key), value });
          },
        },
      }),
      declared,
    )
    .groupByKey()
    .map('Total', ({ key, value }) => `${key}${[...value].reduce((a, b) => a + b, 0)}`);
  PAssert.that(where(totals)).containsInAnyOrder(['a3@9[0,10)', 'b4@9[0,10)', 'a8@19[10,20)']);
}, withState);

/** Keeps what its timers emit until the bundle ends. */
class EmitsAtTheEnd implements DoFn<Pair, string, Flush> {
  private held: { readonly text: string; readonly at: number }[] = [];
  private open = false;

  startBundle(): void {
    this.open = true;
  }

  process({ value }: Pair, { timers, timestamp }: ProcessContext<string, Flush>): void {
    timers.flush.set(value, { outputTimestamp: timestamp });
  }

  readonly onTimer = {
    flush: ({ key, timestamp }: TimerContext<string, Flush>): void => {
      if (!this.open) throw new Error('a timer has fired outside of a bundle');
      this.held.push({ text: String(key), at: timestamp });
    },
  };

  finishBundle(context: FinishBundleContext<string>): void {
    for (const { text, at } of this.held) context.output(text, at, fixed(at));
    this.held = [];
    this.open = false;
  }
}

function fixed(at: number) {
  const start = Math.floor(at / 10) * 10;
  return { start, end: start + 10, maxTimestamp: start + 9 };
}

export const finishBundleComesBeforeTheWatermark = conformanceCase(
  (p) => {
    const input = scripted(p, [
      { key: 'a', value: 5, at: 2 },
      { watermark: 8 },
      { key: 'b', value: 19, at: 13 },
      { watermark: 30 },
    ]).windowInto(fixedWindows(10));
    const seen = input.parDo<string, Flush>('Bundles', () => new EmitsAtTheEnd(), flush);
    const counts = seen.countPerElement('Count').map(({ key, value }) => `${key}${value}`);
    PAssert.that(where(counts)).containsInAnyOrder(['a1@9[0,10)', 'b1@19[10,20)']);
  },
  { requires },
);
