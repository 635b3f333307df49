import { type Batch, OutputBuffer, OutputGate } from '#millrace/runners/kernel/index.js';

/** The elements of a batch in the given order, as a batch of their own. */
function pick(batch: Batch, indices: readonly number[]): Batch {
  let picked: Batch | undefined;
  const buffer = new OutputBuffer(
    batch.keyed,
    {
      accept(made) {
        picked = made;
        return true;
      },
    },
    new OutputGate(),
    Math.max(1, indices.length),
  );
  for (const i of indices) {
    const [timestamp, windows, pane] = [batch.timestamps[i]!, batch.windowsAt(i), batch.paneAt(i)];
    if (batch.keys === undefined) buffer.push(batch.values[i], timestamp, windows, pane);
    else buffer.pushKeyed(batch.keys[i], batch.values[i], timestamp, windows, pane);
  }
  buffer.flush();
  return picked ?? batch;
}

const indicesOf = (batch: Batch): number[] => Array.from({ length: batch.length }, (_, i) => i);

/** Last element first. */
export const reversed = (batch: Batch): Batch[] => [pick(batch, indicesOf(batch).reverse())];

/** As many batches as there are keys. */
export function oneKeyEach(batch: Batch): Batch[] {
  if (batch.keys === undefined) return [batch];
  const byKey = new Map<string, number[]>();
  for (const i of indicesOf(batch)) {
    const key = JSON.stringify(batch.keys[i], (_, value) => (typeof value === 'bigint' ? `${value}n` : value)) ?? '';
    byKey.set(key, [...(byKey.get(key) ?? []), i]);
  }
  return [...byKey.values()].map((indices) => pick(batch, indices));
}

/** In an order that the seed decides, cut into pieces where it says. */
export function shuffled(seed: number): (batch: Batch) => Batch[] {
  const next = randomOf(seed);
  return (batch) => {
    const indices = indicesOf(batch);
    for (let i = indices.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [indices[i], indices[j]] = [indices[j]!, indices[i]!];
    }
    const pieces: Batch[] = [];
    while (indices.length > 0) pieces.push(pick(batch, indices.splice(0, 1 + Math.floor(next() * indices.length))));
    return pieces;
  };
}

/** The generator mulberry32: numbers in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
