import { bagState, eventTimer } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { pairs } from '../shapes/pairs.js';
import { timed } from '../shapes/timed.js';

const requires = ['timers'] as const;

const withState = { requires: ['state', 'timers'] } as const;

export const timerCleared = conformanceCase(
  (p) => {
    const seen = timed(pairs(p, ['a', 1, 0], ['b', 1, 0]), ({ key }, { timers }) => {
      timers.flush.set(10);
      if (key === 'a') timers.flush.clear();
    });
    PAssert.that(seen).containsInAnyOrder(['b@10']);
  },
  { requires },
);

export const timerClearedAndSetInOneCall = conformanceCase(
  (p) => {
    const seen = timed(pairs(p, ['a', 1, 0]), (_, { timers }) => {
      timers.flush.set(10);
      timers.flush.clear();
      timers.flush.set(20);
    });
    PAssert.that(seen).containsInAnyOrder(['a@20']);
  },
  { requires },
);

export const timerThatIsNotSetIsCleared = conformanceCase(
  (p) => {
    const seen = timed(pairs(p, ['a', 1, 0]), (_, { timers, output }) => {
      timers.flush.clear();
      timers.flush.clear('never');
      output('done');
    });
    PAssert.that(seen).containsInAnyOrder(['done']);
  },
  { requires },
);

export const timerClearedByAnother = conformanceCase(
  (p) => {
    const declared = { timers: { early: eventTimer(), late: eventTimer() } };
    const seen = pairs(p, ['a', 1, 0]).parDo<string, typeof declared>(
      'Clears',
      () => ({
        process(_, { timers }) {
          timers.early.set(10);
          timers.late.set(20, { tag: 'cleared' });
          timers.late.set(20, { tag: 'kept' });
        },
        onTimer: {
          early: ({ timers, output }) => {
            timers.late.clear('cleared');
            output('early');
          },
          late: ({ tag, output }) => output(tag),
        },
      }),
      declared,
    );
    PAssert.that(seen).containsInAnyOrder(['early', 'kept']);
  },
  { requires },
);

export const clearedStateStaysClearInTimers = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { early: eventTimer(), late: eventTimer() } };
  const seen = pairs(p, ['a', 1, 0], ['a', 2, 1]).parDo<string, typeof declared>(
    'Clears',
    () => ({
      process({ value }, { state, timers }) {
        state.bag.add(value);
        timers.early.set(10);
        timers.late.set(20);
      },
      onTimer: {
        early: ({ state, output }) => {
          output(`early ${[...state.bag.read()].length}`);
          state.bag.clear();
        },
        late: ({ state, output }) => output(`late ${[...state.bag.read()].length}`),
      },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['early 2', 'late 0']);
}, withState);
