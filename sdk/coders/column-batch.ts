/** A batch of elements as columns: how elements pass between threads. */
export { decodeColumn } from './column-decode.js';
export { encodeColumn } from './column-encode.js';
export { claimFloat64, readFloat64s } from './column-format.js';
export { packedValues } from './packed-array.js';
