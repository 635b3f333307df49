import {
  asList,
  fixedWindows,
  type KV,
  mapBatch,
  type PCollection,
  type Pipeline,
  sessionWindows,
  slidingWindows,
} from 'millrace';
import { PAssert, testStream, timestamped } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** Functions that are called with many elements at a time. */

const words = (p: Pipeline): PCollection<string> => p.create('Words', ['a', 'b', 'c'], { timestamps: [1, 2, 13] });

export const elementsOfAnotherTypeInBatches = conformanceCase((p) => {
  const lengths = p
    .create('Words', ['a', 'bb', ''])
    .apply(mapBatch((batch): { readonly length: number }[] => batch.map(({ length }) => ({ length }))));
  PAssert.that(lengths).containsInAnyOrder([{ length: 1 }, { length: 2 }, { length: 0 }]);
});

/** What is left of a batch is called for before windows fire. */
export const batchIsCalledBeforeATriggerFires = conformanceCase(
  (p) => {
    const stream = testStream<number>()
      .addElements(timestamped(1, 1), timestamped(2, 2))
      .advanceWatermark(10)
      .addElements(timestamped(12, 12))
      .advanceWatermarkToInfinity();
    const sums = p
      .apply(stream)
      .windowInto(fixedWindows(10))
      .apply(mapBatch((batch) => batch.map((n) => n * 10)))
      .keyBy(() => 'k')
      .groupByKey('Gather')
      .map(({ value }) => [...value].sort((a, b) => a - b).join('+'));
    PAssert.that(sums).containsInAnyOrder(['10+20', '120']);
  },
  { requires: ['testStream'], alone: true },
);

export const pairsInBatchesAreGrouped = conformanceCase((p) => {
  const grouped = words(p)
    .apply(mapBatch((batch) => batch.map((word): KV<string, number> => ({ key: word < 'c' ? 'ab' : 'c', value: 1 }))))
    .countPerKey();
  PAssert.that(grouped).containsInAnyOrder([
    { key: 'ab', value: 2 },
    { key: 'c', value: 1 },
  ]);
});

export const windowsBehindBatches = conformanceCase((p) => {
  const counts = words(p)
    .windowInto(fixedWindows(10))
    .apply(mapBatch((batch) => batch.map((word) => word.toUpperCase())))
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort().join(''));
  PAssert.that(counts).containsInAnyOrder(['AB', 'C']);
});

export const overlappingWindowsBehindBatches = conformanceCase((p) => {
  const counts = words(p)
    .windowInto(slidingWindows(10, 5))
    .apply(mapBatch((batch) => batch.map((word) => word.toUpperCase()), { batchSize: 2 }))
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort().join(''));
  PAssert.that(counts).containsInAnyOrder(['AB', 'AB', 'C', 'C']);
});

export const sessionsBehindBatches = conformanceCase((p) => {
  const counts = words(p)
    .windowInto(sessionWindows(10))
    .apply(mapBatch((batch) => batch.map((word) => word.toUpperCase())))
    .keyBy(() => 'k')
    .groupByKey()
    .map(({ value }) => [...value].sort().join(''));
  PAssert.that(counts).containsInAnyOrder(['AB', 'C']);
});

export const timestampsBehindBatches = conformanceCase((p) => {
  const again = words(p)
    .apply(mapBatch((batch) => batch.map((word) => word)))
    .windowInto(fixedWindows(10))
    .countPerElement()
    .map(({ key, value }) => `${key}${value}`);
  PAssert.that(again).containsInAnyOrder(['a1', 'b1', 'c1']);
});

/** From one at a time to many, and back, in one stage. */
export const singlyAndInBatchesByTurns = conformanceCase((p) => {
  let numbers = p.create('Numbers', [1, 2, 3]);
  for (let i = 0; i < 4; i++) {
    numbers = numbers
      .map(`Single ${i}`, (n) => n + 1)
      .apply(
        `Batch ${i}`,
        mapBatch((batch) => batch.map((n) => n * 2), { batchSize: i + 1 }),
      );
  }
  PAssert.that(numbers).containsInAnyOrder([46, 62, 78]);
});

export const batchesAsMainAndSideInput = conformanceCase(
  (p) => {
    const batched = p.create('Numbers', [1, 2, 3]).apply(mapBatch((batch) => batch.map((n) => n * 10)));
    const seen = batched
      .map('See', (n, { all }) => n + all.length, { sideInputs: { all: asList(batched) } })
      .apply(
        'Again',
        mapBatch((batch) => batch.map((n) => -n)),
      );
    PAssert.that(seen).containsInAnyOrder([-13, -23, -33]);
  },
  { requires: ['sideInputs'] },
);

export const batchesOfOne = conformanceCase((p) =>
  PAssert.that(
    p.create('Numbers', [1, 2, 3]).apply(mapBatch((batch) => [batch.length * batch[0]!], { batchSize: 1 })),
  ).containsInAnyOrder([1, 2, 3]),
);

export const batchFunctionThatAnswersNoArray = conformanceCase(
  (p) => {
    p.create('Numbers', [1]).apply(
      'Broken',
      mapBatch(() => 'no array' as unknown as number[]),
    );
  },
  { fails: 'BATCH_LENGTH', saying: ['Broken', 'no array'] },
);
