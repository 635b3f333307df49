import type { ByteSink, ByteSource } from '../../sdk/model/coder.js';

/**
 * Writes a column of objects that repeat: the distinct ones in the order in which they appear, then for each element the
 * index of its own (a byte each where 256 suffice, else four). Objects are told apart by reference.
 */
export function writeDictionary<T>(
  column: readonly T[],
  length: number,
  to: ByteSink,
  write: (entry: T, to: ByteSink) => void,
): void {
  const known = new Map<T, number>();
  const indices = new Uint32Array(length);
  let last = column[0] as T;
  let lastIndex = 0;
  if (length > 0) known.set(last, 0);
  for (let i = 0; i < length; i++) {
    const entry = column[i] as T;
    if (entry !== last) {
      last = entry;
      lastIndex = known.get(entry) ?? known.size;
      if (lastIndex === known.size) known.set(entry, lastIndex);
    }
    indices[i] = lastIndex;
  }
  to.varint(known.size);
  for (const entry of known.keys()) write(entry, to);
  if (known.size > 256) to.bytes(new Uint8Array(indices.buffer));
  else if (known.size > 1) to.bytes(new Uint8Array(indices));
}

/** Reads what {@link writeDictionary} has written; elements that shared an object share one again. */
export function readDictionary<T>(from: ByteSource, length: number, read: (from: ByteSource) => T): T[] {
  const distinct = from.varint();
  const entries: T[] = [];
  for (let i = 0; i < distinct; i++) entries.push(read(from));
  const column = new Array<T>(length);
  if (distinct === 1) return column.fill(entries[0] as T);
  let indices: Uint8Array | Uint32Array;
  if (distinct <= 256) indices = from.bytes(length);
  else indices = new Uint32Array(new Uint8Array(from.bytes(length * Uint32Array.BYTES_PER_ELEMENT)).buffer);
  for (let i = 0; i < length; i++) column[i] = entries[indices[i] as number] as T;
  return column;
}
