import type { Part } from './part.js';

/** The bytes [from, to) of a temporary file. */
export interface Piece {
  readonly path: string;
  readonly from: number;
  to: number;
}

/**
 * Says which pieces each shard of a window is made of. `shards` undefined: a shard for each temporary file, at least one.
 * The order of parts, and so the content of the shards, does not depend on the order in which they arrive; parts that
 * arrive twice count once. With a number of shards the parts are dealt out in order, about the same number of bytes to each.
 */
export function planShards(parts: Iterable<Part>, shards: number | undefined): Piece[][] {
  const pieces = ordered(parts);
  if (shards === undefined) {
    const byFile = new Map<string, Piece[]>();
    for (const piece of pieces) {
      const of = byFile.get(piece.path);
      if (of === undefined) byFile.set(piece.path, [piece]);
      else of.push(piece);
    }
    return byFile.size === 0 ? [[]] : [...byFile.values()].map(joined);
  }
  const total = pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0);
  const plan: Piece[][] = Array.from({ length: shards }, () => []);
  let before = 0;
  for (const piece of pieces) {
    const size = piece.to - piece.from;
    // The middle of a piece decides, so that an only piece is not split and the last one stays within the last shard.
    const shard = Math.min(shards - 1, Math.floor(((before + size / 2) / total) * shards));
    plan[shard]!.push(piece);
    before += size;
  }
  return plan.map(joined);
}

function ordered(parts: Iterable<Part>): Piece[] {
  const seen = new Map<string, Piece>();
  for (const { path, from, to } of parts) {
    if (to > from) seen.set(`${path}\0${from}`, { path, from, to });
  }
  return [...seen.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.from - b.from));
}

/** Neighbours in the same file as one piece. */
function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last?.path === piece.path && last.to === piece.from) last.to = piece.to;
    else result.push({ ...piece });
  }
  return result;
}
