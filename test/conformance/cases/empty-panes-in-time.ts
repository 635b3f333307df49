import { afterCount, afterWatermark, type WindowOptions } from 'millrace';
import { PAssert } from 'millrace/testing';
import { at, numbers, panesOf, timedCase } from '../shapes/panes-in-time.js';

export const emptyPaneOnTimeAfterEarlyOnes = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(10)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(1), late: afterCount(1) });
  PAssert.that(panesOf(p, stream, { trigger, allowedLateness: 50 })).containsInAnyOrder([
    '1@9[0,10) EARLY 0/-1 first',
    '@9[0,10) ON_TIME 1/0',
  ]);
});

export const noEmptyPaneOnTimeUnlessAsked = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(10)
    .addElements(...at(2))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(1), late: afterCount(1) });
  const options: WindowOptions = { trigger, allowedLateness: 50, onTimeBehavior: 'FIRE_IF_NONEMPTY' };
  PAssert.that(panesOf(p, stream, options)).containsInAnyOrder(['1@9[0,10) EARLY 0/-1 first', '2@9[0,10) LATE 1/0']);
});

export const finalPaneWhenAsked = timedCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(10)
    .advanceWatermark(30)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(5), late: afterCount(1) });
  const options: WindowOptions = {
    trigger,
    allowedLateness: 10,
    closingBehavior: 'EMIT_ALWAYS',
    accumulation: 'accumulating',
  };
  PAssert.that(panesOf(p, stream, options)).containsInAnyOrder([
    '1@9[0,10) ON_TIME 0/0 first',
    '1@9[0,10) LATE 1/1 last',
  ]);
});
