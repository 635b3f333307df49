import { type BoundedWindow, customWindows, globalWindow, type WindowFn } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { grouped, type Stamped, stamped } from '../shapes/stamped.js';
import { where } from '../shapes/where.js';

/** Fixed windows of ten, one for each first letter; they count as over a millisecond before the last one. */
class ByLetter implements WindowFn<string> {
  readonly ownWindows = true;
  readonly assignsToOneWindow = true;
  assign(word: string, timestamp: number): BoundedWindow {
    const start = Math.floor(timestamp / 10) * 10;
    return { start, end: start + 10, maxTimestamp: start + 8, id: word[0]! };
  }
}

const byLetter = customWindows(() => new ByLetter());

export const ownWindowsAreToldApartById = conformanceCase(
  (p) => {
    const words = stamped(p, ['a1', 1], ['b1', 1], ['a2', 2], ['a3', 12]).windowInto(byLetter);
    PAssert.that(grouped(words)).containsInAnyOrder(['a1+a2@8[0,10)#a', 'b1@8[0,10)#b', 'a3@18[10,20)#a']);
  },
  { requires: ['customWindowTypes'] },
);

export const ownWindowsCombined = conformanceCase(
  (p) => {
    const counted = stamped(p, ['a1', 1], ['b1', 1], ['a2', 2])
      .windowInto(byLetter)
      .map('One', () => 'x')
      .countPerElement('Count');
    PAssert.that(where(counted.map(({ value }) => value))).containsInAnyOrder(['2@8[0,10)#a', '1@8[0,10)#b']);
  },
  { requires: ['customWindowTypes'] },
);

export const ownWindowsThroughReshuffle = conformanceCase(
  (p) => {
    const words = stamped(p, ['a1', 1], ['b1', 1]).windowInto(byLetter).reshuffle();
    PAssert.that(where(words)).containsInAnyOrder(['a1@1[0,10)#a', 'b1@1[0,10)#b']);
  },
  { requires: ['customWindowTypes', 'reshuffle'] },
);

export const ownWindowsOfManyNames = conformanceCase(
  (p) => {
    const words = Array.from({ length: 1_000 }, (_, i): Stamped => [`${String.fromCodePoint(0x4e00 + i)}${i}`, i % 10]);
    const counted = grouped(stamped(p, ...words).windowInto(byLetter)).map('All', () => 'window');
    PAssert.that(counted.windowInto('Global', globalWindow()).countPerElement('Windows')).containsInAnyOrder([
      { key: 'window', value: 1_000 },
    ]);
  },
  { requires: ['customWindowTypes'] },
);
