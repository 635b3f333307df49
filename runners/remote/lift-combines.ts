import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  type CoderSpec,
  type CombinePayload,
  type Components,
  MAIN_TAG,
  type PCollectionSpec,
  type Plan,
  type TransformSpec,
} from '../../sdk/model/index.js';

/**
 * The plan with every combine taken apart, as Beam's own SDKs submit it: fold within a bundle, group, merge what was folded,
 * extract. Engines that do this themselves find the composite as it was; Flink does not, and does not know the plain leaf
 * that combines grouped values either. Only under the default trigger, where one firing sees all that was folded.
 */
export function liftCombines(plan: Plan): Plan {
  const { transforms, pcollections, coders } = plan.components;
  const parts: Parts = { transforms: { ...transforms }, pcollections: { ...pcollections }, coders: { ...coders } };
  for (const [id, transform] of Object.entries(transforms))
    if (isLiftable(transform, plan.components)) lift(id, transform, parts);
  return { ...plan, components: { ...plan.components, ...parts } };
}

interface Parts {
  readonly transforms: Record<string, TransformSpec>;
  readonly pcollections: Record<string, PCollectionSpec>;
  readonly coders: Record<string, CoderSpec>;
}

const inputOf = ({ inputs }: TransformSpec): string => inputs[MAIN_TAG] ?? Object.values(inputs)[0] ?? '';

function isLiftable(
  transform: TransformSpec,
  { transforms, pcollections, windowingStrategies, coders }: Components,
): boolean {
  if (transform.spec?.urn !== BEAM_TRANSFORM.combinePerKey) return false;
  const leaves = (transform.subtransforms ?? []).map((id) => transforms[id]?.spec?.urn);
  if (leaves.join() !== [BEAM_TRANSFORM.groupByKey, BEAM_TRANSFORM.combineGroupedValues].join()) return false;
  const input = pcollections[inputOf(transform)];
  return (
    windowingStrategies[input?.windowingStrategyId ?? '']?.trigger.kind === 'default' &&
    coders[input?.coderId ?? '']?.spec.urn === BEAM_CODER.kv
  );
}

function lift(id: string, composite: TransformSpec, { transforms, pcollections, coders }: Parts): void {
  const [groupId = '', extractId = ''] = composite.subtransforms ?? [];
  const input = pcollections[inputOf(composite)] as PCollectionSpec;
  const [keyCoder = ''] = coders[input.coderId]?.componentCoderIds ?? [];
  const payload = composite.spec?.payload ?? null;
  const { accumulatorCoderId } = payload as unknown as CombinePayload;

  const folded = `${id}_accumulator_coder`;
  const list = `${id}_accumulators_coder`;
  const grouped = `${id}_grouped_coder`;
  coders[folded] = { spec: { urn: BEAM_CODER.kv }, componentCoderIds: [keyCoder, accumulatorCoderId] };
  coders[list] = { spec: { urn: BEAM_CODER.iterable }, componentCoderIds: [accumulatorCoderId] };
  coders[grouped] = { spec: { urn: BEAM_CODER.kv }, componentCoderIds: [keyCoder, list] };

  const between = (name: string, coderId: string): string => {
    const pcollectionId = `${id}_${name}`;
    pcollections[pcollectionId] = { ...input, uniqueName: `${composite.uniqueName}/${name}`, coderId };
    return pcollectionId;
  };
  const fold = between('folded', folded);
  const group = between('grouped', grouped);
  const merge = between('merged', folded);
  const step = (name: string, urn: string, from: string, to: string): TransformSpec => ({
    uniqueName: `${composite.uniqueName}/${name}`,
    spec: { urn, payload },
    inputs: { [MAIN_TAG]: from },
    outputs: { [MAIN_TAG]: to },
  });
  const output = Object.values(composite.outputs)[0] ?? '';
  transforms[`${id}_fold`] = step('Fold', BEAM_TRANSFORM.combinePerKeyPrecombine, inputOf(composite), fold);
  transforms[groupId] = {
    ...(transforms[groupId] as TransformSpec),
    inputs: { [MAIN_TAG]: fold },
    outputs: { [MAIN_TAG]: group },
  };
  transforms[`${id}_merge`] = step('Merge', BEAM_TRANSFORM.combinePerKeyMergeAccumulators, group, merge);
  transforms[extractId] = step('Extract', BEAM_TRANSFORM.combinePerKeyExtractOutputs, merge, output);
  transforms[id] = { ...composite, subtransforms: [`${id}_fold`, groupId, `${id}_merge`, extractId] };
}
