import type { CODER_ERROR } from '../../sdk/coders/errors.js';
import { type ErrorDetails, MillraceError } from '../../sdk/model/index.js';

/** The codes of this connector's errors; values that do not fit their type have the codes of row coders. */
export const ARROW_ERROR = {
  /** A type that the other side has no form for. */
  unsupportedType: 'ARROW_UNSUPPORTED_TYPE',
  /** Columns that are not those of the schema. */
  schemaMismatch: 'ARROW_SCHEMA_MISMATCH',
  /** Bytes or buffers that are no Arrow data. */
  malformed: 'ARROW_MALFORMED',
} as const;

type Code = (typeof ARROW_ERROR)[keyof typeof ARROW_ERROR] | (typeof CODER_ERROR)[keyof typeof CODER_ERROR];

export function arrowError(code: Code, summary: string, details: ErrorDetails = {}): MillraceError {
  return new MillraceError(code, 'coder', summary, details);
}

/** Refuses a type by the path of its field: `order.lines[].price`. */
export function unsupportedType(path: string, what: string, hint?: string): MillraceError {
  return arrowError(ARROW_ERROR.unsupportedType, `the field ${JSON.stringify(path)} ${what}`, { hint });
}

/** Paths of fields inside fields, as errors name them. */
export const pathTo = {
  field: (path: string, name: string) => (path === '' ? name : `${path}.${name}`),
  element: (path: string) => `${path}[]`,
  key: (path: string) => `${path}{key}`,
  value: (path: string) => `${path}{value}`,
};
