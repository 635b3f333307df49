import type { JsonObject, JsonValue } from '../model/json.js';
import { CODER_ERROR, coderError } from './errors.js';

/** Bytes as they stand in a plan, where no readable form is known: `{ "$bytes": base64 }`. */
export function bytesPayload(bytes: Uint8Array): JsonObject {
  return { $bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') };
}

/** The bytes of a payload of that form; `undefined` for any other. */
export function payloadBytes(payload: JsonValue | undefined): Uint8Array | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined;
  const { $bytes } = payload as JsonObject;
  if ($bytes === undefined || Object.keys(payload).length !== 1) return undefined;
  if (typeof $bytes !== 'string') throw coderError(CODER_ERROR.spec, 'the payload’s $bytes is not a base64 string');
  return base64Bytes($bytes);
}

/** Bytes of canonical base64; anything else is an error, because Node would read what it can and drop the rest. */
export function base64Bytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text)
    throw coderError(CODER_ERROR.spec, `not base64: ${JSON.stringify(text.slice(0, 40))}`);
  return new Uint8Array(bytes);
}
