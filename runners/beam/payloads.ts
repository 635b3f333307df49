import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { schemaFromJson, schemaFromProto, schemaToJson, schemaToProto } from '../../sdk/coders/index.js';
import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  type CombinePayload,
  type FixedWindowsPayload,
  type FunctionSpec,
  type JsonValue,
  MillraceError,
  type ParDoPayload,
  type SessionWindowsPayload,
  type SlidingWindowsPayload,
  type TestStreamPayload,
  type WindowIntoPayload,
} from '../../sdk/model/index.js';
import { durationToMs, msToDuration, msToTimestamp, timestampToMs } from './duration.js';
import { type FunctionSpec as BeamFunctionSpec, FunctionSpecSchema } from './generated/function_pb.js';
import { CombinePayloadSchema, WindowIntoPayloadSchema } from './generated/pipeline_pb.js';
import {
  FixedWindowsPayloadSchema,
  SessionWindowsPayloadSchema,
  SlidingWindowsPayloadSchema,
} from './generated/windowing_pb.js';
import { decodeJson, encodeJson } from './json-bytes.js';
import { parDoFromBeam, parDoToBeam } from './par-do.js';
import { testStreamFromBeam, testStreamToBeam } from './test-stream.js';

/** How the payload of one URN crosses: our readable JSON here, Beam's message there. */
interface PayloadForm {
  encode(payload: JsonValue): Uint8Array;
  decode(bytes: Uint8Array): JsonValue | undefined;
}

/** The JSON of a plan's payload seen as its type; the plan was validated before it came here. */
const typed = <T>(payload: JsonValue): T => payload as T;
const asJson = (value: object): JsonValue => value as JsonValue;

const parDo: PayloadForm = {
  encode: (json) => parDoToBeam(typed<ParDoPayload>(json), FUNCTIONS),
  decode: (bytes) => asJson(parDoFromBeam(bytes, FUNCTIONS)),
};

const combine: PayloadForm = {
  encode(json) {
    const payload = typed<CombinePayload>(json);
    return toBinary(
      CombinePayloadSchema,
      create(CombinePayloadSchema, {
        combineFn: functionSpecToBeam(payload.combineFn),
        accumulatorCoderId: payload.accumulatorCoderId,
      }),
    );
  },
  decode(bytes) {
    const payload = fromBinary(CombinePayloadSchema, bytes);
    return asJson({
      combineFn: functionSpecFromBeam(payload.combineFn),
      accumulatorCoderId: payload.accumulatorCoderId,
    });
  },
};

const windowInto: PayloadForm = {
  encode: (json) =>
    toBinary(
      WindowIntoPayloadSchema,
      create(WindowIntoPayloadSchema, { windowFn: functionSpecToBeam(typed<WindowIntoPayload>(json).windowFn) }),
    ),
  decode: (bytes) => asJson({ windowFn: functionSpecFromBeam(fromBinary(WindowIntoPayloadSchema, bytes).windowFn) }),
};

const fixedWindows: PayloadForm = {
  encode(json) {
    const { sizeMs, offsetMs } = typed<FixedWindowsPayload>(json);
    return toBinary(
      FixedWindowsPayloadSchema,
      create(FixedWindowsPayloadSchema, { size: msToDuration(sizeMs), offset: msToTimestamp(offsetMs) }),
    );
  },
  decode(bytes) {
    const { size, offset } = fromBinary(FixedWindowsPayloadSchema, bytes);
    return { sizeMs: durationToMs(size), offsetMs: timestampToMs(offset) };
  },
};

const slidingWindows: PayloadForm = {
  encode(json) {
    const { sizeMs, periodMs, offsetMs } = typed<SlidingWindowsPayload>(json);
    return toBinary(
      SlidingWindowsPayloadSchema,
      create(SlidingWindowsPayloadSchema, {
        size: msToDuration(sizeMs),
        period: msToDuration(periodMs),
        offset: msToTimestamp(offsetMs),
      }),
    );
  },
  decode(bytes) {
    const { size, period, offset } = fromBinary(SlidingWindowsPayloadSchema, bytes);
    return { sizeMs: durationToMs(size), periodMs: durationToMs(period), offsetMs: timestampToMs(offset) };
  },
};

