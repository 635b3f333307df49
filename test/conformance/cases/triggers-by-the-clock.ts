import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  afterAny as anyOf,
  afterEach as eachOf,
  fixedWindows,
  globalWindow,
  orFinally,
  repeatedly,
  sum,
  type WindowOptions,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { placedPanes } from '../shapes/panes.js';
import { at, numbers, panesOf, SIZE, timedCase } from '../shapes/panes-in-time.js';

export const firesAfterADelay = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceProcessingTime(6)
    .addElements(...at(2))
    .advanceProcessingTime(6)
    .addElements(...at(3))
    .advanceProcessingTime(20)
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: repeatedly(afterProcessingTime(10)) };
  PAssert.that(panesOf(p, stream, options)).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '3@9[0,10) EARLY 1/-1',
    '4@9[0,10) ON_TIME 2/0 last',
  ]);
});

export const firesAfterADelayInTheGlobalWindow = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2, 3))
    .advanceProcessingTime(12)
    .addElements(...at(4, 5))
    .advanceProcessingTime(12)
    .addElements(...at(6))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: repeatedly(afterProcessingTime(10)) };
  PAssert.that(panesOf(p, stream, options, globalWindow())).containsInAnyOrder([
    '1,2,3 EARLY 0/-1 first',
    '4,5 EARLY 1/-1',
    '6 ON_TIME 2/0 last',
  ]);
});

export const earlyAndLateFiringsAfterADelay = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceProcessingTime(6)
    .addElements(...at(2))
    .advanceWatermark(10)
    .addElements(...at(3))
    .advanceProcessingTime(2)
    .addElements(...at(4))
    .advanceProcessingTime(6)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterProcessingTime(5), late: afterProcessingTime(5) });
  PAssert.that(panesOf(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1@9[0,10) EARLY 0/-1 first',
    '2@9[0,10) ON_TIME 1/0',
    '3,4@9[0,10) LATE 2/1',
  ]);
});

export const countOrDelayWhicheverIsFirst = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(2))
    .addElements(...at(3))
    .advanceProcessingTime(12)
    .addElements(...at(4))
    .advanceProcessingTime(6)
    .addElements(...at(5))
    .addElements(...at(6))
    .advanceWatermarkToInfinity();
  const trigger = repeatedly(anyOf(afterCount(2), afterProcessingTime(10)));
  PAssert.that(panesOf(p, stream, { trigger, onTimeBehavior: 'FIRE_IF_NONEMPTY' })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '3@9[0,10) EARLY 1/-1',
    '4,5@9[0,10) EARLY 2/-1',
    '6@9[0,10) ON_TIME 3/0 last',
  ]);
});

export const finallyComesTheLastPane = timedCase((p) => {
  // The main trigger goes on over both windows' ends; `until` closes each at its end.
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(2))
    .addElements(...at(3))
    .advanceWatermark(10)
    .advanceWatermarkToInfinity();
  const trigger = repeatedly(orFinally(repeatedly(afterCount(2)), afterWatermark()));
  PAssert.that(panesOf(p, stream, { trigger })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '3@9[0,10) ON_TIME 1/0 last',
  ]);
});

export const triggersTakeTurns = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(2))
    .advanceProcessingTime(12)
    .addElements(...at(3))
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const trigger = eachOf(afterCount(1), afterProcessingTime(10), repeatedly(afterCount(2)));
  PAssert.that(panesOf(p, stream, { trigger, onTimeBehavior: 'FIRE_IF_NONEMPTY' })).containsInAnyOrder([
    '1@9[0,10) EARLY 0/-1 first',
    '2@9[0,10) EARLY 1/-1',
    '3,4@9[0,10) EARLY 2/-1',
  ]);
});

export const continuationOfADelay = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2, 3))
    .advanceProcessingTime(12)
    .advanceProcessingTime(1)
    .addElements(...at(4))
    .advanceWatermarkToInfinity();
  const sums = p
    .apply(stream)
    .windowInto('Windows', fixedWindows(SIZE), {
      trigger: repeatedly(afterProcessingTime(10)),
      accumulation: 'discarding',
      onTimeBehavior: 'FIRE_IF_NONEMPTY',
    })
    .keyBy('Key', (n) => n % 2)
    .combinePerKey('First', sum())
    .map('Sum', ({ value }) => value)
    .keyBy('All', () => 'all')
    .combinePerKey('Second', sum())
    .map('Sums', ({ value }) => String(value));
  // Both keys have fired at one instant: the second grouping waits for all that came of it.
  PAssert.that(placedPanes(sums)).containsInAnyOrder(['6@9[0,10) EARLY 0/-1 first', '4@9[0,10) ON_TIME 1/0 last']);
});
