import { fixedWindows, type KV, redistribute, redistributeByKey } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { events, NUMBERS } from '../shapes/events.js';

export const redistributedElements = conformanceCase((p) =>
  PAssert.that(p.create('Numbers', NUMBERS).apply(redistribute())).containsInAnyOrder(NUMBERS),
);

export const redistributedByKey = conformanceCase((p) => {
  const pairs = p.create('Numbers', NUMBERS).keyBy((n) => n % 2);
  PAssert.that(pairs.apply(redistributeByKey()).countPerKey()).containsInAnyOrder([
    { key: 0, value: 3 },
    { key: 1, value: 5 },
  ]);
});

export const redistributionKeepsTimesAndWindows = conformanceCase((p) => {
  const counts = events(p)
    .windowInto('Windows', fixedWindows(10))
    .map('Key', ({ word, at }): KV<string, number> => ({ key: word, value: at }))
    .apply('By key', redistributeByKey())
    .apply('Anyhow', redistribute())
    // The windows again, of the times that came through.
    .windowInto('Again', fixedWindows(5))
    .keyBy('All', () => 'all')
    .countPerKey()
    .map('Count', ({ value }) => value);
  PAssert.that(counts).containsInAnyOrder([1, 1, 2]);
});

export const redistributionOfNothing = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Numbers', NUMBERS)
      .filter(() => false)
      .apply(redistribute()),
  ).empty(),
);
