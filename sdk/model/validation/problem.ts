/** Something wrong in a plan. */
export interface PlanProblem {
  /** Where, as a JSON path: `$.components.transforms.read.inputs.main`. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  /** Full name of the step that it belongs to, where one is known. */
  readonly step?: string;
  /** `file:line:column` where that step was written. */
  readonly source?: string;
}

/** The way to a value: property names and array indexes from the plan's root. */
export type Path = readonly (string | number)[];

export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
}

/** Garbage has no end of problems; whoever reads the first thousand knows. */
export const MAX_PROBLEMS = 1_000;

/** Thrown by {@link Findings.add} beyond {@link MAX_PROBLEMS}: looking for more would take time and tell nothing. */
export class TooManyFindings extends Error {}

/** Gathers what the checks find. */
export class Findings {
  readonly list: Finding[] = [];

  /** @throws TooManyFindings */
  add(path: Path, message: string, details: { readonly expected?: string; readonly got?: unknown } = {}): void {
    if (this.list.length === MAX_PROBLEMS) throw new TooManyFindings();
    const got = 'got' in details ? { got: shorten(details.got) } : {};
    const expected = details.expected === undefined ? {} : { expected: details.expected };
    this.list.push({ path, message, ...expected, ...got });
  }
}

/** `$.a.b[0]["odd key"]` */
export function formatPath(path: Path): string {
  let text = '$';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part) && part.length <= 100) text += `.${part}`;
    else text += `[${shorten(part)}]`;
  }
  return text;
}

/** One line: `$.x: message (expected …; got …) [step read, main.ts:3:5]` */
export function formatProblem(problem: PlanProblem): string {
  const sides = [
    ...(problem.expected === undefined ? [] : [`expected ${problem.expected}`]),
    ...(problem.got === undefined ? [] : [`got ${problem.got}`]),
  ];
  const place = [
    ...(problem.step === undefined ? [] : [`step ${problem.step}`]),
    ...(problem.source === undefined ? [] : [problem.source]),
  ];
  const details = sides.length === 0 ? '' : ` (${sides.join('; ')})`;
  return `${problem.path}: ${problem.message}${details}${place.length === 0 ? '' : ` [${place.join(', ')}]`}`;
}

/** A value as a few words of JSON; control characters are escaped, so that it can be printed. */
export function shorten(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object with ${names(Object.keys(value))}`;
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 120)) : String(value);
  return typeof value === 'string' && value.length > 120 ? `${text} … (${value.length} characters)` : text;
}

/** The first few names of a list, in words. */
export function names(list: readonly string[], most = 8): string {
  if (list.length === 0) return 'none';
  const shown = list.slice(0, most).map((name) => shorten(name).replace(/^"([\w:./-]*)"$/, '$1'));
  return list.length > most ? `${shown.join(', ')} … (${list.length})` : shown.join(', ');
}
