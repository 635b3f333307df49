import { type Batch, OutputBuffer, OutputGate } from '#millrace/runners/kernel/index.js';
import { shuffled as inAnotherOrder, seeded } from '#millrace/sdk/testing/seeded.js';

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
  const next = seeded(seed);
  return (batch) => {
    const indices = inAnotherOrder(indicesOf(batch), next);
    const pieces: Batch[] = [];
    while (indices.length > 0) pieces.push(pick(batch, indices.splice(0, 1 + Math.floor(next() * indices.length))));
    return pieces;
  };
}
