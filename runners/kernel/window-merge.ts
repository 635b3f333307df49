import {
  BEAM_WINDOW_FN,
  type BoundedWindow,
  type FunctionSpec,
  IntervalWindow,
  type MergedWindows,
  MillraceError,
  sameWindow,
} from '../../sdk/model/index.js';
import { CustomWindows, isCustomWindowFn } from './custom-windows.js';
import { functionError, previewElement } from './function-error.js';
import type { KernelHost } from './step.js';

/** Says which windows of a key become one. */
export interface WindowMerger {
  /**
   * Given all windows of a key in order of their start, answers those that become others: each group of at least one
   * window, and what it becomes. Windows that stay as they are need not be named.
   */
  merge(windows: readonly BoundedWindow[]): readonly MergedWindows[];
  /** Whether only windows that have an instant in common become one, so that the others need not be given. */
  readonly joinsOnlyIntersecting: boolean;
}

/** The merger of a windowing that merges: sessions, or a function of the author's with `merge`. */
export function windowMerger(windowFn: FunctionSpec, host: Pick<KernelHost, 'resolver'>): WindowMerger {
  if (windowFn.urn === BEAM_WINDOW_FN.session) return { merge: mergeIntersecting, joinsOnlyIntersecting: true };
  if (isCustomWindowFn(windowFn)) return new CustomMerger(CustomWindows.of(windowFn, host));
  throw new MillraceError('WINDOW_FN_UNKNOWN', 'plan', `windows of ${windowFn.urn} do not merge`);
}

/** Windows that have an instant in common become one; those that only touch do not. */
function mergeIntersecting(windows: readonly BoundedWindow[]): readonly MergedWindows[] {
  const merged: MergedWindows[] = [];
  for (let i = 0; i < windows.length; ) {
    const from = [windows[i]!];
    const { start } = from[0]!;
    let { end } = from[0]!;
    for (i++; i < windows.length && windows[i]!.start < end; i++) {
      from.push(windows[i]!);
      if (windows[i]!.end > end) end = windows[i]!.end;
    }
    if (from.length > 1) merged.push({ from, to: new IntervalWindow(start, end) });
  }
  return merged;
}

/** What the author's function answers, if it can be: state would be lost or doubled otherwise. */
class CustomMerger implements WindowMerger {
  readonly joinsOnlyIntersecting = false;

  constructor(private readonly custom: CustomWindows) {}

  merge(given: readonly BoundedWindow[]): readonly MergedWindows[] {
    // A window that is new may be one that there is already.
    const windows = given.filter((window, i) => given.findIndex((each) => sameWindow(each, window)) === i);
    const answer = this.custom.merge(windows);
    try {
      return this.checked(answer, windows);
    } catch (error) {
      throw functionError(error, this.custom.step);
    }
  }

  private checked(answer: unknown, windows: readonly BoundedWindow[]): readonly MergedWindows[] {
    if (!Array.isArray(answer))
      throw mergeError(`answered ${previewElement(answer)} instead of a list of { from, to }`);
    /** The group that a window is in. */
    const groupOf = new Map<BoundedWindow, MergedWindows>();
    const groups = (answer as readonly Partial<MergedWindows>[]).map((group): MergedWindows => {
      if (!Array.isArray(group?.from) || group.from.length === 0)
        throw mergeError(`answered ${previewElement(group)} instead of { from: […], to }`);
      const to = this.custom.checked(group.to);
      const from = (group.from as readonly BoundedWindow[]).map((window) => known(window, windows));
      const checked = { from, to };
      for (const window of from) {
        if (groupOf.has(window)) throw mergeError(`named the window ${show(window)} twice`);
        if (window.start < to.start || window.end > to.end)
          throw mergeError(`merged ${show(window)} into ${show(to)}, which does not cover it`);
        groupOf.set(window, checked);
      }
      return checked;
    });
    const results = groups.map(({ to }) => to);
    for (const [i, group] of groups.entries()) {
      const taken = windows.find((window) => sameWindow(window, group.to) && groupOf.get(window) !== group);
      if (taken !== undefined && groupOf.get(taken) === undefined)
        throw mergeError(`merged windows into ${show(taken)}, which is there already and in no group`);
      if (results.findIndex((to) => sameWindow(to, group.to)) !== i)
        throw mergeError(`merged two groups into ${show(group.to)}`);
    }
    // A group of a window that stays as it is says nothing.
    return groups.filter(({ from, to }) => from.length > 1 || !sameWindow(from[0]!, to));
  }
}

function known(window: BoundedWindow, windows: readonly BoundedWindow[]): BoundedWindow {
  const found =
    typeof window === 'object' && window !== null ? windows.find((each) => sameWindow(each, window)) : undefined;
  if (found === undefined) throw mergeError(`named the window ${show(window)}, which the key does not have`);
  return found;
}

function show(window: BoundedWindow): string {
  if (typeof window !== 'object' || window === null) return previewElement(window);
  return `[${window.start}, ${window.end})${window.id === undefined ? '' : ` '${window.id}'`}`;
}

function mergeError(summary: string): MillraceError {
  return new MillraceError('WINDOW_MERGE_INVALID', 'function', `the window function's merge ${summary}`, {
    hint: 'groups are of windows that it was given, each in one group at most, and each becomes a window that covers them',
  });
}
