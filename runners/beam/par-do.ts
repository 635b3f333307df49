import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type FunctionSpec,
  MillraceError,
  type ParDoPayload,
  type SideInputPayload,
  type StatePayload,
  type StateTtl,
  type TimerFamilyPayload,
} from '../../sdk/model/index.js';
import type { FunctionSpec as BeamFunctionSpec } from './generated/function_pb.js';
import {
  ParDoPayloadSchema,
  type SideInput,
  type StateSpec,
  type StateSpecSchema,
  TimeDomain_Enum,
  type TimerFamilySpec,
} from './generated/pipeline_pb.js';
import { decodeJson, encodeJson } from './json-bytes.js';
import { mapValues } from './map-values.js';

/** How the functions inside of a payload cross. */
interface FunctionForms {
  toBeam(spec: FunctionSpec): BeamFunctionSpec;
  fromBeam(spec: BeamFunctionSpec | undefined): FunctionSpec;
}

/** By which protocol a harness gets at the cells of a kind. */
export const USER_STATE = {
  bag: 'beam:user_state:bag:v1',
  multimap: 'beam:user_state:multimap:v1',
  orderedList: 'beam:user_state:ordered_list:v1',
} as const;

const PROTOCOLS: Readonly<Record<StatePayload['kind'], string>> = {
  value: USER_STATE.bag,
  bag: USER_STATE.bag,
  combining: USER_STATE.bag,
  map: USER_STATE.multimap,
  set: USER_STATE.multimap,
  multimap: USER_STATE.multimap,
  orderedList: USER_STATE.orderedList,
};

/** The timer family by which engines tell of the end of a window, to a DoFn that wants to know. */
export const EXPIRATION_FAMILY = 'millrace-window-expiration';

export function parDoToBeam(payload: ParDoPayload, functions: FunctionForms): Uint8Array {
  return toBinary(
    ParDoPayloadSchema,
    create(ParDoPayloadSchema, {
      doFn: functions.toBeam(payload.doFn),
      sideInputs: mapValues(payload.sideInputs ?? {}, ({ accessPattern, viewFn, windowMappingFn }) => ({
        accessPattern: functions.toBeam(accessPattern),
        viewFn: functions.toBeam(viewFn),
        windowMappingFn: functions.toBeam(windowMappingFn),
      })),
      stateSpecs: mapValues(payload.stateSpecs ?? {}, (spec) => stateToBeam(spec, functions)),
      timerFamilySpecs: mapValues(payload.timerFamilySpecs ?? {}, ({ timeDomain, coderId }) => ({
        timeDomain: TimeDomain_Enum[timeDomain],
        timerFamilyCoderId: coderId ?? '',
      })),
      restrictionCoderId: payload.restrictionCoderId ?? '',
      requestsFinalization: payload.requestsFinalization ?? false,
      requiresTimeSortedInput: payload.requiresTimeSortedInput ?? false,
      requiresStableInput: payload.requiresStableInput ?? false,
      onWindowExpirationTimerFamilySpec: payload.onWindowExpiration === true ? EXPIRATION_FAMILY : '',
    }),
  );
}

export function parDoFromBeam(bytes: Uint8Array, functions: FunctionForms): ParDoPayload {
  const payload = fromBinary(ParDoPayloadSchema, bytes);
  const { sideInputs, stateSpecs, timerFamilySpecs } = payload;
  return {
    doFn: functions.fromBeam(payload.doFn),
    ...(isFilled(sideInputs) && { sideInputs: mapValues(sideInputs, (each) => sideInputFromBeam(each, functions)) }),
    ...(isFilled(stateSpecs) && { stateSpecs: mapValues(stateSpecs, (each) => stateFromBeam(each, functions)) }),
    ...(isFilled(timerFamilySpecs) && { timerFamilySpecs: mapValues(timerFamilySpecs, timerFamilyFromBeam) }),
    ...(payload.restrictionCoderId !== '' && { restrictionCoderId: payload.restrictionCoderId }),
    ...(payload.requestsFinalization && { requestsFinalization: true }),
    ...(payload.requiresTimeSortedInput && { requiresTimeSortedInput: true }),
    ...(payload.requiresStableInput && { requiresStableInput: true }),
    ...(payload.onWindowExpirationTimerFamilySpec !== '' && { onWindowExpiration: true }),
  };
}

