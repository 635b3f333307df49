import {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  always,
  defaultTrigger,
  hours,
  never,
  repeatedly,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { discarding, exactCase, numbers, sizes, triggerCase } from '../shapes/panes.js';

export const triggerByCount = exactCase((p) => {
  PAssert.that(sizes(numbers(p, 5), discarding(repeatedly(afterCount(2))))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggerByCountThatAccumulates = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { accumulation: 'accumulating' });
  PAssert.that(sizes(numbers(p, 5), options)).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '4 EARLY 1/-1',
    '5 ON_TIME 2/0 last',
  ]);
});

export const triggerAlways = exactCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(always()))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '1 EARLY 1/-1',
    '1 EARLY 2/-1',
  ]);
});

export const triggerNever = triggerCase((p) => {
  const options = discarding(never(), { allowedLateness: 5 });
  PAssert.that(sizes(numbers(p, 3), options)).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerNeverWithoutLateness = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(never()))).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerAfterWatermark = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(afterWatermark()))).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerAfterWatermarkWithLateFirings = triggerCase((p) => {
  const options = discarding(afterWatermark({ late: afterCount(1) }), { allowedLateness: 5 });
  PAssert.that(sizes(numbers(p, 3), options)).containsInAnyOrder(['3 ON_TIME 0/0 first']);
});

export const triggerEarlyByCount = exactCase((p) => {
  const options = discarding(afterWatermark({ early: afterCount(3) }));
  PAssert.that(sizes(numbers(p, 7), options)).containsInAnyOrder([
    '3 EARLY 0/-1 first',
    '3 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggerRepeatedDefault = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 3), discarding(repeatedly(defaultTrigger())))).containsInAnyOrder([
    '3 ON_TIME 0/0 first last',
  ]);
});

export const triggerByProcessingTimeFiresAtTheEndOfTime = triggerCase((p) => {
  const options = discarding(repeatedly(afterProcessingTime(hours(100), { alignTo: hours(1) })));
  PAssert.that(sizes(numbers(p, 3), options)).containsInAnyOrder(['3 ON_TIME 0/0 first last']);
});

export const triggerByProcessingTimeWithoutDelay = exactCase((p) => {
  PAssert.that(sizes(numbers(p, 2), discarding(repeatedly(afterProcessingTime(0))))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '1 EARLY 1/-1',
  ]);
});

export const triggerWithoutElements = triggerCase((p) => {
  PAssert.that(sizes(numbers(p, 0), discarding(afterWatermark({ early: afterCount(1) })))).empty();
});
