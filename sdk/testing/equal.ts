/**
 * Structural equality of values: arrays, plain objects, Map, Set, Date, typed arrays and the windows of elements by what
 * they hold; NaN equals itself and -0 equals 0. Any other iterable (the values of a group) equals the array of its items.
 */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const kind = kindOf(a);
  return kind === kindOf(b) && COMPARE[kind](a as never, b as never);
}

type Kind = 'array' | 'map' | 'set' | 'date' | 'view' | 'buffer' | 'object';

function kindOf(value: object): Kind {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'map';
  if (value instanceof Set) return 'set';
  if (value instanceof Date) return 'date';
  if (ArrayBuffer.isView(value)) return 'view';
  if (value instanceof ArrayBuffer) return 'buffer';
  return isIterable(value) ? 'array' : 'object';
}

const COMPARE: { readonly [K in Kind]: (a: never, b: never) => boolean } = {
  array: (a: Iterable<unknown>, b: Iterable<unknown>) => sameItems(asArray(a), asArray(b)),
  map: (a: Map<unknown, unknown>, b: Map<unknown, unknown>) => a.size === b.size && sameBag([...a], [...b]),
  set: (a: Set<unknown>, b: Set<unknown>) => a.size === b.size && sameBag([...a], [...b]),
  date: (a: Date, b: Date) => isEqual(a.getTime(), b.getTime()),
  view: (a: ArrayBufferView, b: ArrayBufferView) =>
    elementType(a) === elementType(b) && sameBytes(bytesOf(a), bytesOf(b)),
  buffer: (a: ArrayBuffer, b: ArrayBuffer) => sameBytes(new Uint8Array(a), new Uint8Array(b)),
  object: (a: Record<string, unknown>, b: Record<string, unknown>) => {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]))
    );
  },
};

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === 'function';
}

const asArray = (items: Iterable<unknown>): readonly unknown[] => (Array.isArray(items) ? items : [...items]);

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => isEqual(item, b[i]));
}

function sameBag(a: readonly unknown[], b: readonly unknown[]): boolean {
  const { missing, unexpected } = compareBags(a, b);
  return missing.length === 0 && unexpected.length === 0;
}

/** A Buffer is a Uint8Array by another name. */
const elementType = (view: ArrayBufferView): string =>
  view instanceof Uint8Array ? 'Uint8Array' : view.constructor.name;

const bytesOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** What is in one collection and not in the other, each element counted as often as it occurs. */
export function compareBags<T>(expected: readonly T[], actual: readonly T[]): BagDifference<T> {
  const left = new Map<string, T[]>();
  for (const value of actual) {
    const print = fingerprint(value);
    const alike = left.get(print);
    if (alike === undefined) left.set(print, [value]);
    else alike.push(value);
  }
  const missing = expected.filter((value) => {
    const alike = left.get(fingerprint(value)) ?? [];
    const at = alike.findIndex((other) => isEqual(value, other));
    if (at >= 0) alike.splice(at, 1);
    return at < 0;
  });
  return { missing, unexpected: [...left.values()].flat() };
}

export interface BagDifference<T> {
  readonly missing: readonly T[];
  readonly unexpected: readonly T[];
}

/** The same for equal values, and mostly different for others: so that large collections are not compared in pairs. */
function fingerprint(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`;
  switch (kindOf(value)) {
    case 'array':
      return `[${asArray(value as Iterable<unknown>)
        .map(fingerprint)
        .join()}]`;
    case 'object':
      return `{${Object.entries(value)
        .map(([name, item]) => `${JSON.stringify(name)}:${fingerprint(item)}`)
        .sort()
        .join()}}`;
    case 'date':
      return `date ${(value as Date).getTime()}`;
    default:
      return kindOf(value);
  }
}
