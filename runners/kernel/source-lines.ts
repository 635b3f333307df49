import type { Plan } from '../../sdk/model/index.js';

const lines = new WeakMap<Plan, ReadonlyMap<string, string>>();

/** Where the author made each step, by its name. */
export function sourceLines(plan: Plan): ReadonlyMap<string, string> {
  let known = lines.get(plan);
  if (known === undefined) {
    known = new Map(
      Object.entries(plan.displayData ?? {}).flatMap(([id, { source }]) => {
        const name = plan.components.transforms[id]?.uniqueName;
        return name === undefined || source === undefined ? [] : [[name, source] as const];
      }),
    );
    lines.set(plan, known);
  }
  return known;
}
