import { types } from 'node:util';

/** The kinds of object that the value coder tells apart by their prototype. */
export type ValueKind = 'object' | 'nullObject' | 'array' | 'date' | 'map' | 'set' | 'arrayBuffer' | 'view';

const KINDS = new Map<unknown, ValueKind>([
  [Object.prototype, 'object'],
  [null, 'nullObject'],
  [Array.prototype, 'array'],
  [Date.prototype, 'date'],
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  [ArrayBuffer.prototype, 'arrayBuffer'],
]);

/** What a value is, exactly: an instance of a subclass is none of these, because its class would be lost. */
export function kindOf(value: object, prototype: unknown): ValueKind | undefined {
  const kind = KINDS.get(prototype);
  if (kind !== undefined) return kind;
  return ArrayBuffer.isView(value) ? 'view' : foreignKind(value, prototype as object);
}

/** Plain values of another realm, which have prototypes of their own: test runners evaluate tests in `node:vm` contexts. */
function foreignKind(value: object, prototype: object): ValueKind | undefined {
  if (!Object.hasOwn(prototype, 'constructor')) return undefined;
  const { name } = prototype.constructor;
  const above: unknown = Object.getPrototypeOf(prototype);
  if (name === 'Object') return above === null ? 'object' : undefined;
  if (above === null || Object.getPrototypeOf(above) !== null || above === Object.prototype) return undefined;
  if (name === 'Array' && Array.isArray(value)) return 'array';
  if (name === 'Date' && types.isDate(value)) return 'date';
  if (name === 'Map' && types.isMap(value)) return 'map';
  if (name === 'Set' && types.isSet(value)) return 'set';
  if (name === 'ArrayBuffer' && types.isArrayBuffer(value)) return 'arrayBuffer';
  return undefined;
}

/** `String.match` and `RegExp.exec` answer arrays with named properties, which an array has no place for. */
export const isMatch = (array: readonly unknown[]): boolean => 'index' in array;
