import type { ParDoPayload } from '../../../sdk/model/payloads.js';
import type { Plan, TransformSpec } from '../../../sdk/model/plan.js';
import { BEAM_TRANSFORM, MILLRACE_DO_FN } from '../../../sdk/model/urns.js';
import type { Inspection } from './inspect.js';

/** `millrace validate`: all problems of a plan, or what it consists of. */
export const validate: Inspection = {
  name: 'validate',
  description: 'check a plan, or that a module builds one',
  show(plan, output) {
    for (const { step, source, what } of fragileNames(plan)) {
      output.log({
        level: 'warn',
        message: `${what}, and its name is automatic: a pipeline that grows may give it another. Name it.`,
        step,
        fields: source === undefined ? {} : { source },
      });
    }
    const { transforms, pcollections } = plan.components;
    return `${plan.name} is valid: ${Object.keys(transforms).length} transforms, ${Object.keys(pcollections).length} PCollections\n`;
  },
};

interface FragileName {
  readonly step: string;
  readonly source: string | undefined;
  readonly what: string;
}

/** Steps whose state is kept under a name that nobody chose; of nested ones the outermost that has no name. */
export function fragileNames(plan: Plan): FragileName[] {
  const found: FragileName[] = [];
  const visit = (id: string, unnamed: string | undefined): void => {
    const transform = plan.components.transforms[id]!;
    const owner = unnamed ?? (plan.displayData?.[id]?.isUnnamed === true ? id : undefined);
    const what = transform.subtransforms === undefined ? keeps(transform) : undefined;
    if (what !== undefined && owner !== undefined && !found.some(({ step }) => step === nameOf(plan, owner))) {
      found.push({ step: nameOf(plan, owner), source: plan.displayData?.[owner]?.source, what });
    }
    for (const child of transform.subtransforms ?? []) visit(child, owner);
  };
  for (const id of plan.rootTransformIds) visit(id, undefined);
  return found;
}

function nameOf(plan: Plan, id: string): string {
  return plan.components.transforms[id]!.uniqueName;
}

function keeps({ spec }: TransformSpec): string | undefined {
  if (spec?.urn === BEAM_TRANSFORM.groupByKey) return 'the step groups';
  if (spec?.urn !== BEAM_TRANSFORM.parDo) return undefined;
  const payload = spec.payload as unknown as ParDoPayload;
  if (payload.doFn.urn === MILLRACE_DO_FN.splittable) return 'the step keeps a position in a source';
  return payload.stateSpecs === undefined && payload.timerFamilySpecs === undefined
    ? undefined
    : 'the step holds state';
}
