import { fixedWindows, sessionWindows, sum } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { grouped, stamped } from '../shapes/stamped.js';
import { where } from '../shapes/where.js';

export const sessionsThatIntersect = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 9]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b@18[0,19)']);
});

export const sessionsBeforeTheEpoch = conformanceCase((p) => {
  const words = stamped(p, ['a', -12], ['b', -5], ['c', 6]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b@4[-12,5)', 'c@15[6,16)']);
});

export const sessionsBridgedLast = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 30], ['c', 15], ['d', 8], ['e', 22]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b+c+d+e@39[0,40)']);
});

export const sessionsOfOneInstant = conformanceCase((p) => {
  const words = stamped(p, ['a', 5], ['b', 5], ['c', 5]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b+c@14[5,15)']);
});

export const sessionsCombined = conformanceCase((p) => {
  const sums = stamped(p, ['1', 0], ['2', 9], ['4', 30])
    .windowInto(sessionWindows(10))
    .map('Number', (word) => ({ key: 'k', value: Number(word) }))
    .combinePerKey(sum());
  PAssert.that(where(sums.map(({ value }) => value))).containsInAnyOrder(['3@18[0,19)', '4@39[30,40)']);
});

export const sessionsIntoFixedWindows = conformanceCase((p) => {
  const counted = stamped(p, ['a', 0], ['b', 9], ['c', 30])
    .windowInto('Sessions', sessionWindows(10))
    .map(() => 'x')
    .countPerElement('Count')
    .map('Counts', ({ value }) => String(value))
    .windowInto('Fixed', fixedWindows(100));
  PAssert.that(grouped(counted)).containsInAnyOrder(['1+2@99[0,100)']);
});

export const sessions = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 5], ['c', 20], ['d', 29], ['e', 40]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b@14[0,15)', 'c+d@38[20,39)', 'e@49[40,50)']);
});

export const sessionsThatTouchStayApart = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 10]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a@9[0,10)', 'b@19[10,20)']);
});

export const sessionsBridged = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 16], ['c', 8]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words)).containsInAnyOrder(['a+b+c@25[0,26)']);
});

export const sessionsPerKey = conformanceCase((p) => {
  const words = stamped(p, ['a1', 0], ['b1', 4], ['a2', 6], ['b2', 30]).windowInto(sessionWindows(10));
  PAssert.that(grouped(words, (word) => word[0])).containsInAnyOrder(['a1+a2@15[0,16)', 'b1@13[4,14)', 'b2@39[30,40)']);
});

export const groupAfterSessions = conformanceCase((p) => {
  const words = stamped(p, ['a', 0], ['b', 5], ['c', 40]).windowInto(sessionWindows(10));
  const counts = words
    .keyBy(() => 'k')
    .countPerKey()
    .map(({ value }) => value);
  // The windows have merged already: equal ones meet, others do not.
  const again = counts
    .keyBy(() => 'again')
    .groupByKey()
    .map(({ value }) => [...value].join(''));
  PAssert.that(where(again)).containsInAnyOrder(['2@14[0,15)', '1@49[40,50)']);
});
