/** A small seeded generator (Marsaglia's xorshift32): the same numbers in both threads. */
export function random(seed) {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** A payload that says where it belongs, in its first bytes, and whose last bytes follow from them. */
export function frame(channel, sequence, length) {
  const bytes = new Uint8Array(length);
  const next = random(channel * 65_537 + sequence * 31 + length);
  for (let i = 0; i < length; i += 1 + (length >> 6)) bytes[i] = next();
  if (length > 0) bytes[length - 1] = next();
  return bytes;
}
