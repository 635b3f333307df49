import {
  BEAM_CODER,
  BEAM_SIDE_INPUT,
  BEAM_TRANSFORM,
  type CoderSpec,
  type Components,
  type JsonObject,
  MAIN_TAG,
  MILLRACE_VIEW_FN,
  type ParDoPayload,
  type TransformSpec,
} from '../../sdk/model/index.js';
import { mapValues } from '../beam/map-values.js';
import { EXPIRATION_FAMILY } from '../beam/par-do.js';
import { storedState } from '../beam/stored-state.js';

/**
 * A ParDo with its cells and side inputs as engines are to keep them, with the coder of its timers, and with a timer in the
 * place of the wish to know when a window expires. The coders are added to `coders`.
 */
export function prepareState(
  transformId: string,
  transform: TransformSpec,
  { pcollections, windowingStrategies, coders: known }: Components,
  coders: Record<string, CoderSpec>,
): TransformSpec {
  if (transform.spec?.urn !== BEAM_TRANSFORM.parDo) return transform;
  const payload = readMapsWhole(transform.spec.payload as unknown as ParDoPayload);
  const { stateSpecs = {}, timerFamilySpecs = {}, onWindowExpiration = false, ...others } = payload;
  if (Object.keys(stateSpecs).length + Object.keys(timerFamilySpecs).length === 0)
    return withPayload(transform, payload);
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
  return withPayload(transform, changed);
}

const withPayload = (transform: TransformSpec, payload: ParDoPayload): TransformSpec => ({
  ...transform,
  spec: { urn: BEAM_TRANSFORM.parDo, payload: payload as unknown as JsonObject },
});

/** A map is looked at as a whole, because none of its keys may have two values: as a list it comes in few messages. */
function readMapsWhole(payload: ParDoPayload): ParDoPayload {
  if (payload.sideInputs === undefined) return payload;
  const accessPattern = { urn: BEAM_SIDE_INPUT.iterable };
  const sideInputs = mapValues(payload.sideInputs, (side) =>
    side.viewFn.urn === MILLRACE_VIEW_FN.map ? { ...side, accessPattern } : side,
  );
  return { ...payload, sideInputs };
}
