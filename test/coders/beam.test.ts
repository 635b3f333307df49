import fc from 'fast-check';
import {
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  GlobalWindow,
  IntervalWindow,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  MillraceError,
  type PaneInfo,
  windowOf,
} from 'millrace';
import {
  BytesSource,
  bigintVarintCoder,
  boolCoder,
  bytesCoder,
  type Coder,
  customWindowCoder,
  decodeFromBytes,
  doubleCoder,
  encodeToBytes,
  GrowableSink,
  globalWindowCoder,
  intervalWindowCoder,
  iterableCoder,
  kvCoder,
  lengthPrefixCoder,
  nullableCoder,
  ownWindowCoder,
  shardedKeyCoder,
  stringUtf8Coder,
  timerCoder,
  valueCoder,
  varintCoder,
  windowedValueCoder,
} from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { instantFromMillis, instantToMillis, readInstant, writeInstant } from '#millrace/sdk/coders/instant.js';

const instant = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(MIN_TIMESTAMP, MAX_TIMESTAMP, GLOBAL_WINDOW_MAX_TIMESTAMP, 0, -1, 2 ** 32, -(2 ** 32)),
);
const interval = fc.tuple(instant, instant).map(([a, b]) => new IntervalWindow(Math.min(a, b), Math.max(a, b)));
const windows = fc.oneof(
  interval,
  fc.array(interval, { minLength: 2, maxLength: 4 }),
  fc.constant([] as IntervalWindow[]),
);
const pane: fc.Arbitrary<PaneInfo> = fc
  .record(
    {
      timing: fc.constantFrom('EARLY' as const, 'ON_TIME' as const, 'LATE' as const),
      isFirst: fc.boolean(),
      isLast: fc.boolean(),
      index: fc.nat(),
      nonSpeculativeIndex: fc.nat(),
    },
    { noNullPrototype: true },
  )
  .map((pane) => (pane.timing === 'EARLY' ? { ...pane, nonSpeculativeIndex: -1 } : pane));

const text = fc.string({ unit: 'grapheme' });

const ownWindow = fc
  .tuple(fc.integer(), fc.nat(), fc.nat(5), fc.option(text, { nil: undefined }))
  .map(([start, span, less, id]) => windowOf(start, start + span, start + span - 1 - less, id));

/** Coders with values of theirs. */
const cases: [string, Coder<unknown>, fc.Arbitrary<unknown>][] = [
  ['bytes', bytesCoder(), fc.uint8Array()],
  ['string', stringUtf8Coder(), fc.oneof(text, fc.string({ unit: 'binary', maxLength: 200, minLength: 20 }))],
  ['bool', boolCoder(), fc.boolean()],
  ['varint', varintCoder(), fc.maxSafeInteger()],
  ['bigint varint', bigintVarintCoder(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['double', doubleCoder(), fc.double()],
  [
    'kv',
    kvCoder(stringUtf8Coder(), kvCoder(varintCoder(), bytesCoder())),
    fc.tuple(text, fc.maxSafeInteger(), fc.uint8Array()).map(([key, k, value]) => ({ key, value: { key: k, value } })),
  ],
  ['iterable', iterableCoder(stringUtf8Coder()), fc.array(text)],
  ['iterable of iterables', iterableCoder(iterableCoder(valueCoder())), fc.array(fc.array(fc.integer()))],
  ['nullable', nullableCoder(stringUtf8Coder()), fc.option(text)],
  ['length prefix', lengthPrefixCoder(lengthPrefixCoder(iterableCoder(stringUtf8Coder()))), fc.array(text)],
  [
    'sharded key',
    shardedKeyCoder(stringUtf8Coder()),
    fc.record({ key: text, shardId: fc.uint8Array() }, { noNullPrototype: true }),
  ],
  ['interval window', intervalWindowCoder(), interval],
  ['custom window', customWindowCoder(intervalWindowCoder()), interval],
  ['window of an own type', customWindowCoder(ownWindowCoder()), ownWindow],
  [
    'windowed value',
    windowedValueCoder(stringUtf8Coder(), intervalWindowCoder()),
    fc.record({ value: text, timestamp: instant, windows, pane }, { noNullPrototype: true }),
  ],
  [
    'timer',
    timerCoder(stringUtf8Coder(), intervalWindowCoder()),
    fc.record(
      {
        userKey: text,
        dynamicTimerTag: text,
        windows,
        clearBit: fc.constant(false),
        fireTimestamp: instant,
        holdTimestamp: instant,
        pane,
      },
      { noNullPrototype: true },
    ),
  ],
];

describe.each(cases)('the coder of %s', (_name, coder, values) => {
  it('gives back what it was given, in both contexts', () => {
    fc.assert(
      fc.property(values, fc.boolean(), (value, nested) => {
        expect(decodeFromBytes(coder, encodeToBytes(coder, value, nested), nested)).toStrictEqual(value);
      }),
    );
  });

  it('knows where it ends in the nested context', () => {
    fc.assert(
      fc.property(values, (value) => {
        const sink = new GrowableSink(16);
        coder.encode(value, sink, true);
        const length = sink.length;
        sink.bytes(new Uint8Array([1, 2, 3]));
        const source = new BytesSource(sink.view());
        coder.decode(source, true);
        expect(source.position).toBe(length);
      }),
    );
  });

  it('answers hostile bytes with an error or a value, and never reads past the end', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(values, edits, fc.nat(), fc.boolean(), (value, edits, cut, nested) => {
        const whole = encodeToBytes(coder, value, nested);
        const bytes = whole.subarray(0, cut % (whole.length + 1));
        for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        try {
          decodeFromBytes(coder, bytes, nested);
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
          expect(error).toMatchObject({ kind: 'coder' });
        }
      }),
    );
  });
});

