import type { JsonValue } from '../model/json.js';

const UNIT_MS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `500ms`, `1.5s`, `5m`, `1h`, `2d` or a number; undefined when it is none of these. */
export function parseDuration(given: JsonValue): number | undefined {
  if (typeof given === 'number') return whole(given);
  if (typeof given !== 'string') return undefined;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(given.trim());
  return match === null ? undefined : whole(Number(match[1]) * UNIT_MS[match[2] ?? 'ms']!);
}

function whole(ms: number): number | undefined {
  const rounded = Math.round(ms);
  return Number.isSafeInteger(rounded) && rounded >= 0 && Math.abs(rounded - ms) < 1e-6 ? rounded : undefined;
}
