import { type ErrorDetails, MillraceError } from '../model/errors.js';

/** The codes of coders' errors. */
export const CODER_ERROR = {
  /** The input ended inside a value. */
  truncated: 'CODER_TRUNCATED',
  /** The input goes on after the value. */
  leftOver: 'CODER_LEFT_OVER',
  /** The bytes are not what any encoder writes. */
  malformed: 'CODER_MALFORMED',
  /** A number that the form cannot hold. */
  range: 'CODER_RANGE',
  /** A value that the coder has no form for. */
  unencodable: 'CODER_UNENCODABLE',
  /** A coder that this process does not know, or whose spec is wrong. */
  unknown: 'CODER_UNKNOWN',
  /** A spec, schema or payload that says nothing sensible. */
  spec: 'CODER_SPEC',
  /** A coder that cannot encode keys. */
  key: 'CODER_KEY',
  /** A stream that needs a state channel, met by a coder that has none. */
  stateBacked: 'CODER_STATE_BACKED',
} as const;

export function coderError(
  code: (typeof CODER_ERROR)[keyof typeof CODER_ERROR],
  summary: string,
  details: ErrorDetails = {},
): MillraceError {
  return new MillraceError(code, 'coder', summary, details);
}

/** The error of a value that is not of the coder's type. */
export function wrongType(urn: string, expected: string, value: unknown): MillraceError {
  return coderError(CODER_ERROR.unencodable, `${urn} encodes ${expected}, not ${describeValue(value)}`);
}

/** What a value is, in a few words, for messages. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string':
      return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case 'number':
    case 'boolean':
      return `the ${typeof value} ${Object.is(value, -0) ? '-0' : value}`;
    case 'bigint':
      return `the bigint ${value}`;
    case 'symbol':
      return `a symbol (${String(value)})`;
    case 'function':
      return value.name === '' ? 'a function' : `a function (${value.name})`;
    default: {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype === null || prototype === Object.prototype) return 'a plain object';
      const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
      return typeof name === 'string' && name !== ''
        ? `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`
        : 'a class instance';
    }
  }
}
