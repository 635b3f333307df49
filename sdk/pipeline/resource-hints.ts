import type { ResourceHints } from '../model/plan.js';
import type { StepNode } from './graph.js';
import { PLAN_ERROR, planError } from './plan-error.js';

/** What a step may say about the machine that it is run on. */
export interface HintOptions {
  /** For engines that choose workers by it; no promise, and nothing to a runner on one machine. */
  readonly resourceHints?: ResourceHints;
}

const HINTS: { readonly [H in keyof Required<ResourceHints>]: string } = {
  minRamBytes: 'a whole number of bytes from 1 on',
  cpuCount: 'a whole number from 1 on',
  accelerator: 'a text that the engine understands',
};

/** Writes the hints down at the step; none are none. */
export function hint(step: StepNode, hints: ResourceHints | undefined): void {
  if (hints === undefined) return;
  for (const [name, value] of Object.entries(hints)) {
    const expected = HINTS[name as keyof ResourceHints] as string | undefined;
    const place = { step: step.fullName, source: step.source };
    if (expected === undefined)
      throw planError(PLAN_ERROR.argument, `there is no resource hint '${name}'`, {
        ...place,
        hint: `there are ${Object.keys(HINTS).join(', ')}`,
      });
    const fits =
      name === 'accelerator'
        ? typeof value === 'string' && value !== ''
        : Number.isSafeInteger(value) && (value as number) >= 1;
    if (value !== undefined && !fits)
      throw planError(PLAN_ERROR.argument, `the resource hint ${name} is ${String(value)}, not ${expected}`, place);
  }
  const given = Object.entries(hints).filter(([, value]) => value !== undefined);
  if (given.length > 0) step.resourceHints = Object.fromEntries(given);
}
