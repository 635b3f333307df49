/** What a value is taken for where it is neither text nor bytes nor made of such. */
const PLAIN_BYTES = 16;
/** Parts of an array or object that are looked at, and how deep. */
const PARTS = 16;
const DEPTH = 3;

/** About how much memory a value takes: enough to tell a number from a document, at the cost of a few parts. */
export function weigh(value: unknown, depth: number = DEPTH): number {
  if (typeof value === 'string') return PLAIN_BYTES + value.length;
  if (typeof value !== 'object' || value === null) return PLAIN_BYTES;
  if (ArrayBuffer.isView(value)) return PLAIN_BYTES + value.byteLength;
  if (depth === 0) return PLAIN_BYTES;
  if (Array.isArray(value)) return weighList(value, depth);
  let bytes = PLAIN_BYTES;
  for (const name in value) bytes += weigh(value[name as keyof typeof value], depth - 1);
  return bytes;
}

/** The first parts stand for the others. */
function weighList(list: readonly unknown[], depth: number): number {
  const seen = Math.min(list.length, PARTS);
  let bytes = 0;
  for (let i = 0; i < seen; i++) bytes += weigh(list[i], depth - 1);
  return PLAIN_BYTES + (seen === 0 ? 0 : (bytes / seen) * list.length);
}
