import { canonicalJson } from '../model/canonical-json.js';
import type { Coder } from '../model/coder.js';

/** Equal for coders that a plan would describe in the same words. */
export function coderKey(coder: Coder<unknown>): string {
  return canonicalJson(describe(coder));
}

function describe(coder: Coder<unknown>): unknown {
  return { urn: coder.urn, payload: coder.payload, components: coder.components.map(describe) };
}
