import fc from 'fast-check';
import { compareBags, isEqual } from 'millrace/testing';
import { describe, expect, it } from 'vitest';

const values = fc.anything({ withMap: true, withSet: true, withDate: true, withTypedArray: true, withBigInt: true });

describe('structural equality', () => {
  it('holds between a value and its copy', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(isEqual(value, structuredClone(value))).toBe(true);
      }),
    );
  });

  it('is symmetric', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(isEqual(a, b)).toBe(isEqual(b, a));
      }),
    );
  });

  it.each<[string, unknown, unknown, boolean]>([
    ['NaN and NaN', Number.NaN, Number.NaN, true],
    ['0 and -0', 0, -0, true],
    ['0 and -0 inside', [{ a: 0 }], [{ a: -0 }], true],
    ['1 and 1n', 1, 1n, false],
    ['null and undefined', null, undefined, false],
    ['a missing and an undefined property', {}, { a: undefined }, false],
    ['a property and an inherited one', { toString: 1 }, { a: 1 }, false],
    ['sets in another order', new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }]), true],
    ['maps with other values', new Map([[1, 2]]), new Map([[1, 3]]), false],
    ['invalid dates', new Date(Number.NaN), new Date(Number.NaN), true],
    ['a Buffer and its bytes', Buffer.from([1]), new Uint8Array([1]), true],
    ['views of other types', new Int8Array([1]), new Uint8Array([1]), false],
    [
      'an iterable and an array',
      {
        *[Symbol.iterator]() {
          yield 1;
        },
      },
      [1],
      true,
    ],
    ['an array and an object', [], {}, false],
  ])('of %s', (_, a, b, equal) => {
    expect(isEqual(a, b)).toBe(equal);
    expect(compareBags([a], [b]).missing.length).toBe(equal ? 0 : 1);
  });
});

describe('bags', () => {
  it('differ by what one has more often', () => {
    expect(compareBags([1, 1, 2, 3], [2, 1, 4])).toEqual({ missing: [1, 3], unexpected: [4] });
  });

  it('are equal in any order', () => {
    fc.assert(
      fc.property(fc.array(values), (bag) => {
        expect(compareBags(bag, structuredClone(bag).reverse())).toEqual({ missing: [], unexpected: [] });
      }),
    );
  });

  it('are compared soon when they are large', () => {
    const bag = Array.from({ length: 20_000 }, (_, i) => ({ key: `k${i}`, value: i }));
    expect(compareBags(bag, bag.toReversed())).toEqual({ missing: [], unexpected: [] });
  });
});
