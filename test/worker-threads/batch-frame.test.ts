import fc from 'fast-check';
import {
  type BoundedWindow,
  GlobalWindow,
  IntervalWindow,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  ON_TIME_AND_ONLY_PANE,
  type PaneInfo,
  type Windows,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { Batch } from '#millrace/runners/kernel/batch.js';
import { type BatchCoder, BatchDecoder, encodeBatch } from '#millrace/runners/worker-threads/batch-frame.js';
import type { ColumnCoder } from '#millrace/runners/worker-threads/column-coder.js';
import { GrowableSink } from '#millrace/sdk/coders/byte-sink.js';
import { BytesSource } from '#millrace/sdk/coders/byte-source.js';

const numbers: ColumnCoder = {
  encode: (values, from, to, sink) => {
    for (let i = from; i < to; i++) sink.float64(values[i] as number);
  },
  decode: (from, length) => Array.from({ length }, () => from.float64()),
};
const coder: BatchCoder = { keys: numbers, values: numbers };

const roundTrip = (batch: Batch, decoder = new BatchDecoder(coder), from = 0, to = batch.length): Batch => {
  const sink = new GrowableSink();
  encodeBatch(batch, from, to, coder, sink);
  const source = new BytesSource(sink.toBytes());
  const decoded = decoder.decode(source);
  expect(source.remaining).toBe(0);
  return decoded;
};

const windowPool: BoundedWindow[] = [
  GlobalWindow.INSTANCE,
  ...Array.from({ length: 600 }, (_, i) => new IntervalWindow(i * 10, i * 10 + 10 + (i % 3))),
  { start: 1, end: 20, maxTimestamp: 15 },
  { start: 1, end: 20, maxTimestamp: 19, id: 'a' },
  { start: 1, end: 20, maxTimestamp: 19, id: '' },
  { start: 1, end: 20, maxTimestamp: 15, id: 'ü' },
];
const windowOf = fc.nat(windowPool.length - 1).map((i): BoundedWindow => windowPool[i]!);
const windows: fc.Arbitrary<Windows> = fc.oneof(
  { weight: 4, arbitrary: windowOf },
  fc.array(windowOf, { maxLength: 3 }),
);
const pane: fc.Arbitrary<PaneInfo> = fc.oneof(
  fc.constantFrom(NO_FIRING_PANE, ON_TIME_AND_ONLY_PANE),
  fc.record({
    timing: fc.constantFrom('EARLY', 'ON_TIME', 'LATE', 'UNKNOWN'),
    isFirst: fc.boolean(),
    isLast: fc.boolean(),
    index: fc.nat(),
    nonSpeculativeIndex: fc.integer({ min: -1, max: 100 }),
  }),
);
const element = fc.record({
  key: fc.double(),
  value: fc.double(),
  timestamp: fc.oneof(fc.constantFrom(0, MIN_TIMESTAMP, MAX_TIMESTAMP), fc.integer()),
  windows,
  pane,
});

describe('batch frames', () => {
  it('bring back every element of any part with its time, windows and pane', () => {
    const elements = fc.oneof(
      fc.array(element, { maxLength: 700, size: 'max' }),
      // Constant columns: the same time, window and pane for all.
      fc.tuple(element, fc.nat(20)).map(([one, n]) => new Array(n).fill(one) as (typeof one)[]),
    );
    fc.assert(
      fc.property(elements, fc.boolean(), fc.nat(50), fc.nat(50), (list, keyed, head, tail) => {
        const batch = new Batch(keyed);
        for (const e of list) {
          if (keyed) batch.keys![batch.length] = e.key;
          batch.append(e.value, e.timestamp, e.windows, e.pane);
        }
        const from = Math.min(head, batch.length);
        const to = Math.max(from, batch.length - tail);
        const decoded = roundTrip(batch, new BatchDecoder(coder), from, to);
        expect(decoded.length).toBe(to - from);
        expect(decoded.keyed).toBe(keyed);
        for (let i = from; i < to; i++) {
          expect(decoded.valueAt(i - from)).toEqual(batch.valueAt(i));
          expect(decoded.timestamps[i - from]).toBe(batch.timestamps[i]);
          expect(decoded.windowsAt(i - from)).toEqual(batch.windowsAt(i));
          expect(decoded.paneAt(i - from)).toEqual(batch.paneAt(i));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('bring back sessions, each of its own, and shared ones as one object', () => {
    const batch = new Batch(false);
    const starts = [5, 7.25, 7.25, -3, 0.1, 1e15, 9, 9];
    for (const start of starts) {
      const last = batch.length > 0 ? batch.windowsAt(batch.length - 1) : undefined;
      const same = last instanceof IntervalWindow && last.start === start;
      batch.append(0, start + 1, same ? last : new IntervalWindow(start, start + 8), NO_FIRING_PANE);
    }
    const decoded = roundTrip(batch);
    expect(decoded.windowColumn).toEqual(batch.windowColumn);
    expect(decoded.windowColumn![2]).toBe(decoded.windowColumn![1]);
    expect(decoded.windowColumn![1]).toBeInstanceOf(IntervalWindow);
  });

  it('bring back windows that begin at the timestamps of their elements as such', () => {
    const batch = new Batch(false);
    for (const at of [5, 5, 7.25, -3]) batch.append(0, at, new IntervalWindow(at, at + 8), NO_FIRING_PANE);
    const decoded = roundTrip(batch, undefined, 1);
    expect(decoded.windowSpan).toBe(8);
    expect(decoded.windowsAt(1)).toEqual(new IntervalWindow(7.25, 15.25));
    expect(decoded.windowColumn).toEqual([5, 7.25, -3].map((at) => new IntervalWindow(at, at + 8)));
  });

  it('keep constants as constants, and equal windows of one channel as one object', () => {
    const batch = new Batch(false);
    batch.append(1, 5, new IntervalWindow(0, 10), ON_TIME_AND_ONLY_PANE);
    batch.append(2, 5, batch.window, ON_TIME_AND_ONLY_PANE);
    const decoder = new BatchDecoder(coder);
    const first = roundTrip(batch, decoder);
    const second = roundTrip(batch, decoder);
    expect(first.windowColumn).toBeUndefined();
    expect(first.pane).toBe(ON_TIME_AND_ONLY_PANE);
    expect(second.window).toBe(first.window);
    const global = new Batch(false);
    global.append(1, 0, GlobalWindow.INSTANCE, NO_FIRING_PANE);
    expect(roundTrip(global).window).toBe(GlobalWindow.INSTANCE);
    expect(roundTrip(global).pane).toBe(NO_FIRING_PANE);
  });
});
