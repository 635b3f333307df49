import fc from 'fast-check';
import type { CombineFn } from 'millrace';
import {
  boolean,
  type Coder,
  double,
  int32,
  int64,
  stringUtf8Coder,
  struct,
  valueCoder,
  varintCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import {
  type AccumulatorLayout,
  accumulatorLayout,
  type KeyTable,
  type KeyTableSpec,
  keyTables,
} from '#millrace/runners/kernel/index.js';

type AnyCombineFn = CombineFn<unknown, unknown, unknown>;

interface Stats {
  count: number;
  sum: number;
  last: number;
  odd: boolean;
}

/** Changes its accumulator in place, and now and then answers another one. */
const stats = {
  createAccumulator: (): Stats => ({ count: 0, sum: 0, last: 0, odd: false }),
  addInput(total: Stats, value: number): Stats {
    if (value % 7 === 0) return { odd: !total.odd, count: total.count + 1, sum: total.sum + value / 4, last: value };
    total.count++;
    total.sum += value / 4;
    total.last = value;
    total.odd = !total.odd;
    return total;
  },
  mergeAccumulators: (a: Stats, b: Stats): Stats => ({
    count: a.count + b.count,
    sum: a.sum + b.sum,
    last: b.last,
    odd: a.odd !== b.odd,
  }),
  extractOutput: ({ count, sum, last, odd }: Stats) => `${count} ${sum} ${last} ${odd}`,
} satisfies CombineFn<number, Stats, string> as unknown as AnyCombineFn;

const LAYOUTS: Record<string, AccumulatorLayout> = {
  opaque: { kind: 'opaque' },
  struct: accumulatorLayout(struct({ count: int64(), sum: double(), last: int32(), odd: boolean() })),
};

function table(
  layout: AccumulatorLayout,
  form: 'compiled' | 'interpreted',
  more: Partial<KeyTableSpec> = {},
): KeyTable {
  const step = { name: 'total', source: 'here.ts:1:1' };
  const spec: KeyTableSpec = {
    ...{ combineFn: stats, inputs: 'values', layout, keyCoder: valueCoder(), step, form, owner: {} },
    ...more,
  };
  return keyTables(spec)();
}

/** Keys in the order in which they came, with what was made of their values. */
function contents(of: KeyTable): [unknown, unknown][] {
  of.settle();
  return Array.from({ length: of.size }, (_, at) => [of.keyAt(at), of.extract(at)]);
}

const keys = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer(),
  fc.constantFrom(-0, 0, Number.NaN, 0.5, 2 ** 31, -(2 ** 31), 2 ** 53, Number.POSITIVE_INFINITY),
  fc.string({ maxLength: 3 }),
  fc.constantFrom('', '\0', '\0b1', '\0s', 'a'.repeat(64), 'a'.repeat(65), 'é'.repeat(20), '1', '0'),
  fc.constantFrom(null, undefined, true, false, 1n, 10n ** 20n),
  fc.constantFrom({ a: 1 }, { a: 1 }, [1], ['1'], new Date(5), { a: 1, b: 2 }),
);
const inputs = fc.array(fc.tuple(keys, fc.integer({ min: 0, max: 1_000 })), { maxLength: 200 });

