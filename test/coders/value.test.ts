import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { MillraceError } from 'millrace';
import { type Coder, decodeFromBytes, deterministicValueCoder, encodeToBytes, valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../sdk/build.js';
import { anyValue, keyValue } from './arbitraries.js';

const roundTrip = <T>(coder: Coder<T>, value: T): T => decodeFromBytes(coder, encodeToBytes(coder, value));

const refused = (value: unknown): MillraceError => errorOf(() => encodeToBytes(valueCoder(), value));

describe('the default coder', () => {
  it('refuses instances of subclasses, and matches, whose own properties it would lose', () => {
    class Instant extends Date {}
    class Index extends Map {}
    class List extends Array {}
    expect(refused({ at: new Instant() }).summary).toBe('cannot encode an Instant at $.at');
    expect(refused([new Index()]).summary).toBe('cannot encode an Index at $[0]');
    expect(refused(List.of(1)).summary).toBe('cannot encode a List at $');
    expect(refused({ m: /a(?<n>b)/.exec('ab') }).summary).toBe('cannot encode the result of a match at $.m');
  });

  it('takes plain values of another realm', () => {
    const foreign = runInNewContext(
      '({ list: [1, { a: 2 }], at: new Date(5), map: new Map([["k", new Set([1])]]), bytes: new Uint8Array([1]).buffer })',
    );
    expect(roundTrip(valueCoder(), foreign)).toStrictEqual({
      list: [1, { a: 2 }],
      at: new Date(5),
      map: new Map([['k', new Set([1])]]),
      bytes: Uint8Array.of(1).buffer,
    });
  });

  it('carries any structured value without loss', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(roundTrip(valueCoder(), value)).toStrictEqual(value);
      }),
    );
  });

  it.each([
    ['-0', -0],
    ['NaN', Number.NaN],
    ['the largest integer', Number.MAX_SAFE_INTEGER],
    ['the smallest integer', Number.MIN_SAFE_INTEGER],
    ['a subnormal', 5e-324],
    ['a lone surrogate', 'a\ud800b'],
    ['a byte order mark', '\ufeffx'],
    ['a long string', 'é'.repeat(10_000)],
    ['a huge bigint', -(2n ** 4_000n)],
    ['an invalid date', new Date(Number.NaN)],
    ['a Buffer', Buffer.from('abc')],
    ['an empty property name', { '': 1 }],
    ['a lone surrogate as a name', { '\udc00': 1 }],
    ['a map of maps', new Map([[{ a: 1 }, new Map([[new Date(0), new Set(['x'])]])]])],
    ['a view of floats', new Float64Array([-0, Number.NaN, 1.5])],
    ['undefined in an object', { a: undefined }],
  ])('carries %s', (_name, value) => {
    expect(roundTrip(valueCoder<unknown>(), value)).toStrictEqual(value);
  });

  it('keeps a property named __proto__ a property', () => {
    const value = JSON.parse('{"__proto__": {"polluted": 1}, "b": 2}');
    const back = roundTrip(valueCoder(), value) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(Object.entries(back)).toEqual([
      ['__proto__', { polluted: 1 }],
      ['b', 2],
    ]);
  });

  it('keeps the order of properties, and an absent prototype', () => {
    const value = Object.assign(Object.create(null), { b: 1, a: 2 });
    const back = roundTrip(valueCoder(), value) as object;
    expect(Object.getPrototypeOf(back)).toBe(null);
    expect(Object.keys(back)).toEqual(['b', 'a']);
  });

  it('names the place and the thing that it cannot encode', () => {
    class Order {}
    const cycle: Record<string, unknown> = { list: [] };
    (cycle.list as unknown[]).push(cycle);
    const cases: [unknown, string][] = [
      [{ items: [1, 2, 3, { fn: () => 1 }] }, '$.items[3].fn'],
      [{ 'a b': Symbol('s') }, '$["a b"]'],
      [[Promise.resolve(1)], 'a Promise at $[0]'],
      [new Map([['k', new Order()]]), 'an Order at $.get("k")'],
      [{ e: new RangeError('x') }, 'a RangeError at $.e'],
      [cycle, 'a cycle (the value is inside itself, 2 levels up) at $.list[0]'],
      // biome-ignore lint/suspicious/noSparseArray: a hole is the subject
      [[1, , 3], 'a hole in an array at $[1]'],
    ];
    for (const [value, text] of cases) {
      const error = refused(value);
      expect(error.code).toBe('CODER_UNENCODABLE');
      expect(error.kind).toBe('coder');
      expect(error.summary).toContain(text);
      expect(error.hint).toBeDefined();
    }
  });

  it('refuses a list a hundred thousand deep, both ways', () => {
    let deep: unknown = null;
    for (let i = 0; i < 100_000; i++) deep = { next: deep };
    expect(refused(deep).summary).toContain('more than 1000 nested levels');
    expect(errorOf(() => decodeFromBytes(valueCoder(), new Uint8Array(100_000).fill(0xc1))).code).toBe(
      'CODER_MALFORMED',
    );
  });

  it('reports a getter that throws', () => {
    const value = {
      get broken(): number {
        throw new TypeError('no');
      },
    };
    expect(refused(value).message).toContain('TypeError: no');
  });

  it('answers hostile bytes with an error or a value', () => {
    fc.assert(
      fc.property(
        anyValue,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (value, edits) => {
          const bytes = encodeToBytes(valueCoder(), value);
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          try {
            decodeFromBytes(valueCoder(), bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(MillraceError);
          }
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeFromBytes(valueCoder(), bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      }),
    );
  });

  it('says how much is missing from a truncated value', () => {
    const bytes = encodeToBytes(valueCoder(), { name: 'a long enough text' });
    expect(errorOf(() => decodeFromBytes(valueCoder(), bytes.subarray(0, -1))).code).toBe('CODER_TRUNCATED');
    expect(errorOf(() => decodeFromBytes(valueCoder(), Uint8Array.of(...bytes, 0))).code).toBe('CODER_LEFT_OVER');
  });
});

describe('the coder of keys', () => {
  it('gives equal keys equal bytes', () => {
    const encode = (key: unknown): string => Buffer.from(encodeToBytes(deterministicValueCoder(), key)).toString('hex');
    expect(encode({ a: 1, b: [-0] })).toBe(encode({ b: [0], a: 1 }));
    expect(encode(Buffer.from('x'))).toBe(encode(new Uint8Array([120])));
    expect(encode(Object.assign(Object.create(null), { a: 1 }))).toBe(encode({ a: 1 }));
    expect(encode(1)).not.toBe(encode(1n));
    expect(encode('1')).not.toBe(encode(1));
  });

  it('decodes to what stands for the key', () => {
    fc.assert(
      fc.property(keyValue, (key) => {
        const coder = deterministicValueCoder();
        const bytes = encodeToBytes(coder, key);
        expect(encodeToBytes(coder, decodeFromBytes(coder, bytes))).toEqual(bytes);
      }),
    );
  });

  it('refuses what has no order of its own', () => {
    expect(errorOf(() => encodeToBytes(deterministicValueCoder(), { tags: new Set() })).summary).toBe(
      'cannot encode a Set at $.tags in a key',
    );
  });
});
