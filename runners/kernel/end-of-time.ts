import { GLOBAL_WINDOW_MAX_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';

/**
 * No window reaches beyond the end of the global one, where the last watermark would not pass it; what is later still
 * stands in the last windows.
 */
export const END_OF_TIME: Timestamp = GLOBAL_WINDOW_MAX_TIMESTAMP;
/** Doubles are two apart there. */
export const LAST_INSTANT: Timestamp = END_OF_TIME - 2;

export const inTime = (timestamp: Timestamp): Timestamp => Math.min(timestamp, LAST_INSTANT);
export const endInTime = (end: Timestamp): Timestamp => Math.min(end, END_OF_TIME);
/** Up to which timestamp windows are the same whose end this is. */
export const untilOf = (end: Timestamp): Timestamp => (end === END_OF_TIME ? Number.POSITIVE_INFINITY : end);
