import { afterCount, afterWatermark, defaultTrigger, fixedWindows, repeatedly, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { discarding, exactCase, numbers, panes, triggerCase } from '../shapes/panes.js';

export const continuationOfATrigger = exactCase((p) => {
  // What has fired flows on without waiting again: each pane of three keys is a pane of its own.
  const counts = numbers(p, 12)
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy((n) => n % 3)
    .countPerKey('First')
    .map(({ value }) => value)
    .keyBy('Again', () => 'all')
    .groupByKey('Second')
    .map('Values', ({ value }) => [...value].join());
  PAssert.that(counts).containsInAnyOrder(['2', '2', '2', '2', '2', '2']);
});

export const continuationOfEarlyFirings = exactCase((p) => {
  const sums = numbers(p, 8)
    .windowInto(fixedWindows(10), discarding(afterWatermark({ early: afterCount(3) })))
    .keyBy(() => 'k')
    .countPerKey('First')
    .combinePerKey('Second', sum());
  PAssert.that(sums.map(({ value }) => value)).containsInAnyOrder([3, 3, 2]);
});

export const rewindowedAfterATrigger = triggerCase((p) => {
  const total = numbers(p, 7)
    .windowInto('Small', fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .countPerKey('First')
    .windowInto('Big', fixedWindows(100), discarding(defaultTrigger()))
    .combinePerKey('Second', sum());
  PAssert.that(panes(total.map(({ value }) => value))).containsInAnyOrder(['7 ON_TIME 0/0 first last']);
});
