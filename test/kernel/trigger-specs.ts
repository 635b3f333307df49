import type { TriggerSpec } from 'millrace';

/** Triggers as they stand in a plan, by short names. */

export const count = (n: number): TriggerSpec => ({ kind: 'elementCount', count: n });
export const repeat = (subtrigger: TriggerSpec): TriggerSpec => ({ kind: 'repeat', subtrigger });
export const delay = (delayMs: number): TriggerSpec => ({
  kind: 'afterProcessingTime',
  timestampTransforms: [{ kind: 'delay', delayMs }],
});
export const atEnd = (earlyFirings?: TriggerSpec, lateFirings?: TriggerSpec): TriggerSpec => ({
  kind: 'afterEndOfWindow',
  ...(earlyFirings !== undefined && { earlyFirings }),
  ...(lateFirings !== undefined && { lateFirings }),
});
