/*
 * Arrays of a length whose elements are all there from the start. `new Array(n)` makes an array with holes, which V8
 * keeps apart from those without for ever: code that meets both kinds is slower on both. A slice of an array without
 * holes has none, keeps what kind of elements there are, and costs no more than a copy of memory.
 */

const LENGTH = 1024;

function filled<T>(value: T): T[] {
  const array: T[] = [];
  for (let i = 0; i < LENGTH; i++) array.push(value);
  return array;
}

const smallIntegers = filled(0);
const doubles = filled(0.5);
const anything = filled<unknown>(undefined);

function take<T>(from: readonly T[], length: number, value: T): T[] {
  const array = from.slice(0, length);
  while (array.length < length) array.push(value);
  return array;
}

export const packedIntegers = (length: number): number[] => take(smallIntegers, length, 0);
export const packedDoubles = (length: number): number[] => take(doubles, length, 0.5);
export const packedValues = <T>(length: number): T[] => take(anything, length, undefined) as T[];
