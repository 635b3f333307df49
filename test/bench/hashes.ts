/** The hash functions of the workloads: 32-bit arithmetic throughout, so that every engine gets the same numbers. */

/** MurmurHash3's 32-bit finaliser. */
export function fmix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The pseudo-random number `salt` of event `n`. */
export function random(n: number, salt: number): number {
  return fmix((Math.imul(n, 0x9e3779b1) + Math.imul(salt, 0x85ebca77)) | 0);
}

/** FNV-1a of the bytes of an ASCII string. */
export function fnv(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** One more field of an output record; `value` is a non-negative integer below 2^53. */
export function mix(h: number, value: number): number {
  return fmix((Math.imul(h, 31) + value) | 0);
}

/** What the hash of every output record starts from. */
export const RECORD_SEED = 17;

export function hex(checksum: number): string {
  return (checksum >>> 0).toString(16).padStart(8, '0');
}
