import { MAX_FIELDS } from './column-format.js';

/** Objects that have the same properties in the same order, and the two loops over a batch of them. */
export interface Shape {
  readonly names: readonly string[];
  /** Moves the properties of values[from … to) into the columns; the index of the first that has another shape, or `to`. */
  readonly split: (values: readonly unknown[], from: number, to: number, columns: unknown[][]) => number;
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

/** Whether a value has a shape; the loop over an object's names is the cheapest test that sees their order. */
export function hasShape(value: unknown, names: readonly string[]): value is Record<string, unknown> {
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
    split(values, from, to, columns) {
      for (let i = from; i < to; i++) {
        const value = values[i];
        if (!hasShape(value, names)) return i;
        for (let f = 0; f < names.length; f++) columns[f]![i - from] = value[names[f]!];
      }
      return to;
    },
    join(columns, count) {
      const objects = new Array<unknown>(count);
      for (let i = 0; i < count; i++) {
        const object = { ...template };
        for (let f = 0; f < names.length; f++) object[names[f]!] = columns[f]![i];
        objects[i] = object;
      }
      return objects;
    },
  };
}

/** One loop of its own for each shape, so that its property accesses see that shape only. */
function generated(names: readonly string[]): Shape | undefined {
  const each = (text: (name: string, f: number) => string): string => names.map(text).join('\n');
  try {
    const split = new Function(
      'names',
      'hasShape',
      `return function (values, from, to, columns) {
        ${each((_, f) => `const c${f} = columns[${f}];`)}
        for (let i = from, j = 0; i < to; i++, j++) {
          const value = values[i];
          if (!hasShape(value, names)) return i;
          ${each((name, f) => `c${f}[j] = value.${name};`)}
        }
        return to;
      }`,
    )(names, hasShape) as Shape['split'];
    const join = new Function(
      `return function (columns, count) {
        ${each((_, f) => `const c${f} = columns[${f}];`)}
        const objects = new Array(count);
        for (let i = 0; i < count; i++) objects[i] = { ${names.map((name, f) => `${name}: c${f}[i]`).join(', ')} };
        return objects;
      }`,
    )() as Shape['join'];
    return { names, split, join };
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}
