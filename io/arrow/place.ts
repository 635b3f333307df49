import { type CODER_ERROR, describeValue } from '../../sdk/coders/errors.js';
import { MillraceError } from '../../sdk/model/index.js';
import { arrowError } from './errors.js';

type CoderCode = (typeof CODER_ERROR)[keyof typeof CODER_ERROR];

/** Where the values of a column stand in the rows, for errors. */
export interface Place {
  readonly path: string;
  /** The index of the row that holds the column's value at `index`. */
  rowOf(index: number): number;
}

export function failAt(place: Place, index: number, code: CoderCode, what: string, hint?: string): MillraceError {
  const where = `in the field ${JSON.stringify(place.path)} of row ${place.rowOf(index)}`;
  return arrowError(code, `${where}: ${what}`, { hint });
}

/** What `convert` makes of a value; what it throws is told with the place. */
export function converted<T>(place: Place, index: number, value: unknown, convert: (value: unknown) => T): T {
  try {
    return convert(value);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw failAt(place, index, error.code as CoderCode, error.summary, error.hint);
  }
}

export const isNot = (expected: string, value: unknown): string =>
  `${expected} is expected, not ${describeValue(value)}`;
