import { fixedWindows, mapBatch, slidingWindows } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { events, NUMBERS } from '../shapes/events.js';

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

export const batchesOfManyElements = conformanceCase((p) => {
  const numbers = p.create('One', [20_000]).flatMap(function* (n) {
    for (let i = 0; i < n; i++) yield i;
  });
  const mapped = numbers.apply(mapBatch((batch) => batch.map((n) => n % 4), { batchSize: 64 }));
  PAssert.that(mapped.countPerElement()).containsInAnyOrder([0, 1, 2, 3].map((key) => ({ key, value: 5_000 })));
});
