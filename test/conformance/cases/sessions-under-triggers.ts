import {
  afterCount,
  afterWatermark,
  never,
  type Pipeline,
  repeatedly,
  sessionWindows,
  type WindowOptions,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { discarding, exactCase, panes, triggerCase } from '../shapes/panes.js';
import { at, numbers, panesOf, SIZE } from '../shapes/panes-in-time.js';
import { streamCase } from '../shapes/streamed.js';

export const sessionsUnderATrigger = triggerCase((p) => {
  const at = [1, 18, 10, 40];
  const grouped = p
    .create('Numbers', at, { timestamps: at })
    .windowInto(sessionWindows(10), discarding(never(), { allowedLateness: 5 }))
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort((a, b) => a - b).join('+'));
  PAssert.that(panes(grouped)).containsInAnyOrder(['1+10+18 ON_TIME 0/0 first last', '40 ON_TIME 0/0 first last']);
});

export const sessionsThatFireByCount = exactCase((p) => {
  const at = [1, 2, 3, 4, 5, 40];
  const grouped = p
    .create('Numbers', at, { timestamps: at })
    .windowInto(sessionWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].length);
  PAssert.that(panes(grouped)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
    '1 ON_TIME 0/0 first last',
  ]);
}, 'mergingTriggers');

const sessionCase = (build: (p: Pipeline) => void) => streamCase(build, { requires: ['triggers', 'mergingTriggers'] });

export const sessionsFireEarlyAndGrow = sessionCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(5))
    .addElements(...at(12))
    .advanceWatermark(30)
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(1) });
  PAssert.that(panesOf(p, stream, { trigger, accumulation: 'accumulating' }, sessionWindows(SIZE))).containsInAnyOrder([
    '1@10[1,11) EARLY 0/-1 first',
    '1,5@14[1,15) EARLY 1/-1',
    '1,5,12@21[1,22) EARLY 2/-1',
    '1,5,12@21[1,22) ON_TIME 3/0 last',
  ]);
});

export const sessionsBridgedByAnElement = sessionCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .addElements(...at(18))
    .addElements(...at(10))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ early: afterCount(3) });
  const options: WindowOptions = { trigger, onTimeBehavior: 'FIRE_IF_NONEMPTY' };
  PAssert.that(panesOf(p, stream, options, sessionWindows(SIZE))).containsInAnyOrder([
    '1,10,18@27[1,28) EARLY 0/-1 first',
  ]);
});

export const lateElementsOfASession = sessionCase((p) => {
  const stream = numbers()
    .addElements(...at(1))
    .advanceWatermark(15)
    .addElements(...at(1))
    .advanceWatermarkToInfinity();
  const trigger = afterWatermark({ late: afterCount(1) });
  PAssert.that(panesOf(p, stream, { trigger, allowedLateness: 50 }, sessionWindows(SIZE))).containsInAnyOrder([
    '1@10[1,11) ON_TIME 0/0 first',
    '1@10[1,11) LATE 1/1',
  ]);
});
