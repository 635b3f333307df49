import { MillraceError } from './errors.js';

/**
 * The one JSON text of a value: RFC 8785 (JSON Canonicalization Scheme). Names are sorted by UTF-16 code units, numbers
 * are written as ECMAScript writes them, nothing stands between the tokens. A property that is undefined is left out.
 * Anything that is no JSON (NaN, infinities, functions, lone surrogates, class instances) is an error with its path.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

function write(value: unknown, path: string): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw notJson(path, String(value));
      return JSON.stringify(value);
    case 'string':
      if (/\p{Surrogate}/u.test(value)) throw notJson(path, 'a string with half of a surrogate pair');
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path);
    default:
      throw notJson(path, `a ${typeof value}`);
  }
}

function writeArray(value: readonly unknown[], path: string): string {
  return `[${value.map((item, i) => write(item, `${path}[${i}]`)).join(',')}]`;
}

function writeObject(value: object, path: string): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw notJson(path, `an instance of ${value.constructor.name}`);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    // The default order of strings is that of their UTF-16 code units, as the RFC asks.
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${write(name, path)}:${write(item, `${path}.${name}`)}`).join(',')}}`;
}

function notJson(path: string, found: string): MillraceError {
  return new MillraceError('PLAN_NOT_JSON', 'plan', `${path} is ${found}, which JSON cannot hold`);
}
