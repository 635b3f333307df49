import {
  fixedWindows,
  groupIntoBatches,
  type KV,
  largest,
  latest,
  latestPerKey,
  mapBatch,
  minutes,
  outputTag,
  type PCollection,
  type Period,
  type Pipeline,
  periodicImpulse,
  periodicSequence,
  redistribute,
  redistributeByKey,
  seconds,
  slidingWindows,
  smallest,
  sum,
  top,
  waitOn,
} from 'millrace';
import { stringUtf8Coder } from 'millrace/coders';
import { PAssert, testStream, testStreams, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6];

export const largestGlobally = conformanceCase((p) =>
  PAssert.that(p.create(NUMBERS).combineGlobally(largest(3))).containsInAnyOrder([[9, 6, 5]]),
);

export const smallestGlobally = conformanceCase((p) =>
  PAssert.that(p.create(NUMBERS).combineGlobally(smallest(3))).containsInAnyOrder([[1, 1, 2]]),
);

export const largestOfFewer = conformanceCase((p) =>
  PAssert.that(p.create([2, 1]).combineGlobally(largest(5))).containsInAnyOrder([[2, 1]]),
);

export const largestOfNothing = conformanceCase((p) =>
  PAssert.that(
    p
      .create([1])
      .filter(() => false)
      .combineGlobally(largest(3)),
  ).empty(),
);

export const topPerKeyByLength = conformanceCase((p) => {
  const words = p.create(['a', 'apple', 'ant', 'bee', 'bumblebee', 'bo']).keyBy((word) => word[0]!);
  PAssert.that(words.combinePerKey(top<string>(2, (a, b) => a.length - b.length))).containsInAnyOrder([
    { key: 'a', value: ['apple', 'ant'] },
    { key: 'b', value: ['bumblebee', 'bee'] },
  ]);
});

const EVENTS = [
  { word: 'new', at: 9 },
  { word: 'old', at: 2 },
  { word: 'later', at: 15 },
  { word: 'newest', at: 17 },
];
const events = (p: Pipeline) => p.create('Events', EVENTS).withTimestamps('At', ({ at }) => at);

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

/** How many values each batch has, per key. */
const sizes = (batches: PCollection<KV<string, number[]>>) =>
  batches.map('Size', ({ key, value }) => `${key}${value.length}`);

const batching = { requires: ['state', 'timers', 'windowExpiration'] } as const;

export const batchesBySize = conformanceCase((p) => {
  const values = p.create(Array.from({ length: 25 }, (_, i) => i)).keyBy((i) => (i < 5 ? 'a' : 'b'));
  const batches = values.apply(groupIntoBatches({ size: 10 }));
  PAssert.that(sizes(batches)).containsInAnyOrder(['a5', 'b10', 'b10']);
  PAssert.that(
    'All',
    batches.flatMap(({ value }) => value),
  ).containsInAnyOrder(Array.from({ length: 25 }, (_, i) => i));
}, batching);

export const batchesByBytes = conformanceCase((p) => {
  const values = p.create([4, 4, 4, 20, 1]).keyBy(() => 'k');
  const batches = values.apply(groupIntoBatches({ bytes: 8, bytesOf: (n) => n }));
  // Any order of the values makes one batch of the 20 and at most one that is not full.
  PAssert.that(batches.flatMap(({ value }) => value)).containsInAnyOrder([4, 4, 4, 20, 1]);
  const notFull = batches.filter(({ value }) => value.reduce((a, b) => a + b) < 8);
  PAssert.that('Rest', notFull).satisfies((rests) => {
    if (rests.length > 1) throw new Error(`${rests.length} batches are not full`);
  });
}, batching);

export const batchesOfEachWindow = conformanceCase((p) => {
  const values = p
    .create([1, 2, 3, 11, 12])
    .withTimestamps((n) => n)
    .windowInto(fixedWindows(10))
    .keyBy(() => 'k');
  PAssert.that(sizes(values.apply(groupIntoBatches({ size: 2 })))).containsInAnyOrder(['k2', 'k1', 'k2']);
}, batching);

