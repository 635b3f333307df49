import fc from 'fast-check';
import { deterministicValueCoder, keyIdentity } from 'millrace/coders';
import { expect, test } from 'vitest';
import { KeyIndex } from '#millrace/runners/dataflow/state/key-index.js';

/** Few, so that they meet again; integers that fall on one another in a small table among them. */
const key = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.integer().map((n) => (n % 8) * 2 ** 20),
  fc.constantFrom(2 ** 31, -(2 ** 31), 0.5, Number.NaN, '', 'a', '0', '\0b', true, null, undefined),
  fc.constantFrom({ a: 1 }, { a: 2 }, [1], [1, 2]).map((value) => structuredClone(value)),
);

test('finds what was entered and not removed, as a Map of the identities does', () => {
  const identity = keyIdentity(deterministicValueCoder());
  fc.assert(
    fc.property(fc.array(fc.record({ key, removes: fc.boolean() }), { maxLength: 120 }), (steps) => {
      const index = new KeyIndex(identity, true);
      const model = new Map<unknown, number>();
      for (const [row, { key: each, removes }] of steps.entries()) {
        const id = identity(each);
        if (removes) {
          if (model.delete(id)) index.remove(each);
        } else if (!model.has(id)) {
          index.add(each, row);
          model.set(id, row);
        }
        for (const { key: other } of steps) expect(index.find(other)).toBe(model.get(identity(other)) ?? -1);
      }
    }),
    { numRuns: 200 },
  );
});

test('finds the other integers when many were removed', () => {
  const index = new KeyIndex(keyIdentity(deterministicValueCoder()), true);
  for (let row = 0; row < 5_000; row++) index.add(row * 7, row);
  for (let row = 0; row < 5_000; row += 2) index.remove(row * 7);
  for (let row = 0; row < 5_000; row++) expect(index.find(row * 7)).toBe(row % 2 === 0 ? -1 : row);
});
