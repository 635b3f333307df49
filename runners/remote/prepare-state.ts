import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  type CoderSpec,
  type Components,
  type JsonObject,
  MAIN_TAG,
  type ParDoPayload,
  type TransformSpec,
} from '../../sdk/model/index.js';
import { mapValues } from '../beam/map-values.js';
import { EXPIRATION_FAMILY } from '../beam/par-do.js';
import { storedState } from '../beam/stored-state.js';

/**
 * A ParDo with its cells as engines are to keep them, with the coder of its timers, and with a timer in the place of the
 * wish to know when a window expires. The coders are added to `coders`.
 */
export function prepareState(
  transformId: string,
  transform: TransformSpec,
  { pcollections, windowingStrategies, coders: known }: Components,
  coders: Record<string, CoderSpec>,
): TransformSpec {
  if (transform.spec?.urn !== BEAM_TRANSFORM.parDo) return transform;
  const payload = transform.spec.payload as unknown as ParDoPayload;
  const { stateSpecs = {}, timerFamilySpecs = {}, onWindowExpiration = false, ...others } = payload;
  if (Object.keys(stateSpecs).length + Object.keys(timerFamilySpecs).length === 0) return transform;
  const input = pcollections[transform.inputs[MAIN_TAG] ?? ''];
  const [key = ''] = known[input?.coderId ?? '']?.componentCoderIds ?? [];
  const timerCoderId = `${transformId}_timer_coder`;
  const families = {
    ...timerFamilySpecs,
    ...(onWindowExpiration && { [EXPIRATION_FAMILY]: { timeDomain: 'EVENT_TIME' as const } }),
  };
  if (Object.keys(families).length > 0)
    coders[timerCoderId] = {
      spec: { urn: BEAM_CODER.timer },
      componentCoderIds: [key, windowingStrategies[input?.windowingStrategyId ?? '']?.windowCoderId ?? ''],
    };
  const changed: ParDoPayload = {
    ...others,
    stateSpecs: mapValues(stateSpecs, (spec, id) => storedState(spec, `${transformId}_${id}_coder`, coders)),
    timerFamilySpecs: mapValues(families, ({ timeDomain }) => ({ timeDomain, coderId: timerCoderId })),
  };
  return { ...transform, spec: { urn: BEAM_TRANSFORM.parDo, payload: changed as unknown as JsonObject } };
}
