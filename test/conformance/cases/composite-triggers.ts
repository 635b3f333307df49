import {
  afterCount,
  afterProcessingTime,
  afterSynchronizedProcessingTime,
  afterWatermark,
  afterAll as allOf,
  afterAny as anyOf,
  afterEach as eachOf,
  hours,
  orFinally,
  repeatedly,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { discarding, exactCase, numbers, sizes, triggerCase } from '../shapes/panes.js';

export const triggerEarlyByEither = exactCase((p) => {
  const early = anyOf(afterCount(2), afterProcessingTime(hours(1)));
  PAssert.that(sizes(numbers(p, 5), discarding(afterWatermark({ early })))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggerAfterEach = exactCase((p) => {
  const trigger = eachOf(afterCount(1), afterCount(3), repeatedly(afterCount(2)));
  PAssert.that(sizes(numbers(p, 9), discarding(trigger))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '3 EARLY 1/-1',
    '2 EARLY 2/-1',
    '2 EARLY 3/-1',
    '1 ON_TIME 4/0 last',
  ]);
});

export const triggerAfterEachRepeated = exactCase((p) => {
  const trigger = repeatedly(eachOf(afterCount(1), afterCount(2)));
  PAssert.that(sizes(numbers(p, 6), discarding(trigger))).containsInAnyOrder([
    '1 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 EARLY 2/-1',
    '2 EARLY 3/-1',
  ]);
});

export const triggerAfterAll = exactCase((p) => {
  const trigger = repeatedly(allOf(afterCount(2), afterCount(3)));
  PAssert.that(sizes(numbers(p, 4), discarding(trigger))).containsInAnyOrder([
    '3 EARLY 0/-1 first',
    '1 ON_TIME 1/0 last',
  ]);
});

export const triggerAfterAllWaitsForTheWatermark = triggerCase((p) => {
  const trigger = repeatedly(allOf(afterCount(2), afterWatermark()));
  PAssert.that(sizes(numbers(p, 4), discarding(trigger))).containsInAnyOrder(['4 ON_TIME 0/0 first last']);
});

export const triggerAfterAny = exactCase((p) => {
  const trigger = repeatedly(anyOf(afterCount(2), afterCount(3), afterWatermark()));
  PAssert.that(sizes(numbers(p, 3), discarding(trigger))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '1 ON_TIME 1/0 last',
  ]);
});

export const triggerOrFinally = exactCase((p) => {
  // The second trigger counts over the panes of the first.
  const trigger = repeatedly(orFinally(repeatedly(afterCount(2)), afterCount(3)));
  PAssert.that(sizes(numbers(p, 7), discarding(trigger))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '1 EARLY 1/-1',
    '2 EARLY 2/-1',
    '1 EARLY 3/-1',
    '1 ON_TIME 4/0 last',
  ]);
});

export const triggerByCountOrSynchronizedTime = exactCase((p) => {
  const trigger = repeatedly(allOf(afterCount(3), anyOf(afterSynchronizedProcessingTime(), afterCount(3))));
  PAssert.that(sizes(numbers(p, 3), discarding(trigger))).containsInAnyOrder(['3 EARLY 0/-1 first']);
});
