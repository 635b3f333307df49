import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

export const createEmpty = conformanceCase((p) => {
  PAssert.that(p.create<number>('Nothing', [])).empty();
});

export const createValues = conformanceCase((p) => {
  PAssert.that(p.create('Numbers', [3, 1, 2])).containsInAnyOrder([1, 2, 3]);
});

export const createManyKindsOfValue = conformanceCase((p) => {
  const values = [
    null,
    true,
    -1.5,
    'text',
    12n,
    new Date(5),
    new Uint8Array([1, 2]),
    new Map([['a', new Set([1])]]),
    { a: [1, { b: null }] },
  ];
  PAssert.that(p.create('Values', values)).containsInAnyOrder(values);
});

export const createLarge = conformanceCase((p) => {
  const long = Array.from(
    { length: 5_000 },
    (_, i) => `element number ${i} of a collection larger than what stands in a plan`,
  );
  PAssert.that(p.create('Long', long).map((text) => text.length > 60)).satisfies((all) => {
    if ([...all].filter(Boolean).length !== 5_000) throw new Error('elements are missing');
  });
});
