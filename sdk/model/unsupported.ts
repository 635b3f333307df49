import { MillraceError } from './errors.js';
import type { Plan } from './plan.js';
import type { Unsupported } from './runner.js';

/** Collects what a runner cannot run of a plan: each feature once, with the steps that ask for it. */
export class UnsupportedFeatures {
  readonly #steps = new Map<string, string[]>();

  /** `step` is absent where it is no step that asks for the feature. */
  readonly add = (feature: string, step?: string): void => {
    const steps = this.#steps.get(feature) ?? [];
    if (step !== undefined && !steps.includes(step)) steps.push(step);
    this.#steps.set(feature, steps);
  };

  all(): Unsupported[] {
    return [...this.#steps].map(([feature, steps]) => ({ feature, steps }));
  }
}

/** Refuses a plan in which something was found, with all of it in one error. */
export function refuseUnsupported(runner: string, plan: Plan, found: readonly Unsupported[]): void {
  if (found.length === 0) return;
  const lines = found.map(
    ({ feature, steps }) => `\n  - ${feature}${steps.length === 0 ? '' : ` (${steps.join(', ')})`}`,
  );
  throw new MillraceError(
    'PLAN_UNSUPPORTED',
    'plan',
    `the ${runner} runner cannot run the plan '${plan.name}':${lines.join('')}`,
    { hint: 'choose another runner, or leave these out' },
  );
}