describe('values of another type', () => {
  it.each([
    ['a string', stringUtf8Coder(), 7],
    ['a boolean', boolCoder(), 'true'],
    ['an integer', varintCoder(), '1'],
    ['an integer within', varintCoder(), 0.5],
    ['an integer within', varintCoder(), 2 ** 53],
    ['a bigint', bigintVarintCoder(), 1],
    ['64 bits', bigintVarintCoder(), 2n ** 63n],
    ['a number', doubleCoder(), null],
    ['a Uint8Array', bytesCoder(), [1]],
    ['an object {key, value}', kvCoder(varintCoder(), varintCoder()), { key: 1 }],
    ['an iterable object', iterableCoder(varintCoder()), 'abc'],
    ['the global window', globalWindowCoder(), new IntervalWindow(0, 1)],
    ['an interval window', intervalWindowCoder(), null],
    ['ends before it starts', intervalWindowCoder(), new IntervalWindow(1, 0)],
    ['a lone surrogate', stringUtf8Coder(), '\ud800'],
  ] as [string, Coder<unknown>, unknown][])('are refused: %s', (expected, coder, value) => {
    expect(() => encodeToBytes(coder, value, true)).toThrow(expected);
  });
});

describe('the varint coder', () => {
  it('refuses to decode what a number cannot hold', () => {
    const bytes = encodeToBytes(bigintVarintCoder(), 2n ** 53n);
    expect(() => decodeFromBytes(varintCoder(), bytes)).toThrow(/9007199254740992.*bigint/s);
  });
  it('has the bytes of the bigint coder', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(encodeToBytes(varintCoder(), n)).toEqual(encodeToBytes(bigintVarintCoder(), BigInt(n)));
      }),
    );
  });
});

describe('iterables', () => {
  const coder = iterableCoder(varintCoder());
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

  it.each([0, 1, 1_023, 65_535, 65_536, 65_537, 150_000])('of %i elements are the same from any iterable', (n) => {
    const array = numbers(n);
    const lazy = {
      *[Symbol.iterator]() {
        yield* array;
      },
    };
    const bytes = encodeToBytes<Iterable<number>>(coder, array);
    expect(Buffer.compare(encodeToBytes(coder, lazy), bytes)).toBe(0);
    expect(decodeFromBytes(coder, bytes)).toEqual(array);
  });

  it('cannot announce more than the bytes hold', () => {
    for (const element of [varintCoder(), globalWindowCoder()] as Coder<unknown>[])
      expect(() => decodeFromBytes(iterableCoder(element), Uint8Array.of(0x7f, 255, 255, 255))).toThrow(MillraceError);
  });
});

