import { CODER_ERROR, describeValue } from '../../sdk/coders/errors.js';
import { LOGICAL_TYPE, type LogicalType } from '../../sdk/coders/index.js';
import { instantFromMillis, instantToMillis } from '../../sdk/coders/instant.js';
import { arrowError } from './errors.js';

/** How the values of an instant type become the ticks of an Arrow timestamp, an int64, and come back. */
export interface InstantForm {
  /** Decimal digits of a second that Arrow's unit holds: 0, 3, 6 or 9. */
  readonly unitDigits: 0 | 3 | 6 | 9;
  toTicks(value: unknown): bigint;
  /** The value of `ticks` of 10^-`digits` seconds. */
  fromTicks(ticks: bigint, digits: number): unknown;
}

/** The form of a logical type that is an instant; undefined for every other type. */
export function instantForm(type: LogicalType): InstantForm | undefined {
  switch (type.logical) {
    case LOGICAL_TYPE.millisInstant:
      return MILLIS;
    case LOGICAL_TYPE.microsInstant:
      return fractional('micros', 6);
    case LOGICAL_TYPE.timestamp: {
      const precision = type.argument;
      if (typeof precision !== 'number' || !Number.isInteger(precision) || precision < 0 || precision > 9)
        throw arrowError(CODER_ERROR.spec, `${type.logical} has no precision from 0 to 9 as its argument`);
      return fractional('subseconds', precision);
    }
    default:
      return undefined;
  }
}

const MILLIS: InstantForm = {
  unitDigits: 3,
  toTicks: (value) => instantToMillis(value as number),
  fromTicks: (ticks, digits) => instantFromMillis(rescale(ticks, digits, 3)),
};

/** `{ seconds, [part] }`, where the part counts 10^-precision seconds and is never negative. */
function fractional(part: 'micros' | 'subseconds', precision: number): InstantForm {
  const unitDigits = (Math.ceil(precision / 3) * 3) as InstantForm['unitDigits'];
  const parts = 10 ** precision;
  return {
    unitDigits,
    toTicks(value) {
      const held = (value ?? {}) as { readonly seconds?: unknown; readonly [part]?: unknown };
      const { seconds, [part]: fraction } = held;
      if (!Number.isSafeInteger(seconds) || !Number.isInteger(fraction) || !isBelow(fraction as number, parts))
        throw arrowError(
          CODER_ERROR.range,
          `an instant is { seconds, ${part} } of whole numbers, ${part} from 0 to ${parts - 1}, not ${describeInstant(value, part)}`,
        );
      const ticks = BigInt(seconds as number) * BigInt(parts) + BigInt(fraction as number);
      const scaled = rescale(ticks, precision, unitDigits);
      if (BigInt.asIntN(64, scaled) !== scaled)
        throw arrowError(CODER_ERROR.range, `${seconds} seconds are beyond an Arrow timestamp of this precision`);
      return scaled;
    },
    fromTicks(ticks, digits) {
      const scaled = rescale(ticks, digits, precision);
      const base = BigInt(parts);
      const fraction = ((scaled % base) + base) % base;
      const seconds = Number((scaled - fraction) / base);
      if (!Number.isSafeInteger(seconds))
        throw arrowError(CODER_ERROR.range, `${seconds} seconds are beyond ±(2^53 - 1)`);
      return { seconds, [part]: Number(fraction) };
    },
  };
}

const isBelow = (value: number, limit: number): boolean => value >= 0 && value < limit;

function describeInstant(value: unknown, part: string): string {
  if (typeof value !== 'object' || value === null) return describeValue(value);
  const held = value as { readonly [name: string]: unknown };
  return `{ seconds: ${String(held.seconds)}, ${part}: ${String(held[part])} }`;
}

/** Ticks of another unit; what the coarser one cannot hold is an error, not rounded. */
function rescale(ticks: bigint, from: number, to: number): bigint {
  if (to >= from) return ticks * 10n ** BigInt(to - from);
  const factor = 10n ** BigInt(from - to);
  if (ticks % factor !== 0n)
    throw arrowError(CODER_ERROR.range, `${ticks} ticks of 10^-${from} s are no whole number of 10^-${to} s`, {
      hint: `the schema's type must keep ${from} digits of a second: timestamp(${from})`,
    });
  return ticks / factor;
}
