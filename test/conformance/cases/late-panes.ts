import { afterCount, afterWatermark, defaultTrigger, never, type WindowOptions } from 'millrace';
import { PAssert } from 'millrace/testing';
import { at, numbers, panesOf, timedCase } from '../shapes/panes-in-time.js';

export const earlyOnTimeAndLatePanes = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2))
    .addElements(...at(5))
    .advanceWatermark(10)
    .addElements(...at(7))
    .advanceWatermark(12)
    .addElements(...at(3))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
  PAssert.that(panesOf(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '5@9[0,10) ON_TIME 1/0',
    '7@9[0,10) LATE 2/1',
    '3@9[0,10) LATE 3/2',
  ]);
});

export const earlyOnTimeAndLatePanesThatAccumulate = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2))
    .addElements(...at(5))
    .advanceWatermark(10)
    .addElements(...at(7))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
  const options: WindowOptions = { trigger, allowedLateness: 50, accumulation: 'accumulating' };
  PAssert.that(panesOf(p, stream, options)).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '1,2,5@9[0,10) ON_TIME 1/0',
    '1,2,5,7@9[0,10) LATE 2/1',
  ]);
});

export const lateElementsWaitForTheClose = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1, 2))
    .addElements(...at(5))
    .advanceWatermark(10)
    .addElements(...at(7, 3))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: never() });
  PAssert.that(panesOf(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1,2@9[0,10) EARLY 0/-1 first',
    '5@9[0,10) ON_TIME 1/0',
    '3,7@9[0,10) LATE 2/1 last',
  ]);
});

export const lateFirstElement = timedCase((p) => {
  const stream = numbers()
    .advanceWatermark(20)
    .addElements(...at(1))
    .advanceWatermarkToInfinity();
  const options: WindowOptions = { trigger: defaultTrigger(), allowedLateness: 50, closingBehavior: 'EMIT_ALWAYS' };
  PAssert.that(panesOf(p, stream, options)).containsInAnyOrder(['1@9[0,10) LATE 0/0 first', '@9[0,10) LATE 1/1 last']);
});

export const tooLateIsDroppedUnderATrigger = timedCase(
  (p) => {
    const stream = numbers()
      .addElements(...at(1))
      .advanceWatermark(10)
      .addElements(...at(2))
      .advanceWatermark(15)
      .addElements(...at(3, 4))
      .advanceWatermarkToInfinity();
    const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
    PAssert.that(panesOf(p, stream, { trigger, allowedLateness: 5 })).containsInAnyOrder([
      '1@9[0,10) ON_TIME 0/0 first',
      '2@9[0,10) LATE 1/1',
    ]);
  },
  { 'Gather#millrace:dropped_late': 2 },
);

export const onTheLastInstantOfTheLateness = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(14)
    .addElements(...at(2))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(2), late: afterCount(1) });
  PAssert.that(panesOf(p, stream, { trigger, allowedLateness: 5 })).containsInAnyOrder([
    '1@9[0,10) ON_TIME 0/0 first',
    '2@9[0,10) LATE 1/1',
  ]);
});
