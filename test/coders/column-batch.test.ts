import fc from 'fast-check';
import { MillraceError } from 'millrace';
import { BytesSource, GrowableSink } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { decodeColumn, encodeColumn } from '#millrace/sdk/coders/column-batch.js';
import { anyString, anyValue } from './arbitraries.js';

function encoded(values: readonly unknown[], before = 0): Uint8Array {
  const sink = new GrowableSink();
  for (let i = 0; i < before; i++) sink.byte(0);
  encodeColumn(values, 0, values.length, sink);
  return sink.toBytes().subarray(before);
}

const roundTrip = (values: readonly unknown[], before = 0): unknown[] => {
  const source = new BytesSource(encoded(values, before));
  const back = decodeColumn(source, values.length);
  expect(source.remaining).toBe(0);
  return back;
};

const plain = { noNullPrototype: true } as const;
const person = fc.record({ id: fc.integer(), name: fc.string(), age: fc.option(fc.double()) }, plain);
const bid = fc.record({ at: fc.date({ noInvalidDate: false }), tags: fc.array(fc.string()), ok: fc.boolean() }, plain);
const anything = fc.oneof(person, bid, fc.record({ key: fc.maxSafeInteger(), value: person }, plain));

describe('a batch as columns', () => {
  it.each<[string, fc.Arbitrary<unknown>]>([
    ['int32s', fc.integer()],
    ['numbers', fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(-0, Number.NaN, 0))],
    ['small numbers', fc.constantFrom(0, -0)],
    ['booleans', fc.boolean()],
    ['strings', anyString],
    ['strings that repeat', fc.constantFrom('', 'a', 'Ä', '☃', '\ud800', 'a longer one that repeats')],
    ['latin strings', fc.string({ unit: fc.nat(255).map((unit) => String.fromCharCode(unit)), maxLength: 60 })],
    ['dates', fc.date({ noInvalidDate: false })],
    ['objects of one shape', person],
    [
      'objects inside objects',
      fc.record({ key: fc.string(), value: fc.record({ a: person, b: fc.array(bid) }, plain) }, plain),
    ],
    ['objects of several shapes', anything],
    ['objects and what is not there', fc.option(fc.option(anything, { nil: undefined }))],
    ['arrays of arrays', fc.array(fc.array(fc.integer()))],
    ['dictionaries', fc.dictionary(anyString, fc.integer())],
    ['anything', anyValue],
    ['anything inside objects', fc.record({ a: anyValue, b: anyValue }, plain)],
  ])('gives back %s', (_name, element) => {
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 30 }),
        fc.nat(9),
        fc.integer({ min: 1, max: 5 }),
        (some, before, times) => {
          const values = Array.from({ length: times }, () => some).flat();
          expect(roundTrip(values, before)).toStrictEqual(values);
        },
      ),
    );
  });

  it('takes a part of an array', () => {
    const sink = new GrowableSink();
    encodeColumn([1, 'a', 'b', 2], 1, 3, sink);
    expect(decodeColumn(new BytesSource(sink.view()), 2)).toEqual(['a', 'b']);
  });

  it('writes a constant once', () => {
    const rows = Array.from({ length: 1_000 }, () => ({ type: 'bid', price: 7, nothing: null }));
    expect(encoded(rows).length).toBeLessThan(64);
    expect(roundTrip(rows)).toStrictEqual(rows);
  });

  it('writes strings that repeat once, and gives one object back for them', () => {
    const cities = ['Berlin', 'Paris', 'Ljubljana', 'Łódź', 'a city of no small name, if ever there was one'];
    const repeated = Array.from({ length: 1_000 }, (_, i) => `${cities[i % 5]} ${i % 7}`);
    expect(encoded(repeated).length).toBeLessThan(1_000 + 35 * 120);
    expect(roundTrip(repeated)).toStrictEqual(repeated);
    // Few at first, then too many, or something else.
    const many = [...repeated, ...Array.from({ length: 600 }, (_, i) => `number ${i}`)];
    expect(roundTrip(many)).toStrictEqual(many);
    expect(roundTrip([...repeated, 7, null])).toStrictEqual([...repeated, 7, null]);
  });

  it('keeps objects with names that no code may hold', () => {
    for (const name of ['__proto__', 'a-b', '', '}; throw 1; //', 'x'.repeat(100), '\ud800', 'constructor', '0']) {
      const values = [1, 2, 3].map((n) =>
        Object.fromEntries([
          [name, n],
          ['b', 'x'],
        ]),
      );
      const back = roundTrip(values);
      expect(back.map((value) => Object.entries(value as object))).toEqual(
        values.map((value) => Object.entries(value)),
      );
      for (const value of back) expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
  });

  it('tells apart objects that differ in the order of properties only', () => {
    const back = roundTrip([{ a: 1, b: 2 }, { b: 3, a: 4 }, { a: 5 }, {}, Object.create(null)]);
    expect(back.map((value) => Object.keys(value as object).join())).toEqual(['a,b', 'b,a', 'a', '', '']);
    expect(Object.getPrototypeOf(back[4])).toBe(null);
  });

  it('survives more shapes than it keeps', () => {
    const values = Array.from({ length: 2_000 }, (_, i) => ({ [`p${i}`]: i, [`q${i}`]: i }));
    expect(roundTrip(values)).toStrictEqual(values);
    expect(roundTrip(values.slice(-2))).toStrictEqual(values.slice(-2));
  });

  it('gives each element objects of its own', () => {
    const [a, b] = roundTrip([
      { tags: [], at: new Date(0) },
      { tags: [], at: new Date(0) },
    ]) as { tags: unknown; at: unknown }[];
    expect(a!.tags).not.toBe(b!.tags);
    expect(a!.at).not.toBe(b!.at);
  });

  it('names the place of what it cannot encode, and takes back what it wrote', () => {
    const cycle: Record<string, unknown> = { key: 1 };
    cycle.value = { inner: cycle };
    const cases: [unknown, string][] = [
      [{ key: 1, value: { f: () => 1 } }, '$.value.f'],
      [{ key: 1, value: [1, Promise.resolve()] }, '$.value[1]'],
      [cycle, 'a cycle'],
      // biome-ignore lint/suspicious/noSparseArray: a hole is the subject
      [{ key: 1, value: [1, , 2] }, 'a hole in an array at $.value[1]'],
    ];
    for (const [value, text] of cases) {
      const sink = new GrowableSink();
      sink.byte(1);
      expect(() => encodeColumn([{ key: 1, value: [1] }, value], 0, 2, sink)).toThrow(text);
      expect(sink.length).toBe(1);
    }
  });

  it('answers hostile bytes with an error or values', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 10 }), edits, (values, edits) => {
        const bytes = encoded(values).slice();
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
        try {
          expect(decodeColumn(new BytesSource(bytes), values.length)).toHaveLength(values.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has the same form where code may not be generated', async () => {
    const { execFileSync } = await import('node:child_process');
    const script = `
      import { GrowableSink, BytesSource } from 'millrace/coders';
      import { encodeColumn, decodeColumn } from '#millrace/sdk/coders/column-batch.js';
      const sink = new GrowableSink();
      encodeColumn([{ a: 1, b: 'x' }, { a: 2, b: 'y' }], 0, 2, sink);
      process.stdout.write(JSON.stringify([Buffer.from(sink.view()).toString('hex'), decodeColumn(new BytesSource(sink.toBytes()), 2)]));
    `;
    const run = (...flags: string[]): string =>
      execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', script], { encoding: 'utf8' });
    const answer = run('--disallow-code-generation-from-strings');
    expect(JSON.parse(answer)[1]).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ]);
    expect(answer).toBe(run());
  });
});
