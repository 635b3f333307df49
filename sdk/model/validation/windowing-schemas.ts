import type { JsonSchema } from './json-schema.js';
import { BOOLEAN, ID, integer, list, object, oneOf, ref, union } from './schema-parts.js';

const TRIGGER = ref('trigger');

/** How PCollections are windowed, and when groups fire. */
export const WINDOWING_SCHEMAS: { readonly [name: string]: JsonSchema } = {
  windowingStrategy: object(
    {
      windowFn: ref('windowFn'),
      mergeStatus: oneOf('NON_MERGING', 'NEEDS_MERGE', 'ALREADY_MERGED'),
      windowCoderId: ID,
      trigger: TRIGGER,
      accumulationMode: oneOf('DISCARDING', 'ACCUMULATING', 'RETRACTING'),
      outputTime: oneOf('END_OF_WINDOW', 'LATEST_IN_PANE', 'EARLIEST_IN_PANE'),
      closingBehavior: oneOf('EMIT_ALWAYS', 'EMIT_IF_NONEMPTY'),
      onTimeBehavior: oneOf('FIRE_ALWAYS', 'FIRE_IF_NONEMPTY'),
      allowedLatenessMs: { type: 'number', minimum: 0 },
      assignsToOneWindow: BOOLEAN,
    },
    { environmentId: ID },
  ),
  trigger: union('kind', {
    default: [{}],
    always: [{}],
    never: [{}],
    elementCount: [{ count: integer(1) }],
    afterEndOfWindow: [{}, { earlyFirings: TRIGGER, lateFirings: TRIGGER }],
    afterProcessingTime: [{ timestampTransforms: list(ref('timestampTransform')) }],
    afterSynchronizedProcessingTime: [{}],
    afterAll: [{ subtriggers: list(TRIGGER, { minItems: 1 }) }],
    afterAny: [{ subtriggers: list(TRIGGER, { minItems: 1 }) }],
    afterEach: [{ subtriggers: list(TRIGGER, { minItems: 1 }) }],
    orFinally: [{ main: TRIGGER, finally: TRIGGER }],
    repeat: [{ subtrigger: TRIGGER }],
  }),
  timestampTransform: union('kind', {
    delay: [{ delayMs: integer(0) }],
    alignTo: [{ periodMs: integer(1), offsetMs: integer(0) }],
  }),
};
