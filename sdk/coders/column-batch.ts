/** A batch of elements as columns: how elements pass between threads. */
export { decodeColumn } from './column-decode.js';
export { encodeColumn } from './column-encode.js';
