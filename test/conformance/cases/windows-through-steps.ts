import { fixedWindows, flatten, globalWindow, slidingWindows } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { grouped, stamped } from '../shapes/stamped.js';
import { where } from '../shapes/where.js';

export const backIntoTheGlobalWindow = conformanceCase((p) => {
  const counted = stamped(p, ['a', 1], ['b', 12])
    .windowInto('Small', fixedWindows(10))
    .map(() => 'x')
    .countPerElement();
  const all = counted
    .map(({ value }) => String(value))
    .windowInto('Global', globalWindow())
    .keyBy(() => 'k')
    .groupByKey();
  PAssert.that(all.map(({ value }) => [...value].join())).containsInAnyOrder(['1,1']);
});

export const windowsThroughFlatten = conformanceCase((p) => {
  const tens = fixedWindows(10);
  const first = p.create('First', ['a', 'b'], { timestamps: [1, 11] }).windowInto('A', tens);
  const second = p.create('Second', ['c', 'd'], { timestamps: [2, 21] }).windowInto('B', tens);
  PAssert.that(grouped(flatten([first, second]))).containsInAnyOrder(['a+c@9[0,10)', 'b@19[10,20)', 'd@29[20,30)']);
});

export const windowsThroughReshuffle = conformanceCase(
  (p) => {
    const words = stamped(p, ['a', 1], ['b', 12], ['c', 3]).windowInto(fixedWindows(10)).reshuffle();
    PAssert.that(where(words)).containsInAnyOrder(['a@1[0,10)', 'b@12[10,20)', 'c@3[0,10)']);
  },
  { requires: ['reshuffle'] },
);

export const slidingThroughReshuffle = conformanceCase(
  (p) => {
    const words = stamped(p, ['a', 1], ['b', 6]).windowInto(slidingWindows(10, 5)).reshuffle();
    PAssert.that(grouped(words)).containsInAnyOrder(['a@4[-5,5)', 'a+b@9[0,10)', 'b@14[5,15)']);
  },
  { requires: ['reshuffle'] },
);

export const anElementInSeveralWindowsIsSeveral = conformanceCase((p) => {
  const words = stamped(p, ['a', 7])
    .windowInto('Sliding', slidingWindows(10, 5))
    .windowInto('Fixed', fixedWindows(100));
  PAssert.that(where(words)).containsInAnyOrder(['a@7[0,100)', 'a@7[0,100)']);
});

export const windowsByANewTimestamp = conformanceCase((p) => {
  const words = stamped(p, ['a', 1], ['b', 2])
    .windowInto('First', fixedWindows(10))
    .withTimestamps((word) => (word === 'a' ? 15 : 2))
    .windowInto('Second', fixedWindows(10));
  PAssert.that(where(words)).containsInAnyOrder(['a@15[10,20)', 'b@2[0,10)']);
});

export const timestampsOfCreate = conformanceCase((p) => {
  const at = stamped(p, ['a', 5], ['b', -7]).windowInto(fixedWindows(1_000_000));
  PAssert.that(where(at)).containsInAnyOrder(['a@5[0,1000000)', 'b@-7[-1000000,0)']);
});

export const withTimestamps = conformanceCase((p) => {
  const at = p
    .create('Numbers', [1, 25])
    .withTimestamps((n) => n * 10)
    .windowInto(fixedWindows(100));
  PAssert.that(where(at)).containsInAnyOrder(['1@10[0,100)', '25@250[200,300)']);
});

export const windowsStayThroughMaps = conformanceCase((p) => {
  const words = stamped(p, ['a', 1], ['b', 12])
    .windowInto(fixedWindows(10))
    .map((word) => word.toUpperCase())
    .filter((word) => word !== 'X');
  PAssert.that(where(words)).containsInAnyOrder(['A@1[0,10)', 'B@12[10,20)']);
});

export const rewindow = conformanceCase((p) => {
  const counted = stamped(p, ['a', 1], ['b', 12], ['c', 13])
    .windowInto('Small', fixedWindows(10))
    .map(() => 'x')
    .countPerElement();
  const big = counted
    .map(({ value }) => value)
    .windowInto('Big', fixedWindows(100))
    .keyBy(() => 0)
    .groupByKey();
  PAssert.that(where(big.map(({ value }) => [...value].sort().join(',')))).containsInAnyOrder(['1,2@99[0,100)']);
});
