/**
 * Time is a number of milliseconds since the epoch. Beam's three extreme instants do not fit a double; each is held as
 * its nearest double and exactly these three are mapped back on the wire (see `sdk/coders/instant.ts`).
 */
export type Timestamp = number;

/** Beam's TIMESTAMP_MIN_VALUE, -9223372036854775 ms, as the nearest double. */
export const MIN_TIMESTAMP: Timestamp = Number(-9223372036854775n);
/** Beam's TIMESTAMP_MAX_VALUE, 9223372036854775 ms, as the nearest double. A watermark that stands here is at its end. */
export const MAX_TIMESTAMP: Timestamp = Number(9223372036854775n);
/** The end of Beam's global window, 9223371950454775 ms, as the nearest double. */
export const GLOBAL_WINDOW_MAX_TIMESTAMP: Timestamp = Number(9223371950454775n);

/** A span of time in milliseconds; made by {@link millis}, {@link seconds}, {@link minutes}, {@link hours} or {@link days}. */
export type DurationMs = number;

export const millis = (n: number): DurationMs => n;
export const seconds = (n: number): DurationMs => n * 1_000;
export const minutes = (n: number): DurationMs => n * 60_000;
export const hours = (n: number): DurationMs => n * 3_600_000;
export const days = (n: number): DurationMs => n * 86_400_000;
