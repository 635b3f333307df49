import { bagState, eventTimer, fixedWindows, slidingWindows, type TimerContext, valueState } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { scripted } from '../script.js';
import { pairs } from '../shapes/pairs.js';
import { timed } from '../shapes/timed.js';
import { where } from '../shapes/where.js';

const requires = ['timers'] as const;

const withState = { requires: ['state', 'timers'] } as const;

export const timerAtTheEndOfTheWindow = conformanceCase(
  (p) => {
    const input = pairs(p, ['a', 1, 3], ['b', 2, 5], ['a', 3, 12]).windowInto(fixedWindows(10));
    const seen = timed(input, (_, { timers, window }) => timers.flush.set(window.maxTimestamp));
    PAssert.that(where(seen)).containsInAnyOrder(['a@9@9[0,10)', 'b@9@9[0,10)', 'a@19@19[10,20)']);
  },
  { requires },
);

export const timersFireInOrderOfTime = conformanceCase((p) => {
  const declared = { state: { fired: bagState<string>(), order: valueState<string>() }, timers: { at: eventTimer() } };
  const seen = pairs(p, ['a', 1, 0]).parDo<string, typeof declared>(
    'Order',
    () => ({
      process(_, { timers }) {
        for (const at of [30, 10, 40, 20]) timers.at.set(at, { tag: `t${at}` });
      },
      onTimer: {
        at: ({ tag, state, output }) => {
          const order = `${state.order.read() ?? ''}${tag} `;
          state.order.write(order);
          if (tag === 't40') output(order.trim());
        },
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['t10 t20 t30 t40']);
}, withState);

export const timersOfTwoFamiliesFireInOrderOfTime = conformanceCase((p) => {
  const declared = { state: { order: valueState<string>() }, timers: { one: eventTimer(), other: eventTimer() } };
  type Context = TimerContext<string, typeof declared>;
  const fired = ({ state, firingTime, output }: Context): void => {
    const order = `${state.order.read() ?? ''}${firingTime} `;
    state.order.write(order);
    if (firingTime === 40) output(order.trim());
  };
  const seen = pairs(p, ['a', 1, 0]).parDo<string, typeof declared>(
    'Order',
    () => ({
      process(_, { timers }) {
        timers.other.set(40, { tag: 'last' });
        timers.one.set(30, { tag: 'late' });
        timers.other.set(20);
        timers.one.set(10);
      },
      onTimer: { one: fired, other: fired },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['10 20 30 40']);
}, withState);

export const timerSetAgainFiresOnce = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 0], ['b', 1, 0]),
      ({ key }, { timers }) => {
        timers.flush.set(10);
        timers.flush.set(key === 'a' ? 30 : 5);
      },
      ({ key, firingTime, output }) => output(`${key}${firingTime}`),
    );
    PAssert.that(seen).containsInAnyOrder(['a30', 'b5']);
  },
  { requires },
);

export const timerPutOffByEveryElement = conformanceCase((p) => {
  const declared = { state: { last: valueState<number>() }, timers: { quiet: eventTimer() } };
  const seen = pairs(p, ['a', 1, 1], ['a', 1, 4], ['a', 1, 2], ['b', 1, 7]).parDo<string, typeof declared>(
    'Quiet',
    () => ({
      process(_, { state, timers, timestamp }) {
        const last = Math.max(state.last.read() ?? 0, timestamp);
        state.last.write(last);
        timers.quiet.set(last + 10);
      },
      onTimer: { quiet: ({ key, firingTime, output }) => output(`${key} quiet at ${firingTime}`) },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['a quiet at 14', 'b quiet at 17']);
}, withState);

export const timerThatSetsItselfAgain = conformanceCase(
  (p) => {
    const input = pairs(p, ['a', 1, 2]).windowInto(fixedWindows(100));
    const seen = timed(
      input,
      (_, { timers }) => timers.flush.set(30),
      ({ timers, firingTime, window, output }) => {
        output(String(firingTime));
        if (firingTime + 30 < window.end) timers.flush.set(firingTime + 30);
      },
    );
    PAssert.that(seen).containsInAnyOrder(['30', '60', '90']);
  },
  { requires },
);

export const timerByTags = conformanceCase(
  (p) => {
    const seen = timed(
      pairs(p, ['a', 1, 0], ['a', 2, 1], ['b', 1, 2], ['a', 1, 3]),
      ({ value }, { timers }) => timers.flush.set(100 + value, { tag: `n${value}` }),
      ({ key, tag, output }) => output(key + tag),
    );
    PAssert.that(seen).containsInAnyOrder(['an1', 'an2', 'bn1']);
  },
  { requires },
);

export const timersOfKeysAndWindowsAreApart = conformanceCase(
  (p) => {
    const input = pairs(p, ['a', 1, 7], ['b', 2, 12]).windowInto(slidingWindows(10, 5));
    const seen = timed(input, (_, { timers, window }) => timers.flush.set(window.maxTimestamp));
    PAssert.that(where(seen)).containsInAnyOrder(['a@9@9[0,10)', 'a@14@14[5,15)', 'b@14@14[5,15)', 'b@19@19[10,20)']);
  },
  { requires },
);

export const timerInThePastFiresAtOnce = conformanceCase(
  (p) => {
    const input = scripted(p, [{ key: 'a', value: 1, at: 100 }, { watermark: 50 }, { key: 'b', value: 2, at: 60 }]);
    const seen = timed(
      input,
      (_, { timers }) => timers.flush.set(10, {}),
      ({ key, firingTime, output }) => output(`${key}${firingTime}`),
    );
    PAssert.that(seen).containsInAnyOrder(['a10', 'b10']);
  },
  { requires },
);

export const timerSetByATimerThatIsDueFiresToo = conformanceCase((p) => {
  const declared = { state: { left: valueState<number>() }, timers: { next: eventTimer() } };
  const seen = pairs(p, ['a', 3, 0]).parDo<string, typeof declared>(
    'Chain',
    () => ({
      process({ value }, { state, timers }) {
        state.left.write(value);
        timers.next.set(10);
      },
      onTimer: {
        next: ({ state, timers, firingTime, output }) => {
          const left = state.left.read()!;
          output(`${left}@${firingTime}`);
          state.left.write(left - 1);
          if (left > 0) timers.next.set(firingTime + 1);
        },
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['3@10', '2@11', '1@12', '0@13']);
}, withState);
