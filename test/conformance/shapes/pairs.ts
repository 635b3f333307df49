import type { KV, PCollection, Pipeline } from 'millrace';

export type Pair = KV<string, number>;

/** Pairs, at the instants 0, 1, 2 … unless each says when. */
export function pairs(
  p: Pipeline,
  ...elements: readonly (readonly [key: string, value: number, at?: number])[]
): PCollection<Pair> {
  return p.create<Pair>(
    'Pairs',
    elements.map(([key, value]) => ({ key, value })),
    { timestamps: elements.map(([, , at], i) => at ?? i) },
  );
}
