import { BEAM_TRANSFORM, type Plan, type TransformSpec } from '../../sdk/model/index.js';
import type { StepSpec } from '../kernel/index.js';

/** Composites that a local runner executes as one, whatever stands inside. */
const EXECUTED_WHOLE: ReadonlySet<string> = new Set([
  BEAM_TRANSFORM.combinePerKey,
  BEAM_TRANSFORM.reshuffle,
  BEAM_TRANSFORM.redistributeArbitrarily,
  BEAM_TRANSFORM.redistributeByKey,
]);

/** The transforms that are executed, each after what it reads. */
export function executionOrder(plan: Plan): StepSpec[] {
  const { transforms } = plan.components;
  const leaves: StepSpec[] = [];
  const visit = (id: string): void => {
    const transform: TransformSpec = transforms[id]!;
    const whole = transform.spec !== undefined && EXECUTED_WHOLE.has(transform.spec.urn);
    if (!whole && transform.subtransforms !== undefined && transform.subtransforms.length > 0) {
      for (const sub of transform.subtransforms) visit(sub);
    } else if (transform.spec !== undefined) {
      const source = plan.displayData?.[id]?.source;
      leaves.push({ id, transform, ...(source !== undefined && { source }) });
    }
  };
  for (const id of plan.rootTransformIds) visit(id);
  return sortByData(leaves);
}

/** A stable topological order by the PCollections. */
function sortByData(leaves: readonly StepSpec[]): StepSpec[] {
  const producer = new Map<string, StepSpec>();
  for (const leaf of leaves) for (const output of outputsOf(leaf)) producer.set(output, leaf);
  const done = new Set<StepSpec>();
  const order: StepSpec[] = [];
  for (const root of leaves) {
    // Iterative, because a chain may be thousands of steps long.
    const stack: StepSpec[] = [root];
    while (stack.length > 0) {
      const leaf = stack[stack.length - 1]!;
      const missing = Object.values(leaf.transform.inputs)
        .map((input) => producer.get(input))
        .filter((from): from is StepSpec => from !== undefined && !done.has(from) && from !== leaf);
      if (done.has(leaf) || missing.length === 0) {
        stack.pop();
        if (!done.has(leaf)) {
          done.add(leaf);
          order.push(leaf);
        }
      } else {
        stack.push(...missing);
      }
    }
  }
  return order;
}

/** Ids of the PCollections that a step makes. */
export function outputsOf(step: StepSpec): string[] {
  return Object.values(step.transform.outputs);
}
