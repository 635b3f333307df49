import { type BoundedWindow, GLOBAL_WINDOW_MAX_TIMESTAMP, type Timestamp } from '../../../sdk/model/index.js';

/** The last instant at which a window is there: what the watermark has to pass for its state to be given up. */
export function windowExpiry(window: BoundedWindow, allowedLatenessMs: number): Timestamp {
  return Math.min(window.maxTimestamp + allowedLatenessMs, GLOBAL_WINDOW_MAX_TIMESTAMP);
}
