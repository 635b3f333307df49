import { MAX_FIELDS } from './column-format.js';
import { packedValues } from './packed-array.js';

/** Objects that have the same properties in the same order, and the two loops over a batch of them. */
export interface Shape {
  readonly names: readonly string[];
  readonly matches: (value: unknown) => boolean;
  /** Moves the properties of values[from … to) into the columns; the index of the first that has another shape, or `to`. */
  readonly split: (values: readonly unknown[], from: number, to: number, columns: unknown[][]) => number;
  /** The same for values that are known to match. */
  readonly take: (values: readonly unknown[], columns: unknown[][]) => void;
  /** Makes `count` objects from the columns. */
  readonly join: (columns: readonly ArrayLike<unknown>[], count: number) => unknown[];
}

/** Beyond these the loops are not generated any more: objects are maps then, and the code would fill the memory. */
const GENERATED_LIMIT = 256;
const shapes = new Map<string, Shape>();

/** Only such names stand in generated code. */
const PLAIN_NAME = /^(?!__proto__$)[A-Za-z_$][\w$]{0,63}$/;

export function shapeOf(names: readonly string[]): Shape {
  const id = JSON.stringify(names);
  let shape = shapes.get(id);
  if (shape === undefined) {
    const generate = shapes.size < GENERATED_LIMIT && names.every((name) => PLAIN_NAME.test(name));
    shape = (generate ? generated(names) : undefined) ?? interpreted(names);
    if (shapes.size < GENERATED_LIMIT) shapes.set(id, shape);
  }
  return shape;
}

/** The shape of a value, if it is a plain object of a size that columns suit. */
export function shapeOfValue(value: unknown): Shape | undefined {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return undefined;
  const names = Object.keys(value);
  return names.length > MAX_FIELDS ? undefined : shapeOf(names);
}

/** Whether a value has these properties; the loop over an object's names is the cheapest test that sees their order. */
function hasNames(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  let n = 0;
  for (const name in value) if (name !== names[n++]) return false;
  return n === names.length;
}

/** The form for every name and for hosts that forbid code generation. */
function interpreted(names: readonly string[]): Shape {
  const template: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, undefined]));
  return {
    names,
    matches: (value) => hasNames(value, names),
    split(values, from, to, columns) {
      for (let i = from; i < to; i++) {
        const value = values[i];
        if (!hasNames(value, names)) return i;
        for (let f = 0; f < names.length; f++) columns[f]![i - from] = value[names[f]!];
      }
      return to;
    },
    take(values, columns) {
      for (const [i, value] of values.entries())
        for (let f = 0; f < names.length; f++) columns[f]![i] = (value as Record<string, unknown>)[names[f]!];
    },
    join(columns, count) {
      const objects = packedValues<unknown>(count);
      for (let i = 0; i < count; i++) {
        const object = { ...template };
        for (let f = 0; f < names.length; f++) object[names[f]!] = columns[f]![i];
        objects[i] = object;
      }
      return objects;
    },
  };
}

/**
 * The same as source text, for code of its own for each shape, whose caches then see that shape only. Names are compared
 * with constants, which takes half the time of reading them from an array.
 */
const sameNames = (names: readonly string[], otherwise: string): string => `
  if (typeof value !== 'object' || value === null) ${otherwise};
  let n = 0;
  for (const name in value) switch (n++) {
    ${names.map((name, f) => `case ${f}: if (name !== '${name}') ${otherwise}; break;`).join('\n')}
    default: ${otherwise};
  }
  if (n !== ${names.length}) ${otherwise};`;

/** Behind accesses to the properties it costs nothing: V8 knows the hidden class of the object then, and so the answer. */
const samePrototype = (otherwise: string): string => `if (getPrototypeOf(value) !== prototype) ${otherwise};`;

/** What the tests refer to, bound once and not looked up in a global that a program may have changed. */
const bind = (text: string): unknown =>
  new Function('getPrototypeOf', 'prototype', 'packedValues', text)(
    Object.getPrototypeOf,
    Object.prototype,
    packedValues,
  );

function generated(names: readonly string[]): Shape | undefined {
  const each = (text: (name: string, f: number) => string): string => names.map(text).join('\n');
  try {
    const matches = bind(
      `return function (value) { ${sameNames(names, 'return false')} ${samePrototype('return false')} return true; }`,
    );
    const split = bind(
      `return function (values, from, to, columns) {
        ${each((_, f) => `const c${f} = columns[${f}];`)}
        for (let i = from, j = 0; i < to; i++, j++) {
          const value = values[i];
          ${sameNames(names, 'return i')}
          ${each((name, f) => `c${f}[j] = value.${name};`)}
          ${samePrototype('return i')}
        }
        return to;
      }`,
    );
    const take = bind(
      `return function (values, columns) {
        ${each((_, f) => `const c${f} = columns[${f}];`)}
        for (let j = 0; j < values.length; j++) {
          const value = values[j];
          ${each((name, f) => `c${f}[j] = value.${name};`)}
        }
      }`,
    );
    const join = bind(
      `return function (columns, count) {
        ${each((_, f) => `const c${f} = columns[${f}];`)}
        const objects = packedValues(count);
        for (let i = 0; i < count; i++) objects[i] = { ${names.map((name, f) => `${name}: c${f}[i]`).join(', ')} };
        return objects;
      }`,
    );
    return { names, matches, split, take, join } as Shape;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
