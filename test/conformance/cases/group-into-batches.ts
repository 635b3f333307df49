import { fixedWindows, groupIntoBatches, type KV, type PCollection } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

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
