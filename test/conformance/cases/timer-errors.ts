import { fixedWindows } from 'millrace';
import { conformanceCase } from '../case.js';
import { pairs } from '../shapes/pairs.js';
import { timed } from '../shapes/timed.js';

const requires = ['timers'] as const;

export const aTimerBehindItsWindowIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]).windowInto(fixedWindows(10)), (_, { timers }) => timers.flush.set(10));
  },
  { requires, fails: 'TIMER_BEHIND_WINDOW', saying: ['Timed', "'flush'", '[0, 10)'] },
);

export const aTimerThatEmitsBeforeItsElementIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]), (_, { timers }) => timers.flush.set(10, { outputTimestamp: 2 }));
  },
  { requires, fails: 'TIMER_OUTPUT_TIMESTAMP', saying: ['Timed', 'before the timestamp 3'] },
);

export const aTimerThatEmitsAfterItHasFiredIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]), (_, { timers }) => timers.flush.set(10, { outputTimestamp: 11 }));
  },
  { requires, fails: 'TIMER_OUTPUT_TIMESTAMP', saying: ['Timed', 'after 10'] },
);

export const aTimerAtNoInstantIsRefused = conformanceCase(
  (p) => {
    timed(pairs(p, ['a', 1, 3]), (_, { timers }) => timers.flush.set(Number.NaN));
  },
  { requires, fails: 'TIMER_INVALID', saying: ['Timed', 'NaN'] },
);

export const anErrorInATimerNamesKeyAndTimer = conformanceCase(
  (p) => {
    timed(
      pairs(p, ['k1', 1, 3]),
      (_, { timers }) => timers.flush.set(10),
      () => {
        throw new Error('not now');
      },
    );
  },
  { requires, fails: 'FUNCTION_THREW', saying: ['not now', 'Timed', "'k1'", "'flush'"] },
);

export const aPromiseInATimerIsRefused = conformanceCase(
  (p) => {
    const later = async (): Promise<void> => {};
    timed(
      pairs(p, ['a', 1, 3]),
      (_, { timers }) => timers.flush.set(10),
      () => later() as unknown as undefined,
    );
  },
  { requires, fails: 'FUNCTION_RETURNED_PROMISE', saying: ['Timed', 'mapAsync'] },
);
