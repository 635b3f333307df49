import type { PaneInfo, PaneTiming } from '../../sdk/model/index.js';

/** Numbers the panes of a window: some early ones, at most one on time, then late ones. */
export class PaneCounter {
  /** Panes so far, and those of them that were not early. */
  count = 0;
  notEarly = 0;
  /** A pane of this window was on time or late: those that follow are late. */
  wasDue = false;

  /** The pane that comes now, if it is emitted. */
  next(when: PaneTiming, isLast: boolean): PaneInfo {
    const timing = this.wasDue ? 'LATE' : when;
    const nonSpeculativeIndex = timing === 'EARLY' ? -1 : this.notEarly;
    return { timing, isFirst: this.count === 0, isLast, index: this.count, nonSpeculativeIndex };
  }

  /** It was emitted. */
  keep({ timing }: PaneInfo): void {
    this.count++;
    if (timing === 'EARLY') return;
    this.notEarly++;
    this.wasDue = true;
  }

  /** The window has become another, together with those of `others`: it has an end of its own, its panes go on after theirs. */
  merge(others: readonly PaneCounter[]): void {
    for (const other of others) {
      this.count = Math.max(this.count, other.count);
      this.notEarly = Math.max(this.notEarly, other.notEarly);
    }
    this.wasDue = false;
  }
}
