import {
  bagState,
  combiningState,
  definePipeline,
  eventTimer,
  fixedWindows,
  mapState,
  processingTimer,
  sum,
  valueState,
} from 'millrace';
import { waitUntil } from './gate.js';

import { goOn, type Pair, pair, pairs } from './shapes.js';

/** State of several keys. */
export const counting = definePipeline({
  name: 'counting',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('b', 2), pair('a', 3)).parDo(
        'count',
        () => ({
          process({ key }: Pair, { state, output }) {
            const count = (state.count.read() ?? 0) + 1;
            state.count.write(count);
            output(`${key}: ${count}`);
          },
        }),
        { state: { count: valueState<number>() } },
      ),
    );
  },
});

/** Cells of several kinds, written in one bundle and read in a later one, which a timer makes. */
export const remembering = definePipeline({
  name: 'remembering',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('a', 2), pair('a', 3), pair('a', 4)).parDo(
        'remember',
        () => ({
          process({ value }: Pair, { state, timers }) {
            state.all.add(`the value ${value}`);
            state.sum.add(value);
            state.squares.put(value, value * value);
            state.squares.put(1, value);
            timers.end.set(10);
          },
          onTimer: {
            end({ key, state, output }) {
              const squares = [...state.squares.entries()].sort(([a], [b]) => a - b);
              output(JSON.stringify([key, [...state.all.read()].sort(), state.sum.read(), squares]));
              state.all.clear();
              state.squares.remove(1);
            },
          },
        }),
        {
          state: { all: bagState<string>(), sum: combiningState(sum()), squares: mapState<number, number>() },
          timers: { end: eventTimer() },
        },
      ),
    );
  },
});

/** Timers in event time: by tags, cleared, set again, and such that set others. */
export const eventTimers = definePipeline({
  name: 'event-timers',
  build(p) {
    goOn(
      pairs(p, pair('k', 0)).parDo(
        'time',
        () => ({
          process(_: Pair, { timers }) {
            timers.later.set(20, { tag: 'two', outputTimestamp: 3 });
            timers.later.set(10, { tag: 'one' });
            timers.later.set(15, { tag: 'never' });
            timers.later.clear('never');
            timers.later.set(30, { tag: 'moved' });
            timers.later.set(5, { tag: 'moved' });
          },
          onTimer: {
            later({ tag, timestamp, firingTime, timers, output }) {
              output(`${tag} ${timestamp} ${firingTime}`);
              if (tag === 'two') timers.later.set(40, { tag: 'again' });
            },
          },
        }),
        { timers: { later: eventTimer() } },
      ),
    );
  },
});

/** Timers by the clock, one of which is cleared. */
export const clockTimers = definePipeline({
  name: 'clock-timers',
  build(p) {
    goOn(
      pairs(p, pair('k', 0)).parDo(
        'time',
        () => ({
          process(_: Pair, { timers }) {
            timers.soon.setAfter(1, { outputTimestamp: 7 });
            timers.soon.setAfter(2, { tag: 'never' });
            timers.soon.clear('never');
          },
          onTimer: {
            soon({ tag, timestamp, timers, output }) {
              output(`soon${tag} ${timestamp}`);
              if (tag === '') timers.soon.setAfter(1, { tag: ' again' });
            },
          },
        }),
        { timers: { soon: processingTimer() } },
      ),
    );
  },
});

/** Two families, whose timers are due among each other. */
export const twoFamilies = definePipeline({
  name: 'two-families',
  build(p) {
    goOn(
      pairs(p, pair('a', 0), pair('b', 1)).parDo(
        'time',
        () => ({
          process(_: Pair, { timers }) {
            timers.other.set(40);
            timers.one.set(30, { tag: 'late' });
            timers.other.set(20, { tag: 'early' });
            timers.one.set(10);
          },
          onTimer: {
            one: ({ key, firingTime, output }) => output(`${key} one ${firingTime}`),
            other: ({ key, firingTime, output }) => output(`${key} other ${firingTime}`),
          },
        }),
        { timers: { one: eventTimer(), other: eventTimer() } },
      ),
    );
  },
});

/** The end of windows, which is a timer of ours. */
export const expiration = definePipeline({
  name: 'expiration',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('a', 12))
        .windowInto('windows', fixedWindows(10))
        .parDo(
          'count',
          () => ({
            process(_: Pair, { state, timers, window }) {
              state.count.write((state.count.read() ?? 0) + 1);
              timers.before.set(window.maxTimestamp - 5);
            },
            onTimer: {
              before({ state, timers, window }) {
                state.count.write((state.count.read() ?? 0) + 10);
                // Due at once, and still before the end of the window.
                if ((state.count.read() ?? 0) < 20) timers.before.set(window.maxTimestamp);
              },
            },
            onWindowExpiration: ({ key, window, state, output }) =>
              output(`${key} ${window.start} ${state.count.read()}`),
          }),
          { state: { count: valueState<number>() }, timers: { before: eventTimer() } },
        ),
    );
  },
});

/** Elements of one key, in a bundle that an engine would like to split before it begins. */
export const keyWithState = definePipeline({
  name: 'key-with-state',
  build(p) {
    goOn(
      pairs(p, pair('a', 1), pair('a', 2), pair('a', 3)).parDo(
        'count',
        () => ({
          startBundle: () => waitUntil('before the first of the key', 'processBundleSplit'),
          process(_: Pair, { state, output }) {
            const count = (state.count.read() ?? 0) + 1;
            state.count.write(count);
            output(count);
          },
        }),
        { state: { count: valueState<number>() } },
      ),
    );
  },
});
