import { MillraceError } from './errors.js';
import type { Plan } from './plan.js';
import { validatePlan } from './validate-plan.js';
import { formatProblem, type PlanProblem, shorten } from './validation/problem.js';

/** A plan larger than this is not read: it is not one. Literal elements of a step take at most 64 KB. */
export const MAX_PLAN_BYTES = 16 * 1024 * 1024;

/** How many problems an error message spells out. */
const SHOWN = 50;

/**
 * Reads a plan from its JSON text. `name` says in errors where the text comes from.
 *
 * @throws MillraceError PLAN_TOO_LARGE, PLAN_NOT_JSON, PLAN_INVALID (which lists all problems)
 */
export function parsePlan(text: string, name: string): Plan {
  if (text.length > MAX_PLAN_BYTES) throw planTooLarge(name, text.length);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const start = shorten(text.slice(0, 60));
    throw new MillraceError('PLAN_NOT_JSON', 'plan', `${name} is not JSON; it begins with ${start}`, { cause });
  }
  const result = validatePlan(json);
  if (result.plan === undefined) throw planInvalid(name, result.problems, result.isComplete);
  return result.plan;
}

export function planTooLarge(name: string, size: number): MillraceError {
  const limit = MAX_PLAN_BYTES / 1024 / 1024;
  const summary = `${name} is ${Math.ceil(size / 1024 / 1024)} MB, and no plan is larger than ${limit} MB`;
  return new MillraceError('PLAN_TOO_LARGE', 'plan', summary);
}

function planInvalid(name: string, problems: readonly PlanProblem[], isComplete: boolean): MillraceError {
  const lines = problems.slice(0, SHOWN).map((problem) => `\n  - ${formatProblem(problem)}`);
  const rest = problems.length - lines.length;
  const more = isComplete ? (rest > 0 ? `\n  - and ${rest} more` : '') : '\n  - and many more';
  const count = isComplete ? `${problems.length}` : `more than ${problems.length}`;
  const what = problems.length === 1 ? 'problem' : 'problems';
  return new MillraceError(
    'PLAN_INVALID',
    'plan',
    `${name} is not a valid plan; it has ${count} ${what}:${lines.join('')}${more}`,
  );
}
