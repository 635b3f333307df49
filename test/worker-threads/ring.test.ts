import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RingMemory, RingReader, RingWriter, ringBytes } from '#millrace/runners/worker-threads/ring.js';

/** A ring whose 32-bit counters stand where a test wants them. */
function ringAt(capacity: number, position: number): RingMemory {
  const memory = new SharedArrayBuffer(ringBytes(capacity));
  const words = new Int32Array(memory);
  words[0] = position;
  words[32] = position;
  return { memory, offset: 0, capacity };
}

describe('ring', () => {
  it('refuses a capacity that is no power of two', () => {
    expect(() => ringBytes(1000)).toThrow(RangeError);
    expect(() => ringBytes(32)).toThrow(RangeError);
  });

  it('is a queue of bytes for any writes and reads, across the end of the ring and of its counters', () => {
    const step = fc.record({ write: fc.boolean(), length: fc.nat(80) });
    const positions = fc.constantFrom(0, 40, 2 ** 31 - 100, -200, -8);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), positions, (steps, position) => {
        const ring = ringAt(64, position);
        const writer = new RingWriter(ring);
        const reader = new RingReader(ring);
        const model: number[] = [];
        let next = 0;
        for (const { write, length } of steps) {
          if (write) {
            expect(writer.free(64)).toBe(64 - model.length);
            const bytes = Uint8Array.from({ length: Math.min(length, 64 - model.length) }, () => next++ & 0xff);
            writer.write(bytes);
            writer.publish();
            model.push(...bytes);
          } else {
            expect(reader.available(64)).toBe(model.length);
            const bytes = new Uint8Array(Math.min(length, model.length));
            reader.read(bytes);
            reader.release();
            expect([...bytes]).toEqual(model.splice(0, bytes.length));
          }
        }
      }),
    );
  });

  it('shows nothing before it is published and gives no space back before it is released', () => {
    const ring = ringAt(64, 0);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    writer.write(new Uint8Array(64));
    expect(reader.available(1)).toBe(0);
    writer.publish();
    expect(reader.available(1)).toBe(64);
    reader.read(new Uint8Array(10));
    expect(writer.free(1)).toBe(0);
    reader.release();
    expect(writer.free(1)).toBe(10);
  });
});
