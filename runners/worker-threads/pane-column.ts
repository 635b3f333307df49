import type { ByteSink, ByteSource } from '../../sdk/model/coder.js';
import { NO_FIRING_PANE, ON_TIME_AND_ONLY_PANE, type PaneInfo, type PaneTiming } from '../../sdk/model/window.js';

const NO_FIRING = 0;
const ON_TIME_AND_ONLY = 1;
const OTHER = 2;
const TIMINGS: readonly PaneTiming[] = ['EARLY', 'ON_TIME', 'LATE', 'UNKNOWN'];

/** The two panes that nearly every element has take a byte, and come back as the constants that they are. */
export function writePane(pane: PaneInfo, to: ByteSink): void {
  if (pane === NO_FIRING_PANE) to.byte(NO_FIRING);
  else if (pane === ON_TIME_AND_ONLY_PANE) to.byte(ON_TIME_AND_ONLY);
  else {
    to.byte(OTHER);
    to.byte(TIMINGS.indexOf(pane.timing) * 4 + (pane.isFirst ? 2 : 0) + (pane.isLast ? 1 : 0));
    to.varint(pane.index);
    to.varint(pane.nonSpeculativeIndex);
  }
}

export function readPane(from: ByteSource): PaneInfo {
  const kind = from.byte();
  if (kind === NO_FIRING) return NO_FIRING_PANE;
  if (kind === ON_TIME_AND_ONLY) return ON_TIME_AND_ONLY_PANE;
  const flags = from.byte();
  return {
    timing: TIMINGS[flags >> 2] as PaneTiming,
    isFirst: (flags & 2) !== 0,
    isLast: (flags & 1) !== 0,
    index: from.varint(),
    nonSpeculativeIndex: from.varint(),
  };
}
