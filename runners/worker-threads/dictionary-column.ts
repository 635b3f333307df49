import { packedValues } from '../../sdk/coders/column-batch.js';
import type { ByteSink, ByteSource } from '../../sdk/model/coder.js';

/**
 * Writes column[from … to) of objects that repeat: the distinct ones in the order in which they appear, then for each element the
 * index of its own (a byte each where 256 suffice, else four). Objects are told apart by reference.
 */
export function writeDictionary<T>(
  column: readonly T[],
  from: number,
  to: number,
  sink: ByteSink,
  write: (entry: T, sink: ByteSink) => void,
): void {
  const known = new Map<T, number>();
  const indices = new Uint32Array(to - from);
  let last = column[from] as T;
  let lastIndex = 0;
  if (from < to) known.set(last, 0);
  for (let i = from; i < to; i++) {
    const entry = column[i] as T;
    if (entry !== last) {
      last = entry;
      lastIndex = known.get(entry) ?? known.size;
      if (lastIndex === known.size) known.set(entry, lastIndex);
    }
    indices[i - from] = lastIndex;
  }
  sink.varint(known.size);
  for (const entry of known.keys()) write(entry, sink);
  if (known.size > 256) sink.bytes(new Uint8Array(indices.buffer));
  else if (known.size > 1) sink.bytes(new Uint8Array(indices));
}

/** Reads what {@link writeDictionary} has written; elements that shared an object share one again. */
export function readDictionary<T>(from: ByteSource, length: number, read: (from: ByteSource) => T): T[] {
  const distinct = from.varint();
  const entries: T[] = [];
  for (let i = 0; i < distinct; i++) entries.push(read(from));
  const column = packedValues<T>(length);
  if (distinct === 1) return column.fill(entries[0] as T);
  let indices: Uint8Array | Uint32Array;
  if (distinct <= 256) indices = from.bytes(length);
  else indices = new Uint32Array(new Uint8Array(from.bytes(length * Uint32Array.BYTES_PER_ELEMENT)).buffer);
  for (let i = 0; i < length; i++) column[i] = entries[indices[i] as number] as T;
  return column;
}
