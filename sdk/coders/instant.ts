import type { ByteSink, ByteSource } from '../model/coder.js';
import { GLOBAL_WINDOW_MAX_TIMESTAMP, MAX_TIMESTAMP, MIN_TIMESTAMP, type Timestamp } from '../model/time.js';
import { type BoundedWindow, GlobalWindow } from '../model/window.js';
import { CODER_ERROR, coderError } from './errors.js';

/*
 * Instants on the wire: milliseconds as a big-endian int64 with the sign bit flipped, so that bytes sort as time does.
 * Beam's MIN, MAX and end of the global window lie beyond 2^53, where doubles are two apart. We hold each as its nearest
 * double, and exactly these three doubles go back to what they stand for. Any other instant beyond ±(2^53 - 1) ms (the
 * year 287396) is read as its nearest double, and written as that.
 */
const MIN_WIRE = -9_223_372_036_854_775n;
const MAX_WIRE = 9_223_372_036_854_775n;
const GLOBAL_WINDOW_MAX_WIRE = 9_223_371_950_454_775n;

const TWO_32 = 2 ** 32;

/** The exact milliseconds that a timestamp of ours stands for in Beam. */
export function instantToMillis(instant: Timestamp): bigint {
  if (instant === MIN_TIMESTAMP) return MIN_WIRE;
  if (instant === MAX_TIMESTAMP) return MAX_WIRE;
  if (instant === GLOBAL_WINDOW_MAX_TIMESTAMP) return GLOBAL_WINDOW_MAX_WIRE;
  if (!Number.isInteger(instant) || instant < MIN_TIMESTAMP || instant > MAX_TIMESTAMP)
    throw coderError(
      CODER_ERROR.range,
      `${instant} is no timestamp: whole milliseconds between MIN and MAX_TIMESTAMP`,
      {
        hint: Number.isFinite(instant) ? 'round it, for example with Math.floor' : 'use MIN_TIMESTAMP or MAX_TIMESTAMP',
      },
    );
  return BigInt(instant);
}

/** The timestamp of ours that stands for Beam's milliseconds. */
export function instantFromMillis(millis: bigint): Timestamp {
  return Number(millis);
}

export function writeInstant(to: ByteSink, instant: Timestamp): void {
  if (Number.isSafeInteger(instant)) {
    to.int32(Math.floor(instant / TWO_32) ^ 0x80000000);
    to.int32((instant % TWO_32) | 0);
  } else writeMillis(to, instantToMillis(instant));
}

/** {@link writeInstant} for milliseconds that need not have a double. */
export function writeMillis(to: ByteSink, millis: bigint): void {
  to.int64(millis ^ -(2n ** 63n));
}

export function readInstant(from: ByteSource): Timestamp {
  const high = from.int32() ^ 0x80000000;
  // One rounding, to the nearest: the extremes become exactly our three doubles.
  return high * TWO_32 + (from.int32() >>> 0);
}

/** Milliseconds without the rounding of {@link readInstant}. */
export function readMillis(from: ByteSource): bigint {
  return from.int64() ^ -(2n ** 63n);
}

/** The exact milliseconds of a window's last instant, which may be an odd number beyond 2^53. */
export function maxTimestampToMillis(window: BoundedWindow): bigint {
  if (window instanceof GlobalWindow) return GLOBAL_WINDOW_MAX_WIRE;
  const { end, maxTimestamp } = window;
  if (!Number.isSafeInteger(maxTimestamp) && maxTimestamp === end - 1) return instantToMillis(end) - 1n;
  return instantToMillis(maxTimestamp);
}
