import {
  type BoundedWindow,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type PaneInfo,
} from '../../sdk/model/index.js';

/** True for the window that holds all of time, which names of files and keys leave out. */
export function isGlobal(window: BoundedWindow): boolean {
  return window.start <= MIN_TIMESTAMP && window.maxTimestamp >= GLOBAL_WINDOW_MAX_TIMESTAMP;
}

/** A text that two windows share exactly if they have the same bounds. */
export function windowKey(window: BoundedWindow): string {
  return isGlobal(window) ? 'global' : `${window.start}/${window.end}`;
}

/**
 * `words-00000-of-00003.txt`; with a window `words-20260101T000000.000Z--20260101T000010.000Z-00000-of-00001.txt`
 * (ISO 8601's basic form, because colons are not allowed in names everywhere), and with `-pane-2` behind the window for
 * every firing after its first, which would else overwrite it.
 */
export function shardName(
  base: string,
  suffix: string,
  window: BoundedWindow,
  pane: PaneInfo,
  shard: number,
  shards: number,
): string {
  const time = isGlobal(window) ? '' : `-${instant(window.start)}--${instant(window.end)}`;
  const firing = pane.index > 0 ? `-pane-${pane.index}` : '';
  return `${base}${time}${firing}-${digits(shard)}-of-${digits(shards)}${suffix}`;
}

function digits(n: number): string {
  return String(n).padStart(5, '0');
}

/** Times that a calendar cannot show (custom windows at the ends of time) are written as milliseconds. */
function instant(timestamp: number): string {
  const date = new Date(timestamp);
  if (Number.isNaN(date.getTime())) return `${timestamp}ms`;
  return date
    .toISOString()
    .replace(/:/g, '')
    .replace(/(\d)-(?=\d\d)/g, '$1');
}
