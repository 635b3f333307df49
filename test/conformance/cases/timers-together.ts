import {
  combiningState,
  eventTimer,
  fixedWindows,
  processingTimer,
  slidingWindows,
  sum,
  type TimerContext,
  valueState,
} from 'millrace';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** Timers that set themselves and each other, and those of many keys and windows. */

const requires = ['state', 'timers'] as const;

const doubling = { state: { calls: combiningState(sum()) }, timers: { next: eventTimer() } };

/** Set twice it fires once, at the later instant; and once more, as it says when it fires. */
export const timerThatDoublesItself = conformanceCase(
  (p) => {
    const fired = p
      .create('Pairs', [
        { key: 'k1', value: 10 },
        { key: 'k2', value: 100 },
      ])
      .parDo<string, typeof doubling>(
        'Double',
        () => ({
          process({ value }, { timers }) {
            timers.next.set(value);
            timers.next.set(value * 2);
          },
          onTimer: {
            next: ({ key, firingTime, state, timers, output }) => {
              if (state.calls.read() === 0) timers.next.set(firingTime * 2);
              state.calls.add(1);
              output(`${key}@${firingTime}`);
            },
          },
        }),
        doubling,
      );
    PAssert.that(fired).containsInAnyOrder(['k1@20', 'k2@200', 'k1@40', 'k2@400']);
  },
  { requires },
);

const two = { state: { left: valueState<number>() }, timers: { ping: eventTimer(), pong: eventTimer() } };
type Two = typeof two;

/** Each sets the other for the next instant; in between nothing else may fire. */
export const twoTimersThatSetEachOther = conformanceCase(
  (p) => {
    const set =
      (other: 'ping' | 'pong') =>
      ({ firingTime, state, timers, output }: TimerContext<string, Two>): void => {
        const left = state.left.read() ?? 6;
        output(`${other} ${firingTime} ${left}`);
        state.left.write(left - 1);
        if (left > 1) timers[other].set(firingTime + 1);
      };
    const fired = p
      .create('Pairs', [{ key: 'k', value: 0 }], { timestamps: [0] })
      .windowInto(fixedWindows(100))
      .parDo<string, Two>(
        'Play',
        () => ({
          process(_, { timers }) {
            timers.ping.set(10);
          },
          onTimer: { ping: set('pong'), pong: set('ping') },
        }),
        two,
      );
    PAssert.that(fired).containsInAnyOrder([
      'pong 10 6',
      'ping 11 5',
      'pong 12 4',
      'ping 13 3',
      'pong 14 2',
      'ping 15 1',
    ]);
  },
  { requires },
);

const looping = { state: { count: valueState<number>() }, timers: { tick: eventTimer() } };

export const loopingTimerToTheEndOfTheWindow = conformanceCase(
  (p) => {
    const ticks = p
      .create('Pairs', [{ key: 'k', value: 0 }], { timestamps: [3] })
      .windowInto(fixedWindows(50))
      .parDo<number, typeof looping>(
        'Tick',
        () => ({
          process(_, { timers }) {
            timers.tick.set(10);
          },
          onTimer: {
            tick: ({ firingTime, timers, window, output }) => {
              output(firingTime);
              if (firingTime + 10 <= window.maxTimestamp) timers.tick.set(firingTime + 10);
            },
          },
        }),
        looping,
      );
    PAssert.that(ticks).containsInAnyOrder([10, 20, 30, 40]);
  },
  { requires },
);

const wide = { timers: { at: eventTimer() } };

export const timersOfAnElementInSlidingWindows = conformanceCase(
  (p) => {
    const fired = p
      .create('Pairs', [{ key: 'k', value: 0 }], { timestamps: [7] })
      .windowInto(slidingWindows(10, 5))
      .parDo<string, typeof wide>(
        'Timed',
        () => ({
          process(_, { timers, window }) {
            timers.at.set(window.maxTimestamp);
          },
          onTimer: { at: ({ window, firingTime, output }) => output(`${window.start}-${window.end} ${firingTime}`) },
        }),
        wide,
      );
    PAssert.that(fired).containsInAnyOrder(['0-10 9', '5-15 14']);
  },
  { requires: ['timers'] },
);

export const timersOfManyKeys = conformanceCase(
  (p) => {
    const fired = p
      .create(
        'Numbers',
        Array.from({ length: 100 }, (_, i) => i),
      )
      .keyBy((n) => `k${n}`)
      .parDo<string, typeof wide>(
        'Timed',
        () => ({
          process({ value }, { timers }) {
            timers.at.set(1_000 - value);
          },
          onTimer: { at: ({ key, firingTime, output }) => output(`${key}@${firingTime}`) },
        }),
        wide,
      );
    PAssert.that(fired).containsInAnyOrder(Array.from({ length: 100 }, (_, i) => `k${i}@${1_000 - i}`));
  },
  { requires: ['timers'] },
);

/** A key may be nothing. */
export const timerOfANullKey = conformanceCase(
  (p) => {
    const fired = p
      .create('Numbers', [1])
      .keyBy(() => null)
      .parDo<string, typeof wide>(
        'Timed',
        () => ({
          process(_, { timers }) {
            timers.at.set(5);
          },
          onTimer: { at: ({ key, output }) => output(`${key}`) },
        }),
        wide,
      );
    PAssert.that(fired).containsInAnyOrder(['null']);
  },
  { requires: ['timers'] },
);

const clocked = { state: { seen: valueState<number>() }, timers: { idle: processingTimer() } };

/** Every element puts the timer off, so that it fires once, that long after the last. */
export const timerByTheClockPutOffByElements = conformanceCase(
  (p) => {
    const stream = testStream<number>()
      .addElements(timestamped(1, 1))
      .advanceProcessingTime(60)
      .addElements(timestamped(2, 2))
      .advanceProcessingTime(60)
      .addElements(timestamped(3, 3))
      .advanceProcessingTime(100)
      .advanceWatermarkToInfinity();
    const idle = p
      .apply(stream)
      .keyBy(() => 'k')
      .parDo<number, typeof clocked>(
        'Idle',
        () => ({
          process(_, { state, timers }) {
            state.seen.write((state.seen.read() ?? 0) + 1);
            timers.idle.setAfter(100);
          },
          onTimer: { idle: ({ state, output }) => output(state.seen.read()!) },
        }),
        clocked,
      );
    PAssert.that(idle).containsInAnyOrder([3]);
  },
  { requires: [...requires, 'testStream'], alone: true },
);
