import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  type CoderSpec,
  type DoFnPayload,
  type EnvironmentSpec,
  type JsonObject,
  MILLRACE_DO_FN,
  MILLRACE_ENVIRONMENT,
  type ParDoPayload,
  type Plan,
  REQUIREMENT,
  type TransformSpec,
} from '../../sdk/model/index.js';
import { mapValues } from '../beam/map-values.js';
import { copyRepeatedInputs } from './copy-repeated-inputs.js';
import { finalizedStages } from './finalized-stages.js';
import { framedTestStreams } from './framed-test-streams.js';
import { liftCombines } from './lift-combines.js';
import { prepareState } from './prepare-state.js';

const RUN_BY_WORKERS: ReadonlySet<string> = new Set([
  BEAM_TRANSFORM.parDo,
  BEAM_TRANSFORM.windowInto,
  BEAM_TRANSFORM.combinePerKey,
  BEAM_TRANSFORM.combineGroupedValues,
  BEAM_TRANSFORM.combinePerKeyPrecombine,
  BEAM_TRANSFORM.combinePerKeyMergeAccumulators,
  BEAM_TRANSFORM.combinePerKeyExtractOutputs,
]);

/** The coder of a splittable step's restriction as it travels: with the watermark from which the work goes on. */
const watermarked = (restrictionCoderId: string): string => `${restrictionCoderId}_watermarked`;
const WATERMARK_CODER = 'millrace_watermark';

/**
 * The plan with what engines want to know and our own runners do not: an environment on every transform that workers run
 * (in a plan only those with the author's code need one), combines taken apart, repeated inputs copied, coders of
 * restrictions as the harness sends them, state and timers in forms that every engine knows, and which sources acknowledge
 * what they have read.
 */
export function preparePlan(authored: Plan): Plan {
  const plan = framedTestStreams(copyRepeatedInputs(finalizedStages(liftCombines(authored))));
  const { environments, transforms } = plan.components;
  const environmentId = Object.keys(environments)[0] ?? 'node';
  const environment: EnvironmentSpec = environments[environmentId] ?? { urn: MILLRACE_ENVIRONMENT.node };
  const coders: Record<string, CoderSpec> = { ...plan.components.coders };
  const requirements = new Set(plan.requirements);
  // By a timer, where the author wants to know: only some engines tell of it, and not all of those of every key.
  requirements.delete(REQUIREMENT.onWindowExpiration);
  const prepare = (transform: TransformSpec, id: string): TransformSpec => {
    if (!RUN_BY_WORKERS.has(transform.spec?.urn ?? '')) return transform;
    const inEnvironment = { ...transform, environmentId: transform.environmentId ?? environmentId };
    const placed = prepareState(id, inEnvironment, plan.components, coders);
    const payload = splittablePayload(transform);
    if (payload?.restrictionCoderId === undefined) return placed;
    const restrictionCoderId = watermarked(payload.restrictionCoderId);
    coders[WATERMARK_CODER] = { spec: { urn: BEAM_CODER.double } };
    coders[restrictionCoderId] = {
      spec: { urn: BEAM_CODER.kv },
      componentCoderIds: [payload.restrictionCoderId, WATERMARK_CODER],
    };
    requirements.add(REQUIREMENT.splittableDoFn);
    // Engines that finalise bundles want to be asked for it. Bounded sources can be read again from the start.
    const { isBounded } = payload.doFn.payload as unknown as DoFnPayload;
    const acknowledges = isBounded === false || payload.requestsFinalization === true;
    if (acknowledges) requirements.add(REQUIREMENT.finalization);
    const changed: ParDoPayload = {
      ...payload,
      restrictionCoderId,
      ...(acknowledges && { requestsFinalization: true }),
    };
    return { ...placed, spec: { urn: BEAM_TRANSFORM.parDo, payload: changed as unknown as JsonObject } };
  };
  return {
    ...plan,
    components: {
      ...plan.components,
      transforms: mapValues(transforms, prepare),
      coders,
      environments: { ...environments, [environmentId]: environment },
    },
    requirements: [...requirements],
  };
}

function splittablePayload({ spec }: TransformSpec): ParDoPayload | undefined {
  if (spec?.urn !== BEAM_TRANSFORM.parDo) return undefined;
  const payload = spec.payload as unknown as ParDoPayload;
  return payload.doFn.urn === MILLRACE_DO_FN.splittable ? payload : undefined;
}
