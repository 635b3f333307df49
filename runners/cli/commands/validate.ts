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

/**
 * Steps that keep something under a name that nobody chose. Names of parts are relative to their composite, so the
 * name of the outermost step is what counts.
 */
export function fragileNames(plan: Plan): FragileName[] {
  const { transforms } = plan.components;
  const whatKeeps = (id: string): string | undefined => {
    const { subtransforms } = transforms[id]!;
    if (subtransforms === undefined) return keeps(transforms[id]!);
    for (const part of subtransforms) {
      const what = whatKeeps(part);
      if (what !== undefined) return what;
    }
    return undefined;
  };
  return plan.rootTransformIds.flatMap((id) => {
    const { isUnnamed, source } = plan.displayData?.[id] ?? {};
    const what = isUnnamed === true ? whatKeeps(id) : undefined;
    return what === undefined ? [] : [{ step: transforms[id]!.uniqueName, source, what }];
  });
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