describe('instants', () => {
  const wire = (instant: number): string => {
    const sink = new GrowableSink();
    writeInstant(sink, instant);
    return Buffer.from(sink.view()).toString('hex');
  };

  it('map the three extremes exactly', () => {
    expect(instantToMillis(MIN_TIMESTAMP)).toBe(-9223372036854775n);
    expect(instantToMillis(MAX_TIMESTAMP)).toBe(9223372036854775n);
    expect(instantToMillis(GLOBAL_WINDOW_MAX_TIMESTAMP)).toBe(9223371950454775n);
    for (const instant of [MIN_TIMESTAMP, MAX_TIMESTAMP, GLOBAL_WINDOW_MAX_TIMESTAMP]) {
      expect(instantFromMillis(instantToMillis(instant))).toBe(instant);
      expect(readInstant(new BytesSource(Buffer.from(wire(instant), 'hex')))).toBe(instant);
    }
    expect(wire(MAX_TIMESTAMP)).toBe('8020c49ba5e353f7');
  });

  it('sort as bytes as they sort in time', () => {
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        expect(Math.sign(a - b)).toBe(wire(a) < wire(b) ? -1 : wire(a) === wire(b) ? 0 : 1);
      }),
    );
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 63])('%d is refused', (instant) => {
    expect(() => wire(instant)).toThrow(/no timestamp/);
  });

  it('keep the last instant of windows at the edges exact', () => {
    const max = (window: IntervalWindow): bigint =>
      new BytesSource(encodeToBytes(customWindowCoder(intervalWindowCoder()), window)).int64() ^ -(2n ** 63n);
    expect(max(new IntervalWindow(0, 10))).toBe(9n);
    expect(max(new IntervalWindow(0, MAX_TIMESTAMP))).toBe(9223372036854774n);
    const before = new IntervalWindow(MIN_TIMESTAMP - 4_096, MIN_TIMESTAMP + 4_096);
    expect(decodeFromBytes(intervalWindowCoder(), encodeToBytes(intervalWindowCoder(), before))).toEqual(before);
    expect(new BytesSource(encodeToBytes(customWindowCoder(globalWindowCoder()), GlobalWindow.INSTANCE)).int64()).toBe(
      BigInt.asIntN(64, 9223371950454775n ^ (1n << 63n)),
    );
  });
});

describe('the sink', () => {
  it('grows, is reused, and can take back', () => {
    const sink = new GrowableSink(16);
    sink.utf8('x'.repeat(10_000));
    expect(sink.length).toBe(10_000);
    sink.truncate(3);
    expect(Buffer.from(sink.toBytes()).toString()).toBe('xxx');
    sink.reset();
    sink.int64(-2n);
    expect([...sink.view()]).toEqual([255, 255, 255, 255, 255, 255, 255, 254]);
  });

  it('gives decoded bytes a memory of their own', () => {
    const input = Buffer.from(encodeToBytes(bytesCoder(), Uint8Array.of(1, 2), true));
    const decoded = decodeFromBytes(bytesCoder(), input, true);
    input.fill(9);
    expect(decoded).toStrictEqual(Uint8Array.of(1, 2));
  });
});

describe('UTF-8', () => {
  const coder = stringUtf8Coder();
  it.each([10, 23, 24, 100])('of %i bytes that is wrong is refused', (length) => {
    const bytes = new Uint8Array(length).fill(97);
    bytes[length - 2] = 0xc3;
    expect(() => decodeFromBytes(coder, bytes)).toThrow(/UTF-8/);
    bytes.set([0xed, 0xa0, 0x80], length - 3);
    expect(() => decodeFromBytes(coder, bytes)).toThrow(/UTF-8/);
  });
  it.each([3, 60])('may hold a replacement character and a byte order mark (%i)', (length) => {
    const text = `\ufeff\ufffd${'x'.repeat(length)}\ufffd`;
    expect(decodeFromBytes(coder, encodeToBytes(coder, text))).toBe(text);
  });
});
