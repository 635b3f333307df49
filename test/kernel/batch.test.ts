import fc from 'fast-check';
import { GlobalWindow, IntervalWindow, NO_FIRING_PANE, type Windows } from 'millrace';
import { describe, expect, it } from 'vitest';
import { Batch, OutputBuffer, OutputGate } from '#millrace/runners/kernel/index.js';

/** Windows of every kind; most begin at their element's timestamp, and have one length. */
const windowsAt = (at: number): fc.Arbitrary<Windows> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(new IntervalWindow(at, at + 10)) },
    fc.constantFrom<Windows>(
      GlobalWindow.INSTANCE,
      new IntervalWindow(at, at + 11),
      new IntervalWindow(at - 1, at + 9),
      [new IntervalWindow(0, 10), new IntervalWindow(5, 15)],
    ),
  );
const element = fc
  .record({ at: fc.integer({ min: -3, max: 3 }), value: fc.oneof(fc.integer(), fc.double(), fc.string()) })
  .chain(({ at, value }) => windowsAt(at).map((windows) => ({ at, value, windows })));

const plain = (windows: Windows) => JSON.stringify(windows);

describe('a batch', () => {
  it('tells each element as it was added, whatever windows come together', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 40 }), fc.nat(40), (elements, asked) => {
        const batch = new Batch(false, 40);
        for (const [i, { value, at, windows }] of elements.entries()) {
          batch.append(value, at, windows, NO_FIRING_PANE);
          // Somebody asks for the whole column in between.
          if (i === asked) void batch.windowColumn;
        }
        for (const [i, { value, at, windows }] of elements.entries()) {
          expect([batch.values[i], batch.timestamps[i]]).toEqual([value, at]);
          expect(plain(batch.windowsAt(i))).toBe(plain(windows));
        }
        const column = batch.windowColumn ?? elements.map(() => batch.window);
        expect(column.slice(0, elements.length).map(plain)).toEqual(elements.map(({ windows }) => plain(windows)));
      }),
    );
  });

  it('is as long as what it holds when it is handed on', () => {
    const taken: Batch[] = [];
    const receiver = { accept: (batch: Batch) => taken.push(batch) > 0 };
    const buffer = new OutputBuffer(true, receiver, new OutputGate(), 8);
    const write = (count: number): void => {
      for (let i = 0; i < count; i++)
        buffer.pushKeyed(i, i % 3 === 0 ? i / 2 : 'x', i, new IntervalWindow(i, i + 1 + (i >> 2)), NO_FIRING_PANE);
      buffer.flush();
    };
    write(8);
    write(3);
    write(5);
    expect(taken.map(({ length }) => length)).toEqual([8, 3, 5]);
    for (const { length, keys, values, windowColumn } of taken) {
      expect([keys!.length, values.length]).toEqual([length, length]);
      expect(windowColumn).toHaveLength(length);
      expect(keys).toEqual(Array.from({ length }, (_, i) => i));
    }
    buffer.flush();
    expect(taken).toHaveLength(3);
  });
});