const isFilled = (map: object): boolean => Object.keys(map).length > 0;

function sideInputFromBeam(input: SideInput, { fromBeam }: FunctionForms): SideInputPayload {
  return {
    accessPattern: fromBeam(input.accessPattern),
    viewFn: fromBeam(input.viewFn),
    windowMappingFn: fromBeam(input.windowMappingFn),
  };
}

function timerFamilyFromBeam({ timeDomain, timerFamilyCoderId }: TimerFamilySpec): TimerFamilyPayload {
  return {
    timeDomain: timeDomain === TimeDomain_Enum.PROCESSING_TIME ? 'PROCESSING_TIME' : 'EVENT_TIME',
    ...(timerFamilyCoderId !== '' && { coderId: timerFamilyCoderId }),
  };
}

function stateToBeam(spec: StatePayload, functions: FunctionForms): MessageInitShape<typeof StateSpecSchema> {
  // Engines know no time to live; the payload of the protocol is ours to use.
  const { ttlMs } = spec;
  const ttl = ttlMs === undefined ? {} : { payload: encodeJson({ ttlMs }) };
  return { spec: cellToBeam(spec, functions), protocol: { urn: PROTOCOLS[spec.kind], ...ttl } };
}

function cellToBeam(
  spec: StatePayload,
  { toBeam }: FunctionForms,
): NonNullable<MessageInitShape<typeof StateSpecSchema>['spec']> {
  switch (spec.kind) {
    case 'value':
      return { case: 'readModifyWriteSpec', value: { coderId: spec.coderId } };
    case 'bag':
      return { case: 'bagSpec', value: { elementCoderId: spec.coderId } };
    case 'set':
      return { case: 'setSpec', value: { elementCoderId: spec.coderId } };
    case 'orderedList':
      return { case: 'orderedListSpec', value: { elementCoderId: spec.coderId } };
    case 'combining':
      return {
        case: 'combiningSpec',
        value: { accumulatorCoderId: spec.accumulatorCoderId, combineFn: toBeam(spec.combineFn) },
      };
    case 'map':
      return { case: 'mapSpec', value: { keyCoderId: spec.keyCoderId, valueCoderId: spec.coderId } };
    case 'multimap':
      return { case: 'multimapSpec', value: { keyCoderId: spec.keyCoderId, valueCoderId: spec.coderId } };
  }
}

function stateFromBeam({ spec, protocol }: StateSpec, { fromBeam }: FunctionForms): StatePayload {
  const ttl = protocol === undefined || protocol.payload.length === 0 ? {} : (decodeJson(protocol.payload) as StateTtl);
  switch (spec.case) {
    case 'readModifyWriteSpec':
      return { kind: 'value', coderId: spec.value.coderId, ...ttl };
    case 'bagSpec':
      return { kind: 'bag', coderId: spec.value.elementCoderId, ...ttl };
    case 'setSpec':
      return { kind: 'set', coderId: spec.value.elementCoderId, ...ttl };
    case 'orderedListSpec':
      return { kind: 'orderedList', coderId: spec.value.elementCoderId, ...ttl };
    case 'combiningSpec': {
      const { accumulatorCoderId, combineFn } = spec.value;
      return { kind: 'combining', combineFn: fromBeam(combineFn), accumulatorCoderId, ...ttl };
    }
    case 'mapSpec':
      return { kind: 'map', keyCoderId: spec.value.keyCoderId, coderId: spec.value.valueCoderId, ...ttl };
    case 'multimapSpec':
      return { kind: 'multimap', keyCoderId: spec.value.keyCoderId, coderId: spec.value.valueCoderId, ...ttl };
    case undefined:
      throw new MillraceError('BEAM_UNMAPPED', 'external', 'a state cell of an unknown kind');
  }
}
