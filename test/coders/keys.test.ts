import fc from 'fast-check';
import {
  bigintVarintCoder,
  bytesCoder,
  type Coder,
  decodeFromBytes,
  deterministicValueCoder,
  doubleCoder,
  encodeToBytes,
  iterableCoder,
  keyGroupOf,
  keyHash,
  keyIdentity,
  kvCoder,
  stringUtf8Coder,
  valueCoder,
  varintCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { murmur3 } from '#millrace/sdk/coders/key-hash.js';
import { keyValue } from './arbitraries.js';

const encoded = (key: unknown): string => Buffer.from(encodeToBytes(deterministicValueCoder(), key)).toString('hex');

describe('keys', () => {
  it('are the same exactly where their bytes are', () => {
    const identity = keyIdentity(valueCoder());
    const hash = keyHash(valueCoder());
    fc.assert(
      fc.property(keyValue, keyValue, (a, b) => {
        const same = encoded(a) === encoded(b);
        expect(new Set([identity(a), identity(b)]).size).toBe(same ? 1 : 2);
        if (same) expect(hash(a)).toBe(hash(b));
        const copy = decodeFromBytes(deterministicValueCoder(), encodeToBytes(deterministicValueCoder(), a));
        expect(new Set([identity(a), identity(copy)]).size).toBe(1);
        expect(hash(copy)).toBe(hash(a));
      }),
    );
  });

  it('hold −0 for 0, and one NaN', () => {
    for (const coder of [valueCoder(), doubleCoder()] as Coder<unknown>[]) {
      expect(keyHash(coder)(-0)).toBe(keyHash(coder)(0));
      const strangeNaN = new Float64Array(new BigUint64Array([0xfff8_0000_dead_beefn]).buffer)[0];
      expect(keyHash(coder)(strangeNaN)).toBe(keyHash(coder)(Number.NaN));
      expect(new Set([keyIdentity(coder)(-0), keyIdentity(coder)(0)]).size).toBe(1);
    }
  });

  it('that are primitives stay what they are', () => {
    const identity = keyIdentity(valueCoder());
    for (const key of ['a', '', 1, 1.5, true, 2n, null, undefined]) expect(identity(key)).toBe(key);
    expect(keyIdentity(stringUtf8Coder())('x')).toBe('x');
    expect(keyIdentity(varintCoder())(7)).toBe(7);
    expect(keyIdentity(bigintVarintCoder())(7n)).toBe(7n);
  });

  it('do not collide when a string looks like an encoding', () => {
    const identity = keyIdentity(valueCoder());
    const bytes = identity([1, 2]) as string;
    expect(identity([1, 2])).toBe(bytes);
    for (const text of [bytes, `\0s${bytes}`, '\0', '\0s']) expect(identity(text)).not.toBe(identity([1, 2]));
    expect(new Set([bytes, `\0s${bytes}`, '\0', '\0s', 's'].map(identity)).size).toBe(5);
  });

  it('of other coders are compared by their bytes', () => {
    const coder = kvCoder(stringUtf8Coder(), bytesCoder());
    const key = () => ({ key: 'a', value: new Uint8Array([1, 2]) });
    expect(keyIdentity(coder)(key())).toBe(keyIdentity(coder)(key()));
    expect(keyHash(coder)(key())).toBe(keyHash(coder)(key()));
  });

  it('need a coder that is deterministic', () => {
    expect(() => keyIdentity(iterableCoder(valueCoder()))).toThrow(/cannot encode keys/);
    expect(() => keyHash(kvCoder(valueCoder(), valueCoder()))).toThrow(/cannot encode keys/);
  });
});

describe('the key hash, version 1', () => {
  it('is Murmur3 (published vectors)', () => {
    const of = (text: string, seed: number): string => murmur3(Buffer.from(text), seed).toString(16);
    expect(of('', 0)).toBe('0');
    expect(of('', 1)).toBe('514e28b7');
    expect(of('test', 0)).toBe('ba6bd213');
    expect(of('test', 0x9747b28c)).toBe('704b81dc');
    expect(of('Hello, world!', 0)).toBe('c0363e43');
    expect(of('The quick brown fox jumps over the lazy dog', 0x9747b28c)).toBe('2fa826cd');
    expect(of('aaa', 0x9747b28c)).toBe('283e0130');
  });

  it('takes its shortcuts to where the definition leads', () => {
    const hash = keyHash(valueCoder());
    fc.assert(
      fc.property(fc.integer(), (n) => {
        expect(hash(n)).toBe(murmur3(new Uint8Array(Int32Array.of(n).buffer), 1));
      }),
    );
    fc.assert(
      fc.property(fc.double({ noInteger: true, noNaN: true }), (x) => {
        expect(hash(x)).toBe(murmur3(new Uint8Array(Float64Array.of(x).buffer), 2));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(hash(text)).toBe(murmur3(Buffer.from(text, 'utf16le'), 3));
      }),
    );
  });

  it('never changes', () => {
    const hash = keyHash(valueCoder());
    const keys = [
      0,
      1,
      -1,
      2 ** 31,
      0.5,
      'a',
      'auction',
      '光线',
      true,
      null,
      10n,
      [1, 'b'],
      { b: 1, a: 2 },
      new Date(0),
    ];
    expect(keys.map((key) => hash(key).toString(16))).toMatchInlineSnapshot(`
      [
        "78ed212d",
        "5e11e574",
        "36c6fa09",
        "bcf69c73",
        "fa167333",
        "3c2569b2",
        "4112e66c",
        "2075aad1",
        "e0ab51c8",
        "7f76b3f8",
        "56a1b1e3",
        "a387727a",
        "ee82d663",
        "e93a5044",
      ]
    `);
    expect(keyHash(bytesCoder())(new Uint8Array([1, 2, 3])).toString(16)).toMatchInlineSnapshot(`"4c298f63"`);
  });

  it('spreads small integers over key groups', () => {
    const hash = keyHash(valueCoder());
    const groups = new Array<number>(128).fill(0);
    for (let key = 0; key < 12_800; key++) groups[keyGroupOf(hash(key), 128)]!++;
    expect(Math.min(...groups)).toBeGreaterThan(50);
    expect(Math.max(...groups)).toBeLessThan(150);
  });
});
