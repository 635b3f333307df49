import type { Plan, TransformSpec } from '../../sdk/model/index.js';

const byName = new WeakMap<Plan, ReadonlyMap<string, TransformSpec>>();

/** A step as its author's plan has it: engines rewrite coders, and `prepare-plan.ts` has rewritten what they do not know. */
export function authoredTransform(plan: Plan, name: string): TransformSpec | undefined {
  let transforms = byName.get(plan);
  if (transforms === undefined) {
    transforms = new Map(Object.values(plan.components.transforms).map((spec) => [spec.uniqueName, spec]));
    byName.set(plan, transforms);
  }
  return transforms.get(name);
}
