import {
  type CombinePayload,
  type DoFnPayload,
  MAIN_TAG,
  type ParDoPayload,
  type Plan,
  type TransformSpec,
  type UserFunctionRef,
} from '../../sdk/model/index.js';
import { type StepSpec, sourceLines } from '../kernel/index.js';
import type { StageTransform } from './stage-graph.js';

/**
 * A transform of a stage as the kernel wants it: under the author's name of the step, where engines have names of their
 * own for the parts that they make of one, with its source line, and with its main output called so.
 */
export function stepOf({ id, spec }: StageTransform, plan: Plan): StepSpec {
  const uniqueName = functionRef(spec)?.step ?? spec.uniqueName;
  const source = sourceLines(plan).get(uniqueName);
  return {
    id,
    transform: { ...spec, uniqueName, outputs: withMain(spec.outputs) },
    ...(source !== undefined && { source }),
  };
}

function functionRef({ spec }: TransformSpec): { readonly step: string } | undefined {
  const payload = spec?.payload as unknown as Partial<ParDoPayload & CombinePayload> | undefined;
  const inner = (payload?.doFn ?? payload?.combineFn)?.payload as unknown as Partial<DoFnPayload> | undefined;
  const ref: UserFunctionRef | undefined = inner?.fn;
  return ref?.kind === 'rebuild' ? ref : undefined;
}

function withMain(outputs: TransformSpec['outputs']): TransformSpec['outputs'] {
  const [only, ...others] = Object.values(outputs);
  return MAIN_TAG in outputs || only === undefined || others.length > 0 ? outputs : { [MAIN_TAG]: only };
}
