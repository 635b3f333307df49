import {
  eventTimer,
  type PCollection,
  type ProcessContext,
  processingTimer,
  type TimerContext,
  valueState,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Pair, pairs } from '../shapes/pairs.js';

const requires = ['timers'] as const;

const withState = { requires: ['state', 'timers'] } as const;

const retry = { timers: { retry: processingTimer() } };

type Retry = typeof retry;

function byClock(
  input: PCollection<Pair>,
  set: (element: Pair, context: ProcessContext<string, Retry>) => void,
  onRetry: (context: TimerContext<string, Retry>) => void = ({ key, timestamp, output }) =>
    output(`${key}@${timestamp}`),
): PCollection<string> {
  return input.parDo<string, Retry>('ByClock', () => ({ process: set, onTimer: { retry: onRetry } }), retry);
}

export const timerByTheClockFires = conformanceCase(
  (p) => {
    const seen = byClock(pairs(p, ['a', 1, 3], ['b', 2, 4]), (_, { timers }) => timers.retry.setAfter(20));
    PAssert.that(seen).containsInAnyOrder(['a@3', 'b@4']);
  },
  { requires },
);

export const timerByTheClockIsCleared = conformanceCase(
  (p) => {
    const seen = byClock(pairs(p, ['a', 1, 3], ['b', 2, 4]), ({ key }, { timers }) => {
      timers.retry.setAfter(20);
      if (key === 'a') timers.retry.clear();
    });
    PAssert.that(seen).containsInAnyOrder(['b@4']);
  },
  { requires },
);

export const timersByTheClockByTags = conformanceCase(
  (p) => {
    const seen = byClock(
      pairs(p, ['a', 1, 0]),
      (_, { timers }) => {
        timers.retry.setAfter(30, { tag: 'x', outputTimestamp: 5 });
        timers.retry.setAfter(10, { tag: 'y', alignTo: 10 });
        timers.retry.setAfter(20, { tag: 'z' });
        timers.retry.clear('z');
      },
      ({ tag, timestamp, output }) => output(`${tag}@${timestamp}`),
    );
    PAssert.that(seen).containsInAnyOrder(['x@5', 'y@0']);
  },
  { requires },
);

export const timersOfBothKinds = conformanceCase((p) => {
  const declared = {
    state: { sum: valueState<number>() },
    timers: { flush: eventTimer(), retry: processingTimer() },
  };
  const seen = pairs(p, ['a', 1, 3], ['a', 2, 4]).parDo<string, typeof declared>(
    'Both',
    () => ({
      process({ value }, { state, timers }) {
        state.sum.write((state.sum.read() ?? 0) + value);
        timers.flush.set(50);
        timers.retry.setAfter(20, { outputTimestamp: 10 });
      },
      onTimer: {
        flush: ({ output }) => output('flush'),
        retry: ({ output }) => output('retry'),
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['flush', 'retry']);
}, withState);
