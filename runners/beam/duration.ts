import { create } from '@bufbuild/protobuf';
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { instantToMillis } from '../../sdk/coders/instant.js';
import type { Timestamp as Instant } from '../../sdk/model/index.js';

const NANOS_PER_MS = 1_000_000;

/** Milliseconds as protobuf's seconds and nanoseconds (of the same sign, as Duration wants). */
export function msToDuration(ms: number): Duration {
  const whole = Math.trunc(ms / 1_000);
  return create(DurationSchema, { seconds: BigInt(whole), nanos: Math.round((ms - whole * 1_000) * NANOS_PER_MS) });
}

export const durationToMs = (duration: Duration | undefined): number =>
  duration === undefined ? 0 : Number(duration.seconds) * 1_000 + duration.nanos / NANOS_PER_MS;

/** An instant; nanoseconds count forward, also before 1970, as Timestamp wants. */
export function msToTimestamp(ms: number): Timestamp {
  const whole = Math.floor(ms / 1_000);
  return create(TimestampSchema, { seconds: BigInt(whole), nanos: Math.round((ms - whole * 1_000) * NANOS_PER_MS) });
}

export const timestampToMs = (timestamp: Timestamp | undefined): number =>
  timestamp === undefined ? 0 : Number(timestamp.seconds) * 1_000 + timestamp.nanos / NANOS_PER_MS;

/** A timestamp of the pipeline's; Beam's extremes go out as what they stand for. */
export function instantToTimestamp(instant: Instant): Timestamp {
  const millis = instantToMillis(instant);
  const seconds = millis >= 0n ? millis / 1_000n : (millis - 999n) / 1_000n;
  return create(TimestampSchema, { seconds, nanos: Number(millis - seconds * 1_000n) * NANOS_PER_MS });
}
