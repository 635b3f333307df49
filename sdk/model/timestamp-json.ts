import { GLOBAL_WINDOW_MAX_TIMESTAMP, MAX_TIMESTAMP, MIN_TIMESTAMP, type Timestamp } from './time.js';

/** Beam's three instants that no double holds, by their nearest doubles. */
const EXTREMES: ReadonlyMap<Timestamp, string> = new Map([
  [MIN_TIMESTAMP, '-9223372036854775'],
  [MAX_TIMESTAMP, '9223372036854775'],
  [GLOBAL_WINDOW_MAX_TIMESTAMP, '9223371950454775'],
]);

/** An instant as it stands in a plan: a number of milliseconds where that is exact, else a string of digits. */
export function timestampToJson(timestamp: Timestamp): number | string {
  return EXTREMES.get(timestamp) ?? (Number.isSafeInteger(timestamp) ? timestamp : BigInt(timestamp).toString());
}

export function timestampFromJson(value: number | string): Timestamp {
  return Number(value);
}