export const waitOnABoundedSignal = conformanceCase(
  (p) => {
    const signal = p.create('Signal', ['a', 'b']);
    PAssert.that(p.create('Main', NUMBERS).apply(waitOn(signal))).containsInAnyOrder(NUMBERS);
  },
  { requires: ['sideInputs'] },
);

export const waitOnAnEmptySignal = conformanceCase(
  (p) => {
    const signal = p.create('Signal', ['a']).filter(() => false);
    PAssert.that(p.create('Main', NUMBERS).apply(waitOn(signal, p.create('Other', [1])))).containsInAnyOrder(NUMBERS);
  },
  { requires: ['sideInputs'] },
);

const ROWS = outputTag('rows').of<number>();
const TABLES = outputTag('tables').of<string>();

export const waitOnTheWindowOfTheSignal = conformanceCase(
  (p) => {
    const { rows, tables } = p.apply(
      testStreams(ROWS, TABLES)
        .addElements(ROWS, timestamped(1, 1), timestamped(12, 12))
        .advanceWatermark(ROWS, 100)
        .addElements(TABLES, timestamped('made', 5))
        .advanceWatermark(TABLES, 100)
        .advanceWatermarkToInfinity(),
    );
    const signal = tables.windowInto('Signals', fixedWindows(10));
    PAssert.that(rows.windowInto('Rows', fixedWindows(10)).apply(waitOn(signal))).containsInAnyOrder([1, 12]);
  },
  { requires: ['testStream', 'sideInputs'], alone: true },
);

const PERIOD: Period = { start: 1_000, stop: 4_500, interval: 1_000 };

export const instantsOfThePast = conformanceCase((p) =>
  PAssert.that(p.apply(periodicImpulse(PERIOD))).containsInAnyOrder([1_000, 2_000, 3_000, 4_000]),
);

export const instantsAreTheirTimestamps = conformanceCase((p) => {
  const counts = p
    .apply(periodicImpulse(PERIOD))
    .windowInto(fixedWindows(2_000))
    .keyBy(() => 'all')
    .countPerKey()
    .map(({ value }) => value);
  PAssert.that(counts).containsInAnyOrder([1, 2, 1]);
});

export const noInstantBeforeItsStop = conformanceCase((p) =>
  PAssert.that(p.apply(periodicImpulse({ start: 5, stop: 5, interval: 1 }))).empty(),
);

export const instantsOfSeveralPeriods = conformanceCase((p) => {
  const periods = p.create('Periods', [PERIOD, { start: 0, stop: minutes(2), interval: minutes(1) }]);
  PAssert.that(periods.apply(periodicSequence())).containsInAnyOrder([1_000, 2_000, 3_000, 4_000, 0, 60_000]);
});

export const instantsOfTheFuture = conformanceCase(
  (p) => {
    const words = p.apply(
      testStream(stringUtf8Coder()).addElements('first').advanceProcessingTime(seconds(3)).advanceWatermarkToInfinity(),
    );
    PAssert.that('Words', words).containsInAnyOrder(['first']);
    PAssert.that(p.apply(periodicImpulse({ start: 0, stop: 2_500, interval: 1_000 }))).containsInAnyOrder([
      0, 1_000, 2_000,
    ]);
  },
  { requires: ['testStream'], alone: true },
);

export const defaultOfNothing = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Nothing', [1])
      .filter(() => false)
      .combineGlobally(sum(), { defaultValue: true }),
  ).containsInAnyOrder([0]),
);

export const noDefaultBesideAResult = conformanceCase((p) =>
  PAssert.that(p.create('Numbers', NUMBERS).combineGlobally(sum(), { defaultValue: true })).containsInAnyOrder([31]),
);

export const nothingOfNothingWithoutADefault = conformanceCase((p) =>
  PAssert.that(
    p
      .create('Nothing', [1])
      .filter(() => false)
      .combineGlobally(sum()),
  ).empty(),
);

export const elementsMappedInBatches = conformanceCase((p) =>
  PAssert.that(
    p.create('Numbers', NUMBERS).apply(mapBatch((batch) => batch.map((n) => n * 2), { batchSize: 3 })),
  ).containsInAnyOrder(NUMBERS.map((n) => n * 2)),
);

