import { BEAM_WINDOW_FN, type TriggerSpec, type WindowingStrategySpec } from '../../sdk/model/index.js';

/**
 * Whether every window fires when the watermark has passed its end, and again for what is late, with the end of the window
 * as timestamp: what the fast forms of grouping do, which keep no trigger state for a key.
 */
export function firesAtTheEnd(windowing: WindowingStrategySpec): boolean {
  const { trigger, outputTime, closingBehavior, allowedLatenessMs } = windowing;
  if (outputTime !== 'END_OF_WINDOW' || !hasFastWindows(windowing)) return false;
  // Where nothing may be late, a window ends at once with its only pane.
  if (allowedLatenessMs === 0) return isReadyAtTheEndOnly(trigger);
  return trigger.kind === 'default' && closingBehavior === 'EMIT_IF_NONEMPTY';
}

function hasFastWindows({ mergeStatus, windowFn }: WindowingStrategySpec): boolean {
  return mergeStatus !== 'NEEDS_MERGE' || windowFn.urn === BEAM_WINDOW_FN.session;
}

function isReadyAtTheEndOnly(trigger: TriggerSpec): boolean {
  switch (trigger.kind) {
    case 'default':
    case 'never':
      return true;
    case 'afterEndOfWindow':
      return trigger.earlyFirings === undefined;
    default:
      return false;
  }
}

/**
 * Whether values may be folded before they cross a channel. Not where a trigger counts elements or waits from when the first
 * of them came, nor where the timestamps of elements are asked for. Where late data is allowed, sessions that have fired may
 * grow again; that is for the one place where they are merged.
 */
export function canPrecombine(windowing: WindowingStrategySpec): boolean {
  const { trigger, outputTime, mergeStatus, windowFn, allowedLatenessMs } = windowing;
  if (outputTime !== 'END_OF_WINDOW' || !isReadyAtTheEndOnly(trigger)) return false;
  return mergeStatus !== 'NEEDS_MERGE' || (windowFn.urn === BEAM_WINDOW_FN.session && allowedLatenessMs === 0);
}
