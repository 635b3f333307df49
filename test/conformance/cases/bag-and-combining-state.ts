import { bagState, combiningState, eventTimer, mean, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { list, once, sorted } from '../shapes/cells.js';
import { pairs } from '../shapes/pairs.js';

const requires = ['state'] as const;

const withTimers = { requires: ['state', 'timers'] } as const;

export const bagHoldsAll = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { end: eventTimer() } };
  const seen = pairs(p, ['a', 1], ['a', 3], ['a', 1], ['b', 7]).parDo<string, typeof declared>(
    'Bags',
    () => ({
      process({ value }, { state, timers, window }) {
        state.bag.add(value);
        timers.end.set(window.maxTimestamp);
      },
      onTimer: { end: ({ key, state, output }) => output(`${key}: ${sorted(state.bag.read())}`) },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['a: 1 1 3', 'b: 7']);
}, withTimers);

export const bagReadsWhatWasThere = conformanceCase(
  (p) => {
    const seen = once(p, { state: { bag: bagState<number>() } }, ({ bag }) => {
      const empty = bag.isEmpty();
      bag.add(1);
      bag.add(2);
      const before = bag.read();
      bag.add(3);
      const all = sorted(bag.read());
      const filled = bag.isEmpty();
      const first = [...before].length;
      bag.clear();
      return `${empty} ${all} ${filled} ${first} ${bag.isEmpty()} ${[...bag.read()].length}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true 1 2 3 false 2 true 0']);
  },
  { requires },
);

export const bagIsClearedAndFilledAgain = conformanceCase((p) => {
  const declared = { state: { bag: bagState<number>() }, timers: { end: eventTimer() } };
  const batches = pairs(p, ...Array.from({ length: 10 }, () => ['k', 1] as const)).parDo<string, typeof declared>(
    'BatchesOfThree',
    () => ({
      process({ value }, { state, timers, window, output }) {
        state.bag.add(value);
        timers.end.set(window.maxTimestamp);
        if ([...state.bag.read()].length < 3) return;
        output('three');
        state.bag.clear();
      },
      onTimer: { end: ({ state, output }) => output(`rest ${list(state.bag.read())}`) },
    }),
    declared,
  );
  PAssert.that(batches).containsInAnyOrder(['three', 'three', 'three', 'rest 1']);
}, withTimers);

export const combiningFoldsWhatIsAdded = conformanceCase((p) => {
  const declared = {
    state: { sum: combiningState(sum()), mean: combiningState(mean()) },
    timers: { end: eventTimer() },
  };
  const seen = pairs(p, ['a', 1], ['a', 2], ['a', 6], ['b', 4]).parDo<string, typeof declared>(
    'Folds',
    () => ({
      process({ value }, { state, timers, window }) {
        state.sum.add(value);
        state.mean.add(value);
        timers.end.set(window.maxTimestamp);
      },
      onTimer: { end: ({ key, state, output }) => output(`${key} ${state.sum.read()} ${state.mean.read()}`) },
    }),
    declared,
  );
  PAssert.that(seen).containsInAnyOrder(['a 9 3', 'b 4 4']);
}, withTimers);

export const combiningReadsNothingAsTheEmptyFold = conformanceCase(
  (p) => {
    const seen = once(p, { state: { sum: combiningState(sum()) } }, ({ sum: cell }) => {
      const before = `${cell.isEmpty()} ${cell.read()}`;
      cell.add(5);
      const after = `${cell.isEmpty()} ${cell.read()}`;
      cell.clear();
      return `${before} ${after} ${cell.read()}`;
    });
    PAssert.that(seen).containsInAnyOrder(['true 0 false 5 0']);
  },
  { requires },
);
