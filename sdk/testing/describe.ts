import { inspect } from 'node:util';

/** Longer lists are cut. */
const SHOWN = 10;

/** Stands among values for a text that says all. */
export class Described {
  constructor(readonly text: string) {}
}

/** One value on a line or a few. */
export function show(value: unknown): string {
  if (value instanceof Described) return value.text;
  return inspect(value, { depth: 6, breakLength: 100, sorted: true, maxArrayLength: 100, maxStringLength: 1_000 });
}

/** A heading and the values below it, or nothing when there are none. */
export function list(heading: string, values: readonly unknown[]): string {
  if (values.length === 0) return '';
  const lines = values.slice(0, SHOWN).map((value) => `\n    ${show(value).replaceAll('\n', '\n    ')}`);
  const rest = values.length > SHOWN ? `\n    … and ${values.length - SHOWN} more` : '';
  return `\n  ${heading} (${values.length}):${lines.join('')}${rest}`;
}
