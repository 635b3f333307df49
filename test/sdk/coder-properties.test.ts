import type { Coder } from 'millrace';
import {
  bytesCoder,
  deterministicValueCoder,
  doubleCoder,
  iterableCoder,
  kvCoder,
  nullableCoder,
  stringUtf8Coder,
  valueCoder,
  varintCoder,
} from 'millrace/coders';
import { coderProperties } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { errorOf } from './build.js';

/** A coder with something else in the place of one of its parts. */
const broken = <T>(coder: Coder<T>, parts: Partial<Coder<T>>): Coder<T> => Object.assign(Object.create(coder), parts);

describe('coderProperties', () => {
  it('is content with our coders', () => {
    coderProperties(stringUtf8Coder(), ['', 'a', 'ä', 'x'.repeat(200)]);
    coderProperties(bytesCoder(), [new Uint8Array(), new Uint8Array([0, 255])]);
    coderProperties(varintCoder(), [0, -1, 127, 128, Number.MAX_SAFE_INTEGER]);
    coderProperties(doubleCoder(), [0, 0.5, Number.NaN, Number.NEGATIVE_INFINITY]);
    coderProperties(kvCoder(stringUtf8Coder(), nullableCoder(varintCoder())), [
      { key: '', value: null },
      { key: 'a', value: 1 },
    ]);
    coderProperties(iterableCoder(stringUtf8Coder()), [[], ['', 'a']]);
    coderProperties(valueCoder(), [undefined, null, 1n, new Map([[1, new Set('a')]]), new Date(5)]);
    coderProperties(deterministicValueCoder(), [{ a: 1, b: 2 }, { b: 2, a: 1 }, [1, 'a', null]]);
  });

  it.each<[string, () => void, string]>([
    [
      'a value that comes back as another',
      () => coderProperties(broken(varintCoder(), { decode: (from) => from.varint() & 0xff }), [5, 256]),
      '256 comes back in the outer context as 0',
    ],
    [
      'bytes that are not read',
      () => coderProperties(broken(stringUtf8Coder(), { decode: (from) => from.utf8(1) }), ['a', 'aa']),
      'comes back',
    ],
    [
      'bytes that are left over',
      () => coderProperties(broken(varintCoder(), { decode: () => 5 }), [5]),
      'of the 1 bytes of 5 in the outer context, 1 are not read',
    ],
    [
      'one that does not know where it ends',
      () =>
        coderProperties(
          broken(stringUtf8Coder(), {
            encode: (value, to) => to.utf8(value),
            decode: (from) => from.utf8(from.remaining),
          }),
          ['a', 'b'],
        ),
      'the end of one is not known',
    ],
    [
      'equal values of other bytes',
      () => coderProperties(broken(valueCoder<unknown>(), { deterministic: true }), [new Set([1, 2]), new Set([2, 1])]),
      'are equal, and are',
    ],
  ])('finds %s', (_, test, text) => {
    const error = errorOf(test);
    expect(error).toMatchObject({ code: 'CODER_PROPERTY', kind: 'coder' });
    expect(error.message).toContain(text);
  });

  it('does not ask one that is not deterministic for the same bytes', () => {
    coderProperties(valueCoder<unknown>(), [new Set([1, 2]), new Set([2, 1])]);
  });
});
