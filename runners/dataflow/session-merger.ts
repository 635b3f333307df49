import { type BoundedWindow, IntervalWindow } from '../../sdk/model/index.js';
import type { WindowMerger } from '../kernel/index.js';

/** Sessions: windows that overlap are one. Those that only touch stay apart. */
export const sessionMerger: WindowMerger = {
  joinsOnlyIntersecting: true,
  merge(windows) {
    const groups: { from: BoundedWindow[]; to: BoundedWindow }[] = [];
    let from: BoundedWindow[] = [];
    let end = Number.NEGATIVE_INFINITY;
    const close = (): void => {
      if (from.length > 1) groups.push({ from, to: new IntervalWindow(from[0]!.start, end) });
    };
    for (const window of windows) {
      if (window.start >= end) {
        close();
        from = [];
      }
      from.push(window);
      end = Math.max(end, window.end);
    }
    close();
    return groups;
  },
};
