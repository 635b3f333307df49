import type { MillraceError } from '../model/errors.js';
import { GlobalWindow, IntervalWindow } from '../model/window.js';
import { CODER_ERROR, coderError, describeValue } from './errors.js';
import { DEPTH_LIMIT, VIEWS } from './value-format.js';
import { isMatch, kindOf } from './value-kind.js';

interface Fault {
  readonly path: string;
  readonly what: string;
  readonly hint: string;
}

const KINDS_HINT =
  'emit plain data: objects, arrays, strings, numbers, bigints, booleans, dates, maps, sets, typed arrays';

/** The error for a value that {@link encodeValue} gave up on: where inside it, what stands there, what to do. */
export function explainUnencodable(value: unknown, canonical: boolean, cause: unknown): MillraceError {
  let fault: Fault | undefined;
  try {
    fault = find(value, '$', canonical, [], DEPTH_LIMIT);
  } catch (error) {
    cause ??= error;
  }
  const summary =
    fault === undefined
      ? 'reading the value failed while it was encoded'
      : `cannot encode ${fault.what} at ${fault.path}${canonical ? ' in a key' : ''}`;
  return coderError(CODER_ERROR.unencodable, summary, { hint: fault?.hint ?? KINDS_HINT, cause });
}

function find(
  value: unknown,
  path: string,
  canonical: boolean,
  above: readonly object[],
  depth: number,
): Fault | undefined {
  if (typeof value === 'function' || typeof value === 'symbol')
    return { path, what: describeValue(value), hint: KINDS_HINT };
  if (typeof value !== 'object' || value === null) return undefined;
  const at = above.indexOf(value);
  if (at !== -1)
    return {
      path,
      what: `a cycle (the value is inside itself, ${above.length - at} ${above.length - at === 1 ? 'level' : 'levels'} up)`,
      hint: 'emit a tree: refer to other records by an id',
    };
  if (depth === 0)
    return {
      path: shorten(path),
      what: `more than ${DEPTH_LIMIT} nested levels`,
      hint: 'turn linked records into an array',
    };
  const inside = [...above, value];
  const next = (child: unknown, step: string): Fault | undefined =>
    find(child, path + step, canonical, inside, depth - 1);
  const kind = kindOf(value, Object.getPrototypeOf(value));
  if (kind === 'array') {
    const elements = value as unknown[];
    if (isMatch(elements))
      return {
        path,
        what: 'the result of a match',
        hint: 'emit its strings ([...match]) or its groups ({ ...match.groups })',
      };
    for (let i = 0; i < elements.length; i++) {
      if (!(i in elements))
        return { path: `${path}[${i}]`, what: 'a hole in an array', hint: 'fill it with undefined or null' };
      const fault = next(elements[i], `[${i}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (kind === 'object' || kind === 'nullObject') {
    for (const [key, child] of Object.entries(value)) {
      const fault = next(child, /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (kind === 'map' || kind === 'set') {
    if (canonical) return { path, what: describeValue(value), hint: 'use a sorted array: a key must have one order' };
    let i = 0;
    // Both iterate as pairs; those of a set are an element twice.
    for (const [key, held] of (value as ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>).entries()) {
      const fault =
        kind === 'map'
          ? (next(key, `.keys()[${i}]`) ?? next(held, `.get(${describeKey(key)})`))
          : next(key, `.values()[${i}]`);
      if (fault !== undefined) return fault;
      i++;
    }
    return undefined;
  }
  if (canonical && (value instanceof Float32Array || value instanceof Float64Array))
    return { path, what: describeValue(value), hint: 'use an array of numbers' };
  return kind === 'date' || kind === 'arrayBuffer' || isKnown(value)
    ? undefined
    : { path, what: describeValue(value), hint: hintFor(value) };
}

function isKnown(value: object): boolean {
  if (value instanceof IntervalWindow || value instanceof GlobalWindow) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Uint8Array.prototype || prototype === Buffer.prototype || prototype === DataView.prototype)
    return true;
  return VIEWS.some((view) => view.prototype === prototype);
}

function hintFor(value: object): string {
  if (value instanceof Promise) return 'await it before it is emitted, with mapAsync';
  if (value instanceof Error) return 'emit what is needed of it: { name, message, stack }';
  if (value instanceof RegExp) return 'emit its source and flags';
  return `${KINDS_HINT}; an instance of a class of yours needs a coder of its own, or a plain object in its place`;
}

const describeKey = (key: unknown): string => (typeof key === 'string' ? JSON.stringify(key) : describeValue(key));

/** A path of a thousand steps helps nobody. */
const shorten = (path: string): string => (path.length > 120 ? `${path.slice(0, 80)}…${path.slice(-30)}` : path);
