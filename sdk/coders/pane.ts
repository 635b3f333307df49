import type { ByteSink, ByteSource } from '../model/coder.js';
import { NO_FIRING_PANE, ON_TIME_AND_ONLY_PANE, type PaneInfo, type PaneTiming } from '../model/window.js';
import { CODER_ERROR, coderError } from './errors.js';

/*
 * A pane's byte: bit 0 first, bit 1 last, bits 2 and 3 timing, bits 4 to 7 how many indices follow as varints.
 * None: both are 0 (or unknown). One: they are equal (or the pane is early, whose second index is -1). Else two.
 */
const TIMINGS: readonly PaneTiming[] = ['EARLY', 'ON_TIME', 'LATE', 'UNKNOWN'];

/** The panes without an index, by their byte. */
const PLAIN: readonly PaneInfo[] = Array.from({ length: 16 }, (_, byte) => {
  if (byte === 0x0f) return NO_FIRING_PANE;
  if (byte === 0x07) return ON_TIME_AND_ONLY_PANE;
  return Object.freeze(paneOf(byte, 0));
});

function paneOf(flags: number, index: number): PaneInfo {
  const timing = TIMINGS[(flags >> 2) & 3]!;
  return {
    timing,
    isFirst: (flags & 1) !== 0,
    isLast: (flags & 2) !== 0,
    index,
    nonSpeculativeIndex: timing === 'EARLY' ? -1 : index,
  };
}

export function writePane(to: ByteSink, pane: PaneInfo): void {
  if (pane === NO_FIRING_PANE) {
    to.byte(0x0f);
    return;
  }
  const { timing, index, nonSpeculativeIndex } = pane;
  const flags = (pane.isFirst ? 1 : 0) | (pane.isLast ? 2 : 0) | (TIMINGS.indexOf(timing) << 2);
  if (timing === 'UNKNOWN' || (index === 0 && nonSpeculativeIndex === 0)) to.byte(flags);
  else if (timing === 'EARLY' || index === nonSpeculativeIndex) {
    to.byte(flags | 0x10);
    to.varint(index);
  } else {
    to.byte(flags | 0x20);
    to.varint(index);
    to.varint(nonSpeculativeIndex);
  }
}

export function readPane(from: ByteSource): PaneInfo {
  const byte = from.byte();
  const flags = byte & 0x0f;
  switch (byte >> 4) {
    case 0:
      return PLAIN[flags]!;
    case 1:
      return paneOf(flags, from.varint());
    case 2: {
      const index = from.varint();
      return { ...paneOf(flags, index), nonSpeculativeIndex: from.varint() };
    }
    default:
      throw coderError(CODER_ERROR.malformed, `0x${byte.toString(16)} is no pane's byte`);
  }
}
