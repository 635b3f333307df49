/** What a value is taken for where it is neither text nor bytes nor made of such. */
const PLAIN_BYTES = 16;
/** Parts of an array or object that are looked at, and how deep. */
const PARTS = 16;
const DEPTH = 3;

/** About how much memory a value takes: enough to tell a number from a document, at the cost of a few parts. */
export function weigh(value: unknown, depth: number = DEPTH): number {
  if (typeof value === 'string') return PLAIN_BYTES + value.length;
  if (typeof value !== 'object' || value === null) return PLAIN_BYTES;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return PLAIN_BYTES + value.byteLength;
  if (depth === 0) return PLAIN_BYTES;
  if (Array.isArray(value)) return weighFirst(value, value.length, depth);
  if (value instanceof Map || value instanceof Set) return weighFirst(value, value.size, depth);
  return weighFields(value, depth);
}

/** Fields that cannot be read weigh nothing: whoever needs them hears of it. */
function weighFields(value: object, depth: number): number {
  let bytes = PLAIN_BYTES;
  let seen = 0;
  try {
    for (const name in value) {
      bytes += weigh(value[name as keyof typeof value], depth - 1);
      if (++seen === PARTS) break;
    }
  } catch {
    // What could not be read is left out of the estimate.
  }
  return bytes;
}

/** The first parts stand for the others. */
function weighFirst(parts: Iterable<unknown>, count: number, depth: number): number {
  let bytes = 0;
  let seen = 0;
  for (const part of parts) {
    bytes += weigh(part, depth - 1);
    if (++seen === PARTS) break;
  }
  return PLAIN_BYTES + (seen === 0 ? 0 : (bytes / seen) * count);
}
