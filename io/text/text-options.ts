import { constants } from 'node:buffer';
import { MillraceError } from '../../sdk/model/index.js';

export interface ReadTextOptions {
  /** `auto` (the default): files whose name ends with `.gz` are gzip. `always`, `never`: whatever their name. */
  readonly gzip?: 'auto' | 'always' | 'never';
  /** What to do with bytes that are not UTF-8: fail, naming file and place (the default), or put U+FFFD in their place. */
  readonly invalidUtf8?: 'error' | 'replace';
  /** A line longer than this many bytes is an error (default 16 MiB). Bounds the memory of a reader. */
  readonly maxLineBytes?: number;
  /** Files are cut into pieces of about this many bytes, read in parallel where the runner can (default 64 MiB). */
  readonly desiredSplitBytes?: number;
  /** Whether empty lines are elements too (the default). */
  readonly keepEmptyLines?: boolean;
  /** Whether a pattern that matches no file is fine; an IO_NO_MATCH error by default. */
  readonly allowNoMatch?: boolean;
}

export const MIB = 1 << 20;
/** Room for a line's bytes as one string, whatever they are. */
const LONGEST_LINE = Math.floor(constants.MAX_STRING_LENGTH / 2);

/** All options with their defaults; throws OPTION_INVALID for one that cannot be meant. */
export function readTextDefaults(options: ReadTextOptions): Required<ReadTextOptions> {
  const all = {
    gzip: options.gzip ?? 'auto',
    invalidUtf8: options.invalidUtf8 ?? 'error',
    maxLineBytes: options.maxLineBytes ?? 16 * MIB,
    desiredSplitBytes: options.desiredSplitBytes ?? 64 * MIB,
    keepEmptyLines: options.keepEmptyLines ?? true,
    allowNoMatch: options.allowNoMatch ?? false,
  } as const;
  oneOf('gzip', all.gzip, ['auto', 'always', 'never']);
  oneOf('invalidUtf8', all.invalidUtf8, ['error', 'replace']);
  integerIn('maxLineBytes', all.maxLineBytes, 1, LONGEST_LINE);
  integerIn('desiredSplitBytes', all.desiredSplitBytes, 1, Number.MAX_SAFE_INTEGER);
  return all;
}

function oneOf(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw invalid(name, value, `one of ${choices.join(', ')}`);
}

export function integerIn(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(name, value, `an integer from ${min} to ${max}`);
}

function invalid(name: string, value: unknown, expected: string): MillraceError {
  return new MillraceError('OPTION_INVALID', 'options', `${name} is ${JSON.stringify(value)}, not ${expected}`);
}