export const batchesAreNoLargerThanSaid = conformanceCase((p) =>
  PAssert.that(
    p.create('Numbers', NUMBERS).apply(mapBatch((batch) => batch.map(() => batch.length), { batchSize: 3 })),
  ).satisfies((lengths) => {
    if (lengths.some((length) => length < 1 || length > 3)) throw new Error(`batches of ${lengths}`);
  }),
);

export const batchesKeepTimesAndWindows = conformanceCase((p) => {
  const perWindow = events(p)
    .windowInto('Windows', fixedWindows(10))
    // Elements of two windows are never in one batch.
    .apply(mapBatch((batch) => batch.map(({ word, at }) => ({ word, at, first: Math.floor(batch[0]!.at / 10) }))))
    .map('Text', ({ word, at, first }) => `${word}${Math.floor(at / 10) === first}`)
    .countPerElement()
    .map('Key', ({ key }) => key);
  PAssert.that(perWindow).containsInAnyOrder(['newtrue', 'oldtrue', 'latertrue', 'newesttrue']);
});

export const batchesOfAnElementInSeveralWindows = conformanceCase((p) => {
  const counts = p
    .create('One', [5])
    .withTimestamps('At', (n) => n)
    .windowInto('Windows', slidingWindows(10, 5))
    .apply(mapBatch((batch) => batch.map(() => batch.length)));
  PAssert.that(counts).containsInAnyOrder([1, 1]);
});

export const batchesThroughBatches = conformanceCase((p) => {
  const twice = p
    .create('Numbers', NUMBERS)
    .apply(
      'First',
      mapBatch((batch) => batch.map((n) => n + 1), { batchSize: 2 }),
    )
    .map('Single', (n) => n * 10)
    .apply(
      'Second',
      mapBatch((batch) => batch.map((n) => n + 1), { batchSize: 5 }),
    )
    .reshuffle()
    .apply(
      'Third',
      mapBatch((batch) => batch.map((n) => `${n}`)),
    );
  PAssert.that(twice).containsInAnyOrder(NUMBERS.map((n) => `${(n + 1) * 10 + 1}`));
});

export const aBatchFunctionThatAnswersTooFew = conformanceCase(
  (p) => {
    p.create('Numbers', NUMBERS).apply(
      'Short',
      mapBatch((batch) => batch.slice(1)),
    );
  },
  { fails: 'BATCH_LENGTH', saying: ['answered'] },
);

export const aBatchFunctionThatThrows = conformanceCase(
  (p) => {
    p.create('Numbers', NUMBERS).apply(
      'Broken',
      mapBatch((): number[] => {
        throw new Error('no batch');
      }),
    );
  },
  { fails: 'FUNCTION_THREW', saying: ['no batch'] },
);

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

export const waitOnWhatIsMadeOfTheSameElements = conformanceCase(
  (p) => {
    const numbers = p.create('Main', NUMBERS);
    const total = numbers.combineGlobally('Total', sum());
    const even = numbers.filter('Even', (n) => n % 2 === 0);
    PAssert.that(numbers.apply(waitOn(total, even)).combineGlobally('Again', sum())).containsInAnyOrder([31]);
  },
  { requires: ['sideInputs'] },
);

export const waitOnOneAfterTheOther = conformanceCase(
  (p) => {
    const first = p.create('First', [1]);
    const second = p.create('Second', [2]).apply('Second after first', waitOn(first));
    const third = p.create('Third', [3]).apply('Third after second', waitOn(second));
    PAssert.that(third.flatten('All', second, first)).containsInAnyOrder([1, 2, 3]);
  },
  { requires: ['sideInputs'] },
);

export const batchesOfManyElements = conformanceCase((p) => {
  const numbers = p.create('One', [20_000]).flatMap(function* (n) {
    for (let i = 0; i < n; i++) yield i;
  });
  const mapped = numbers.apply(mapBatch((batch) => batch.map((n) => n % 4), { batchSize: 64 }));
  PAssert.that(mapped.countPerElement()).containsInAnyOrder([0, 1, 2, 3].map((key) => ({ key, value: 5_000 })));
});
