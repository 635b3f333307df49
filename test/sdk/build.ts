import {
  type BuildOptions,
  buildPlan,
  definePipeline,
  MillraceError,
  type Pipeline,
  type Plan,
  type TransformSpec,
} from 'millrace';

/** The plan of a pipeline without options. */
export function planOf(build: (p: Pipeline) => void, options: BuildOptions = {}): Plan {
  return buildPlan(definePipeline({ name: 'test', build }), options).plan;
}

/** The transform of a plan with this full name. */
export function step(plan: Plan, name: string): TransformSpec {
  const found = Object.values(plan.components.transforms).find((t) => t.uniqueName === name);
  if (found === undefined)
    throw new Error(`no step ${name} among ${Object.values(plan.components.transforms).map((t) => t.uniqueName)}`);
  return found;
}

/** The coder of the output of a step, as a readable id. */
export function coderOf(plan: Plan, name: string, tag = 'main'): string {
  return plan.components.pcollections[step(plan, name).outputs[tag]!]!.coderId;
}

/** The windowing strategy of the output of a step. */
export function windowingOf(plan: Plan, name: string) {
  const { windowingStrategyId } = plan.components.pcollections[step(plan, name).outputs.main!]!;
  return plan.components.windowingStrategies[windowingStrategyId]!;
}

/** The Millrace error that `body` throws. */
export function errorOf(body: () => unknown): MillraceError {
  try {
    body();
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
