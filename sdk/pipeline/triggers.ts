import type { TriggerSpec } from '../model/windowing.js';

/**
 * The trigger of what a GroupByKey puts out: what fired once upstream should flow on without waiting again
 * (Beam's continuation triggers).
 */
export function continuationTrigger(trigger: TriggerSpec): TriggerSpec {
  switch (trigger.kind) {
    case 'default':
    case 'always':
    case 'never':
    case 'afterSynchronizedProcessingTime':
      return trigger;
    case 'elementCount':
      return { kind: 'elementCount', count: 1 };
    case 'afterProcessingTime':
      return { kind: 'afterSynchronizedProcessingTime' };
    case 'afterEndOfWindow':
      return {
        kind: 'afterEndOfWindow',
        ...(trigger.earlyFirings !== undefined && { earlyFirings: continuationTrigger(trigger.earlyFirings) }),
        ...(trigger.lateFirings !== undefined && { lateFirings: continuationTrigger(trigger.lateFirings) }),
      };
    case 'afterAll':
    case 'afterAny':
      return { kind: trigger.kind, subtriggers: trigger.subtriggers.map(continuationTrigger) };
    case 'afterEach':
      return {
        kind: 'repeat',
        subtrigger: { kind: 'afterAny', subtriggers: trigger.subtriggers.map(continuationTrigger) },
      };
    case 'orFinally':
      return {
        kind: 'repeat',
        subtrigger: {
          kind: 'orFinally',
          main: continuationTrigger(trigger.main),
          finally: continuationTrigger(trigger.finally),
        },
      };
    case 'repeat':
      return { kind: 'repeat', subtrigger: continuationTrigger(trigger.subtrigger) };
  }
}

/** Whether a trigger may come to its end while data can still arrive, which would then be lost. */
export function mayLoseData(trigger: TriggerSpec, allowedLatenessMs: number): boolean {
  if (trigger.kind === 'never') return false;
  // After the end of the window nothing more comes where nothing may be late.
  if (trigger.kind === 'afterEndOfWindow' && allowedLatenessMs === 0) return false;
  return mayFinish(trigger);
}

function mayFinish(trigger: TriggerSpec): boolean {
  switch (trigger.kind) {
    case 'default':
    case 'always':
    case 'never':
    case 'repeat':
      return false;
    case 'elementCount':
    case 'afterProcessingTime':
    case 'afterSynchronizedProcessingTime':
      return true;
    case 'afterEndOfWindow':
      return trigger.lateFirings === undefined;
    case 'afterAll':
    case 'afterEach':
      return trigger.subtriggers.every(mayFinish);
    case 'afterAny':
      return trigger.subtriggers.some(mayFinish);
    case 'orFinally':
      return mayFinish(trigger.main) || mayFinish(trigger.finally);
  }
}
