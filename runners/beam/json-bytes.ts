import type { JsonValue } from '../../sdk/model/index.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** JSON as UTF-8 bytes: the payload of every URN of ours. */
export const encodeJson = (value: JsonValue): Uint8Array => encoder.encode(JSON.stringify(value));
export const decodeJson = (bytes: Uint8Array): JsonValue => JSON.parse(decoder.decode(bytes)) as JsonValue;
