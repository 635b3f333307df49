import { afterCount, fixedWindows, globalWindow, type KV, mean, repeatedly, slidingWindows, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { discarding, exactCase, numbers, panes } from '../shapes/panes.js';

export const triggerOfTheGlobalWindow = exactCase((p) => {
  const grouped = numbers(p, 5)
    .windowInto(globalWindow(), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .groupByKey();
  PAssert.that(panes(grouped.map(({ value }) => [...value].length))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 1/-1',
    '1 ON_TIME 2/0 last',
  ]);
});

export const triggersKeepKeysAndWindowsApart = exactCase((p) => {
  const all = [1, 2, 3, 4, 5, 6, 11, 12, 13];
  const grouped = p
    .create('Numbers', all, { timestamps: all })
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .keyBy((n) => (n % 2 === 0 ? 'even' : 'odd'))
    .groupByKey()
    .map(({ key, value }) => `${key}:${[...value].length}`);
  PAssert.that(panes(grouped)).containsInAnyOrder([
    'odd:2 EARLY 0/-1 first',
    'odd:1 ON_TIME 1/0 last',
    'even:2 EARLY 0/-1 first',
    'even:1 ON_TIME 1/0 last',
    'odd:2 EARLY 0/-1 first',
    'even:1 ON_TIME 0/0 first last',
  ]);
});

export const triggersOfSlidingWindows = exactCase((p) => {
  const grouped = numbers(p, 3)
    .windowInto(slidingWindows(10, 5), discarding(repeatedly(afterCount(2))))
    .keyBy(() => 'k')
    .groupByKey();
  PAssert.that(panes(grouped.map(({ value }) => [...value].length))).containsInAnyOrder([
    '2 EARLY 0/-1 first',
    '2 EARLY 0/-1 first',
    '1 ON_TIME 1/0 last',
    '1 ON_TIME 1/0 last',
  ]);
});

export const triggersOfACombine = exactCase((p) => {
  const sums = numbers(p, 5)
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(2))))
    .map((): KV<string, number> => ({ key: 'k', value: 10 }))
    .combinePerKey(sum());
  PAssert.that(panes(sums.map(({ value }) => value))).containsInAnyOrder([
    '20 EARLY 0/-1 first',
    '20 EARLY 1/-1',
    '10 ON_TIME 2/0 last',
  ]);
});

export const triggersOfACombineThatAccumulates = exactCase((p) => {
  const options = discarding(repeatedly(afterCount(2)), { accumulation: 'accumulating' });
  const means = numbers(p, 5)
    .windowInto(fixedWindows(10), options)
    .map((): KV<string, number> => ({ key: 'k', value: 10 }))
    .combinePerKey(mean());
  PAssert.that(panes(means.map(({ value }) => value))).containsInAnyOrder([
    '10 EARLY 0/-1 first',
    '10 EARLY 1/-1',
    '10 ON_TIME 2/0 last',
  ]);
});

export const manyFirings = exactCase((p) => {
  const grouped = numbers(p, 10_000)
    .windowInto(fixedWindows(10), discarding(repeatedly(afterCount(100))))
    .keyBy((n) => n % 10)
    .groupByKey()
    .map(({ value }) => [...value].length);
  PAssert.that(grouped).containsInAnyOrder(new Array(100).fill(100));
});
