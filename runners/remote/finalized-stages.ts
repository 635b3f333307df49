import {
  BEAM_TRANSFORM,
  MAIN_TAG,
  MILLRACE_DO_FN,
  type ParDoPayload,
  type PCollectionSpec,
  type Plan,
  type TransformSpec,
} from '../../sdk/model/index.js';

/** What no engine fuses with the step behind it. */
const ENDS_A_STAGE: ReadonlySet<string> = new Set([
  BEAM_TRANSFORM.impulse,
  BEAM_TRANSFORM.groupByKey,
  BEAM_TRANSFORM.reshuffle,
]);

/**
 * The plan with a shuffle before every DoFn that asks for the finalisation of its bundles: some engines (Prism) ask only the
 * first step of a stage whether it does, and would never call back the others.
 */
export function finalizedStages(plan: Plan): Plan {
  const transforms: Record<string, TransformSpec> = { ...plan.components.transforms };
  const pcollections: Record<string, PCollectionSpec> = { ...plan.components.pcollections };
  let { rootTransformIds } = plan;
  const endsStage = new Set(
    Object.values(transforms).flatMap(({ spec, outputs }) =>
      ENDS_A_STAGE.has(spec?.urn ?? '') ? Object.values(outputs) : [],
    ),
  );
  for (const [id, transform] of Object.entries(plan.components.transforms)) {
    if (!asksForFinalization(transform)) continue;
    const [tag, input] = mainInput(transform);
    if (endsStage.has(input)) continue;
    const shuffle = `${id}_shuffle`;
    const shuffled = `${id}_shuffled`;
    const uniqueName = `${transform.uniqueName}/Shuffle`;
    pcollections[shuffled] = { ...pcollections[input]!, uniqueName };
    transforms[shuffle] = {
      uniqueName,
      spec: { urn: BEAM_TRANSFORM.reshuffle },
      inputs: { [MAIN_TAG]: input },
      outputs: { [MAIN_TAG]: shuffled },
    };
    transforms[id] = { ...transform, inputs: { ...transform.inputs, [tag]: shuffled } };
    const before = (ids: readonly string[]) => ids.flatMap((each) => (each === id ? [shuffle, id] : [each]));
    rootTransformIds = before(rootTransformIds);
    for (const [parent, { subtransforms, ...rest }] of Object.entries(transforms))
      if (subtransforms?.includes(id)) transforms[parent] = { ...rest, subtransforms: before(subtransforms) };
  }
  return { ...plan, rootTransformIds, components: { ...plan.components, transforms, pcollections } };
}

/** Splittable DoFns and those with state begin a stage on every engine. */
function asksForFinalization({ spec }: TransformSpec): boolean {
  if (spec?.urn !== BEAM_TRANSFORM.parDo) return false;
  const { requestsFinalization, doFn, stateSpecs, timerFamilySpecs } = spec.payload as unknown as ParDoPayload;
  const hasState = Object.keys({ ...stateSpecs, ...timerFamilySpecs }).length > 0;
  return requestsFinalization === true && doFn.urn !== MILLRACE_DO_FN.splittable && !hasState;
}

function mainInput({ inputs }: TransformSpec): readonly [tag: string, pcollection: string] {
  return inputs[MAIN_TAG] === undefined ? Object.entries(inputs)[0]! : [MAIN_TAG, inputs[MAIN_TAG]];
}
