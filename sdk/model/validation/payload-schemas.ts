import {
  BEAM_CODER,
  BEAM_SIDE_INPUT,
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  MILLRACE_COMBINE_FN,
  MILLRACE_DO_FN,
  MILLRACE_ENVIRONMENT,
  MILLRACE_VIEW_FN,
  MILLRACE_WINDOW_FN,
  MILLRACE_WINDOW_MAPPING,
} from '../urns.js';
import type { JsonSchema } from './json-schema.js';
import {
  ANY,
  BASE64,
  BOOLEAN,
  functionSpec,
  ID,
  INT64,
  integer,
  list,
  map,
  NAME,
  object,
  oneOf,
  ref,
  SHA256,
  TEXT,
  URN,
  union,
  when,
  whereIs,
} from './schema-parts.js';

/** The payloads of functions: how execution finds what the author wrote. */
export const FUNCTION_SCHEMAS: { readonly [name: string]: JsonSchema } = {
  payload: {
    description: 'What the URN says; of an unknown URN anything, bytes as { "$bytes": base64 }.',
    properties: { $bytes: BASE64 },
  },
  userFunctionRef: union('kind', {
    rebuild: [{ step: NAME, slot: NAME, textHash: TEXT }],
    inline: [{ token: TEXT }],
    module: [{ module: NAME, export: NAME, arguments: ANY }],
    expression: [{ expression: ref('expression') }],
  }),
  expression: union('op', {
    column: [{ name: TEXT }],
    literal: [{ value: ANY }],
    call: [{ fn: NAME, args: list(ref('expression')) }],
  }),
  asyncOptions: object(
    { concurrency: integer(1), ordered: BOOLEAN },
    {
      timeoutMs: { type: 'number', exclusiveMinimum: 0 },
      retry: object(
        {
          attempts: integer(1),
          initialDelayMs: { type: 'number', minimum: 0 },
          multiplier: { type: 'number', minimum: 1 },
          maxDelayMs: { type: 'number', minimum: 0 },
        },
        { jitter: { type: 'number', minimum: 0, maximum: 1 }, retryIf: object({ fn: ref('userFunctionRef') }) },
      ),
    },
  ),
};

const FN = { fn: ref('userFunctionRef') };

const DO_FN_PAYLOADS = {
  ...Object.fromEntries(Object.values(MILLRACE_DO_FN).map((urn) => [urn, object(FN)])),
  [MILLRACE_DO_FN.mapAsync]: object({ ...FN, async: ref('asyncOptions') }),
  [MILLRACE_DO_FN.splittable]: object(FN, { isBounded: BOOLEAN, readersStayOpen: BOOLEAN }),
  [MILLRACE_DO_FN.withTimestamps]: object(FN, { allowedSkewMs: { type: 'number', minimum: 0 } }),
  [MILLRACE_DO_FN.create]: object({ elements: list(BASE64) }, { timestamps: list(INT64) }),
};

/** A number of milliseconds above zero. */
const SPAN = integer(1);

const LOCAL_TIME: JsonSchema = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,3})?)?$',
  description: 'a date and time without a zone such as 2024-01-31T06:00',
};

const COMBINE_FN = functionSpec({ [MILLRACE_COMBINE_FN.combineFn]: object(FN) });
const COMBINE = object({ combineFn: COMBINE_FN, accumulatorCoderId: ID });

const TTL = { ttlMs: SPAN };
const CELL = [{ coderId: ID }, TTL] as const;
const KEYED_CELL = [{ keyCoderId: ID, coderId: ID }, TTL] as const;

