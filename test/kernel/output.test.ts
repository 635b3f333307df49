import { GlobalWindow, NO_FIRING_PANE } from 'millrace';
import { describe, expect, it } from 'vitest';
import { type Batch, OutputBuffer, OutputGate } from '#millrace/runners/kernel/index.js';

/** Lengths of the batches that come of so many elements. */
function batchesOf(count: number, value: (i: number) => unknown, capacity?: number): number[] {
  const lengths: number[] = [];
  const receiver = {
    accept(batch: Batch) {
      lengths.push(batch.length);
      return true;
    },
  };
  const buffer = new OutputBuffer(false, receiver, new OutputGate(), capacity);
  for (let i = 0; i < count; i++) buffer.push(value(i), i, GlobalWindow.INSTANCE, NO_FIRING_PANE);
  buffer.flush();
  return lengths;
}

describe('an output', () => {
  it('hands small elements on by the thousand', () => {
    for (const value of [(i: number) => i, (i: number) => `word ${i}`, (i: number) => ({ id: i, name: `n${i}` })])
      expect(batchesOf(3_000, value)).toEqual([1_024, 1_024, 952]);
  });

  it('hands large elements on in few, whatever they are made of', () => {
    const text = 'x'.repeat(200_000);
    for (const value of [text, new Uint8Array(200_000), { body: text }, [text], { list: [{ body: text }] }])
      expect(Math.max(...batchesOf(100, () => value))).toBeLessThanOrEqual(16);
  });

  it('sees when elements become large on the way', () => {
    const text = 'x'.repeat(100_000);
    const lengths = batchesOf(1_000, (i) => (i < 20 ? i : text));
    expect(lengths[0]).toBeLessThanOrEqual(64);
    expect(Math.max(...lengths.slice(1))).toBeLessThanOrEqual(16);
  });

  it('takes values of any kind, and those that cannot be looked into', () => {
    const text = 'x'.repeat(200_000);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const closed = {
      get secret(): never {
        throw new Error('not to be read');
      },
    };
    for (const value of [null, undefined, 1n, Symbol('s'), () => 0, circle, closed])
      expect(batchesOf(1_025, () => value)).toEqual([1_024, 1]);
    for (const value of [new Map([['key', text]]), new Set([text]), new ArrayBuffer(200_000)])
      expect(Math.max(...batchesOf(100, () => value))).toBeLessThanOrEqual(16);
  });

  it('keeps to a small capacity', () => {
    expect(batchesOf(5, (i) => i, 2)).toEqual([2, 2, 1]);
  });
});