const sessionWindows: PayloadForm = {
  encode: (json) =>
    toBinary(
      SessionWindowsPayloadSchema,
      create(SessionWindowsPayloadSchema, { gapSize: msToDuration(typed<SessionWindowsPayload>(json).gapMs) }),
    ),
  decode: (bytes) => ({ gapMs: durationToMs(fromBinary(SessionWindowsPayloadSchema, bytes).gapSize) }),
};

const testStream: PayloadForm = {
  encode: (json) => testStreamToBeam(typed<TestStreamPayload>(json)),
  decode: (bytes) => asJson(testStreamFromBeam(bytes)),
};

const row: PayloadForm = {
  encode: (json) => schemaToProto(schemaFromJson(json)),
  decode: (bytes) => schemaToJson(schemaFromProto(bytes)),
};

const FORMS: ReadonlyMap<string, PayloadForm> = new Map([
  [BEAM_TRANSFORM.parDo, parDo],
  [BEAM_TRANSFORM.sdfPairWithRestriction, parDo],
  [BEAM_TRANSFORM.sdfSplitAndSizeRestrictions, parDo],
  [BEAM_TRANSFORM.sdfProcessSizedElementAndRestrictions, parDo],
  [BEAM_TRANSFORM.sdfTruncateSizedRestrictions, parDo],
  [BEAM_TRANSFORM.combinePerKey, combine],
  [BEAM_TRANSFORM.combineGlobally, combine],
  [BEAM_TRANSFORM.combineGroupedValues, combine],
  [BEAM_TRANSFORM.combinePerKeyPrecombine, combine],
  [BEAM_TRANSFORM.combinePerKeyMergeAccumulators, combine],
  [BEAM_TRANSFORM.combinePerKeyExtractOutputs, combine],
  [BEAM_TRANSFORM.combinePerKeyConvertToAccumulators, combine],
  [BEAM_TRANSFORM.windowInto, windowInto],
  [BEAM_TRANSFORM.testStream, testStream],
  [BEAM_WINDOW_FN.fixed, fixedWindows],
  [BEAM_WINDOW_FN.sliding, slidingWindows],
  [BEAM_WINDOW_FN.session, sessionWindows],
  [BEAM_CODER.row, row],
]);

const OURS = 'millrace:';

/** A plan's FunctionSpec as Beam's. An opaque payload (`{ "$bytes": base64 }`) goes out as its bytes, ours as UTF-8 JSON. */
export function functionSpecToBeam(spec: FunctionSpec): BeamFunctionSpec {
  return create(FunctionSpecSchema, { urn: spec.urn, payload: payloadToBytes(spec) });
}

function payloadToBytes({ urn, payload }: FunctionSpec): Uint8Array {
  if (payload === undefined) return new Uint8Array();
  if (isOpaque(payload)) return Buffer.from(payload.$bytes, 'base64');
  const form = FORMS.get(urn);
  if (form !== undefined) return form.encode(payload);
  if (urn.startsWith(OURS)) return encodeJson(payload);
  throw new MillraceError('BEAM_UNMAPPED', 'plan', `the readable payload of ${urn} has no form in Beam's protocol`, {
    hint: 'Give it as { "$bytes": base64 }.',
  });
}

/** The way back: what a harness receives, as a plan says it. */
export function functionSpecFromBeam(spec: BeamFunctionSpec | undefined): FunctionSpec {
  if (spec === undefined) return { urn: '' };
  const payload = bytesToPayload(spec.urn, spec.payload);
  return payload === undefined ? { urn: spec.urn } : { urn: spec.urn, payload };
}

function bytesToPayload(urn: string, bytes: Uint8Array): JsonValue | undefined {
  if (bytes.length === 0) return undefined;
  const form = FORMS.get(urn);
  if (form !== undefined) return form.decode(bytes);
  if (urn.startsWith(OURS)) return decodeJson(bytes);
  return { $bytes: Buffer.from(bytes).toString('base64') };
}

const FUNCTIONS = { toBeam: functionSpecToBeam, fromBeam: functionSpecFromBeam };

const isOpaque = (payload: JsonValue): payload is { $bytes: string } =>
  typeof payload === 'object' &&
  payload !== null &&
  '$bytes' in payload &&
  typeof payload.$bytes === 'string' &&
  Object.keys(payload).length === 1;