/** What the URNs of transforms, window functions, coders and environments carry. */
export const SPEC_SCHEMAS: { readonly [name: string]: JsonSchema } = {
  doFn: functionSpec(DO_FN_PAYLOADS),
  combine: COMBINE,
  stateSpec: union('kind', {
    value: CELL,
    bag: CELL,
    set: CELL,
    orderedList: CELL,
    combining: [{ combineFn: COMBINE_FN, accumulatorCoderId: ID }, TTL],
    map: KEYED_CELL,
    multimap: KEYED_CELL,
  }),
  sideInput: object({
    accessPattern: functionSpec({ [BEAM_SIDE_INPUT.iterable]: null, [BEAM_SIDE_INPUT.multimap]: null }),
    viewFn: functionSpec({
      [MILLRACE_VIEW_FN.singleton]: object({}, { default: BASE64 }),
      [MILLRACE_VIEW_FN.iterable]: null,
      [MILLRACE_VIEW_FN.list]: null,
      [MILLRACE_VIEW_FN.map]: null,
      [MILLRACE_VIEW_FN.multimap]: null,
    }),
    windowMappingFn: functionSpec({ [MILLRACE_WINDOW_MAPPING.byMaxTimestamp]: null }),
  }),
  testStreamEvent: union('kind', {
    elements: [{ elements: list(object({ encoded: BASE64, timestamp: INT64 })) }, { tag: NAME }],
    watermark: [{ timestamp: INT64 }, { tag: NAME }],
    processingTime: [{ advanceMs: SPAN }],
  }),
  windowFn: functionSpec({
    [BEAM_WINDOW_FN.global]: null,
    [BEAM_WINDOW_FN.fixed]: object({ sizeMs: SPAN, offsetMs: { type: 'integer' } }),
    [BEAM_WINDOW_FN.sliding]: object({ sizeMs: SPAN, periodMs: SPAN, offsetMs: { type: 'integer' } }),
    [BEAM_WINDOW_FN.session]: object({ gapMs: SPAN }),
    [MILLRACE_WINDOW_FN.custom]: object(FN),
    [MILLRACE_WINDOW_FN.calendar]: object({
      unit: oneOf('days', 'months'),
      count: SPAN,
      timeZone: TEXT,
      start: LOCAL_TIME,
    }),
  }),
  transformSpec: functionSpec({
    [BEAM_TRANSFORM.impulse]: null,
    [BEAM_TRANSFORM.flatten]: null,
    [BEAM_TRANSFORM.groupByKey]: null,
    [BEAM_TRANSFORM.parDo]: object(
      { doFn: ref('doFn') },
      {
        sideInputs: map(ref('sideInput'), NAME),
        stateSpecs: map(ref('stateSpec'), NAME),
        timerFamilySpecs: map(object({ timeDomain: oneOf('EVENT_TIME', 'PROCESSING_TIME') }, { coderId: ID }), NAME),
        restrictionCoderId: ID,
        requestsFinalization: BOOLEAN,
        requiresTimeSortedInput: BOOLEAN,
        requiresStableInput: BOOLEAN,
        onWindowExpiration: BOOLEAN,
      },
    ),
    [BEAM_TRANSFORM.windowInto]: object({ windowFn: ref('windowFn') }),
    [BEAM_TRANSFORM.testStream]: object({ coderId: ID, events: list(ref('testStreamEvent')) }),
    [BEAM_TRANSFORM.combinePerKey]: ref('combine'),
    [BEAM_TRANSFORM.combineGlobally]: ref('combine'),
    [BEAM_TRANSFORM.combineGroupedValues]: ref('combine'),
    [BEAM_TRANSFORM.combinePerKeyPrecombine]: ref('combine'),
    [BEAM_TRANSFORM.combinePerKeyMergeAccumulators]: ref('combine'),
    [BEAM_TRANSFORM.combinePerKeyExtractOutputs]: ref('combine'),
    [BEAM_TRANSFORM.combinePerKeyConvertToAccumulators]: ref('combine'),
  }),
  coder: {
    ...object({ spec: object({ urn: URN }, { payload: ref('payload') }) }, { componentCoderIds: list(ID) }),
    allOf: Object.entries(componentsOfCoders()).map(([urn, count]) =>
      when(
        { properties: { spec: whereIs('urn', urn) }, required: ['spec'] },
        {
          properties: { componentCoderIds: { type: 'array', minItems: count, maxItems: count } },
          required: count === 0 ? [] : ['componentCoderIds'],
        },
      ),
    ),
  },
  environment: {
    ...object(
      { urn: URN },
      {
        payload: ref('payload'),
        capabilities: list(TEXT),
        resourceHints: object({}, { minRamBytes: integer(1), cpuCount: integer(1), accelerator: TEXT }),
      },
    ),
    allOf: [
      when(whereIs('urn', MILLRACE_ENVIRONMENT.node), {
        properties: { payload: object({ millraceVersion: TEXT }, { bundle: SHA256, export: NAME }) },
        required: ['payload'],
      }),
    ],
  },
  pcollection: object({
    uniqueName: NAME,
    coderId: ID,
    isBounded: oneOf('BOUNDED', 'UNBOUNDED'),
    windowingStrategyId: ID,
  }),
};

/** How many component coders the standard coders have. */
function componentsOfCoders(): { readonly [urn: string]: number } {
  const c = BEAM_CODER;
  const none = [c.bytes, c.stringUtf8, c.bool, c.varint, c.double, c.intervalWindow, c.globalWindow];
  const one = [c.iterable, c.stateBackedIterable, c.lengthPrefix, c.customWindow, c.shardedKey, c.nullable];
  const two = [c.kv, c.timer, c.windowedValue, c.paramWindowedValue];
  return Object.fromEntries([none, one, two].flatMap((urns, count) => urns.map((urn) => [urn, count])));
}
