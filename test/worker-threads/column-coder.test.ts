import fc from 'fast-check';
import * as types from 'millrace/coders';
import {
  BytesSource,
  type Coder,
  GrowableSink,
  iterableCoder,
  kvCoder,
  millisInstant,
  nested,
  nullable,
  nullableCoder,
  row,
  rowCoder,
  string,
  struct,
  varintCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { columnCoder } from '#millrace/runners/worker-threads/column-coder.js';

function roundTrip(coder: Coder<never>, ...batches: readonly (readonly unknown[])[]): unknown[][] {
  const columns = columnCoder(coder as unknown as Coder<unknown>);
  return batches.map((values) => {
    const sink = new GrowableSink();
    columns.encode(values, 0, values.length, sink);
    const source = new BytesSource(sink.toBytes());
    const back = columns.decode(source, values.length);
    expect(source.remaining).toBe(0);
    return back;
  });
}

const order = row({
  id: types.int64(),
  at: millisInstant(),
  note: nullable(string()),
  to: nested(row({ city: string() })),
});

class Order {
  constructor(
    readonly id: number,
    readonly at: number,
    readonly note: string | null,
    readonly to: { readonly city: string },
  ) {}
}

describe('values with a declared coder', () => {
  it('pass as columns where they are plain', () => {
    const plain = fc.record(
      { id: fc.maxSafeInteger(), at: fc.integer(), note: fc.option(fc.string()), to: fc.record({ city: fc.string() }) },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(plain), (values) => {
        expect(roundTrip(rowCoder(order) as Coder<never>, values)).toStrictEqual([values]);
      }),
    );
    const totals = Array.from({ length: 500 }, (_, i) => ({ count: i, sum: i / 3, last: i % 2 === 0 }));
    const total = struct({ count: types.int64(), sum: types.double(), last: types.boolean() });
    expect(roundTrip(total as Coder<never>, totals)).toStrictEqual([totals]);
  });

  it('pass as their coder says where they are not, and all that come after them', () => {
    const made = new Order(1, 2, null, { city: 'Rome' });
    const plain = { ...made };
    expect(roundTrip(rowCoder(order) as Coder<never>, [plain], [plain, made], [plain])).toStrictEqual([
      [plain],
      [plain, plain],
      [plain],
    ]);
    function* some(): Iterable<number> {
      yield* [1, 2, 3];
    }
    const grouped = kvCoder(varintCoder(), iterableCoder(nullableCoder(varintCoder())));
    expect(
      roundTrip(grouped as unknown as Coder<never>, [{ key: 1, value: [4, null] }], [{ key: 2, value: some() }]),
    ).toStrictEqual([[{ key: 1, value: [4, null] }], [{ key: 2, value: [1, 2, 3] }]]);
  });

  it('are refused as their coder refuses them', () => {
    expect(() =>
      roundTrip(rowCoder(order) as Coder<never>, [{ id: 1, at: () => 1, note: null, to: { city: '' } }]),
    ).toThrow('"at"');
  });
});
