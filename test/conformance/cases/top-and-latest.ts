import { fixedWindows, largest, latest, latestPerKey, smallest, top } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { EVENTS, events, NUMBERS } from '../shapes/events.js';

export const largestGlobally = conformanceCase((p) =>
  PAssert.that(p.create(NUMBERS).combineGlobally(largest(3))).containsInAnyOrder([[9, 6, 5]]),
);

export const smallestGlobally = conformanceCase((p) =>
  PAssert.that(p.create(NUMBERS).combineGlobally(smallest(3))).containsInAnyOrder([[1, 1, 2]]),
);

export const largestOfFewer = conformanceCase((p) =>
  PAssert.that(p.create([2, 1]).combineGlobally(largest(5))).containsInAnyOrder([[2, 1]]),
);

export const topPerKeyByLength = conformanceCase((p) => {
  const words = p.create(['a', 'apple', 'ant', 'bee', 'bumblebee', 'bo']).keyBy((word) => word[0]!);
  PAssert.that(words.combinePerKey(top<string>(2, (a, b) => a.length - b.length))).containsInAnyOrder([
    { key: 'a', value: ['apple', 'ant'] },
    { key: 'b', value: ['bumblebee', 'bee'] },
  ]);
});

export const topPerWindow = conformanceCase((p) =>
  PAssert.that(
    events(p)
      .windowInto(fixedWindows(10))
      .combineGlobally(top<{ word: string; at: number }>(1, (a, b) => a.at - b.at)),
  ).containsInAnyOrder([[EVENTS[0]!], [EVENTS[3]!]]),
);

export const latestGlobally = conformanceCase((p) =>
  PAssert.that(
    events(p)
      .map(({ word }) => word)
      .apply(latest()),
  ).containsInAnyOrder(['newest']),
);

export const latestOfEachWindow = conformanceCase((p) =>
  PAssert.that(
    events(p)
      .map(({ word }) => word)
      .windowInto(fixedWindows(10))
      .apply(latest()),
  ).containsInAnyOrder(['new', 'newest']),
);

export const latestOfEachKey = conformanceCase((p) =>
  PAssert.that(
    events(p)
      .keyBy(({ word }) => word[0]!)
      .apply(latestPerKey()),
  ).containsInAnyOrder([
    { key: 'n', value: EVENTS[3]! },
    { key: 'o', value: EVENTS[1]! },
    { key: 'l', value: EVENTS[2]! },
  ]),
);