describe.each(Object.entries(LAYOUTS))('a table of %s accumulators', (_name, layout) => {
  it('agrees with the plain form for keys of any type', () => {
    fc.assert(
      fc.property(inputs, (all) => {
        const compiled = table(layout, 'compiled');
        const plain = table(layout, 'interpreted');
        for (const [key, value] of all) {
          compiled.put(key, value);
          plain.put(key, value);
        }
        expect(contents(compiled)).toEqual(contents(plain));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the plain form when tables are merged, read and emptied', () => {
    fc.assert(
      fc.property(inputs, inputs, (first, second) => {
        const results = (['compiled', 'interpreted'] as const).map((form) => {
          const make = keyTables({
            ...{ combineFn: stats, inputs: 'values', layout, keyCoder: valueCoder(), form, owner: {} },
            step: { name: 'total', source: undefined },
          });
          const [into, from] = [make(), make()];
          for (const [key, value] of first) into.fold(key, value);
          for (const [key, value] of second) from.fold(key, value);
          into.mergeAll(from);
          const merged = contents(into);
          const copies = Array.from({ length: from.size }, (_, at) => from.accumulatorAt(at));
          for (let at = 0; at < from.size; at += 2) from.reset(at);
          return { merged, copies, rest: contents(from) };
        });
        expect(results[0]).toEqual(results[1]);
      }),
      { numRuns: 300 },
    );
  });

  it('finds keys again while it grows far beyond the first level of memory', () => {
    const compiled = table(layout, 'compiled');
    const plain = table(layout, 'interpreted');
    for (let i = 0; i < 100_000; i++) {
      // Integers, some of them far apart, with other keys between.
      const n = Math.imul(i, 0x9e3779b1) % 40_000;
      const key = i % 11 === 0 ? `k${n}` : i % 13 === 0 ? n * 4096 * 4096 : n;
      compiled.put(key, i);
      plain.put(key, i);
    }
    expect(compiled.size).toBeGreaterThan(16_384);
    expect(contents(compiled)).toEqual(contents(plain));
    expect(compiled.folds).toBe(100_000);
  });

  it('folds accumulators where it is given accumulators', () => {
    const compiled = table(layout, 'compiled', { inputs: 'accumulators' });
    for (const count of [1, 2, 3]) compiled.put('a', { count, sum: count / 2, last: count, odd: count === 2 });
    expect(contents(compiled)).toEqual([['a', '6 3 3 true']]);
  });
});

describe('a table of keys', () => {
  it('keeps strings apart whose hashes are equal', () => {
    // Of these pairs any sequence has one value of the polynomial 31 h + c.
    const pairs = ['Aa', 'BB'];
    const colliding = (length: number): string[] =>
      length === 0 ? [''] : colliding(length - 1).flatMap((rest) => pairs.map((pair) => pair + rest));
    const compiled = table(LAYOUTS.opaque!, 'compiled');
    const all = colliding(10);
    for (const round of [0, 1]) for (const [i, key] of all.entries()) compiled.put(key, i + round);
    expect(contents(compiled).map(([key]) => key)).toEqual(all);
    expect(contents(compiled).every(([, text]) => String(text).startsWith('2 '))).toBe(true);
  });

  it('compares keys as their declared coder does', () => {
    const byFirstLetter: Coder<string> = {
      ...stringUtf8Coder(),
      urn: 'test:coder:first_letter:v1',
      deterministic: true,
      components: [],
      encode: (value, to, nested) => stringUtf8Coder().encode(value.slice(0, 1), to, nested),
      decode: (from, nested) => stringUtf8Coder().decode(from, nested),
    };
    const compiled = table(LAYOUTS.opaque!, 'compiled', { keyCoder: byFirstLetter as Coder<unknown> });
    for (const key of ['apple', 'pear', 'avocado']) compiled.put(key, 1);
    expect(contents(compiled).map(([key]) => key)).toEqual(['apple', 'pear']);
  });

  it.each(['compiled', 'interpreted'] as const)('names step and element of what a function throws: %s', (form) => {
    const combineFn: AnyCombineFn = {
      ...stats,
      addInput() {
        throw new Error('no');
      },
    };
    expect(() => table(LAYOUTS.opaque!, form, { combineFn }).put('a', 5)).toThrow(
      expect.objectContaining({ step: 'total', source: 'here.ts:1:1', element: "{ key: 'a', value: 5 }" }),
    );
  });

  it('refuses what an accumulator is not declared to be', () => {
    const count = (addInput: (n: unknown) => unknown): KeyTable =>
      table(accumulatorLayout(varintCoder()), 'compiled', {
        combineFn: { ...stats, createAccumulator: () => 0, addInput },
      });
    expect(() => count(() => 0.5).put('a', 1)).toThrow('the accumulator is declared as int64, got 0.5');
    expect(() => count(() => 2 ** 53).put('a', 1)).toThrow('declared as int64');
    const more: AnyCombineFn = {
      ...stats,
      createAccumulator: () => ({ count: 0, sum: 0, last: 0, odd: false, extra: 1 }),
    };
    expect(() => table(LAYOUTS.struct!, 'compiled', { combineFn: more })).toThrow(
      'declared with the fields "count", "sum", "last", "odd", but createAccumulator() made',
    );
    const bad: AnyCombineFn = { ...stats, addInput: (total) => ({ ...(total as Stats), last: 2 ** 31 }) };
    expect(() => table(LAYOUTS.struct!, 'compiled', { combineFn: bad }).put('a', 1)).toThrow(
      'the accumulator\'s field "last" is declared as int32, got 2147483648',
    );
  });

  it('answers an accumulator that is its own result as a value that does not change', () => {
    const itself: AnyCombineFn = { ...stats, extractOutput: (total) => total };
    const compiled = table(LAYOUTS.struct!, 'compiled', { combineFn: itself });
    compiled.put('a', 1);
    compiled.put('b', 2);
    const [a, b] = contents(compiled).map(([, total]) => total as Stats);
    expect([a!.last, b!.last]).toEqual([1, 2]);
  });
});
