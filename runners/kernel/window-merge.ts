import type { BoundedWindow } from '../../sdk/model/index.js';

/** Says which windows of a key become one. */
export interface WindowMerger {
  /**
   * Given all windows of a key in order of their start, answers those that become others: each group of at least one
   * window, and what it becomes. Windows that stay as they are need not be named.
   */
  merge(
    windows: readonly BoundedWindow[],
  ): readonly { readonly from: readonly BoundedWindow[]; readonly to: BoundedWindow }[];
}
