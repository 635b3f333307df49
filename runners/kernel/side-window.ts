import {
  BEAM_WINDOW_FN,
  type BoundedWindow,
  type FunctionSpec,
  GlobalWindow,
  MillraceError,
  type Plan,
} from '../../sdk/model/index.js';
import { CustomWindows, isCustomWindowFn } from './custom-windows.js';
import type { KernelHost } from './step.js';
import { windowAssigner } from './window-assign.js';

/** Says which window of a side input belongs to a window of the main input. */
export interface SideWindowMapping {
  map(main: BoundedWindow): BoundedWindow;
  /** How far the end of a main window may lie behind that of the side window that it is mapped to. */
  readonly maximumLookbackMs: number;
}

const GLOBAL: SideWindowMapping = { map: () => GlobalWindow.INSTANCE, maximumLookbackMs: 0 };

/** As the author's function says. */
function customMapping(
  windowFn: FunctionSpec,
  host: Pick<KernelHost, 'resolver'> | undefined,
  plan: Plan | undefined,
): SideWindowMapping {
  if (host === undefined) throw new Error('a host is needed to find the function of custom windows');
  const windows = CustomWindows.of(windowFn, host, plan);
  return { maximumLookbackMs: windows.lookbackMs, map: (main) => windows.sideInputWindow(main) };
}

/** By the last instant of the main window; where several windows of the side input hold it, the earliest of them. */
export function sideWindowMapping(
  windowFn: FunctionSpec,
  host?: Pick<KernelHost, 'resolver'>,
  plan?: Plan,
): SideWindowMapping {
  if (windowFn.urn === BEAM_WINDOW_FN.global) return GLOBAL;
  if (isCustomWindowFn(windowFn)) return customMapping(windowFn, host, plan);
  const assigner = windowAssigner(windowFn);
  return {
    maximumLookbackMs: 0,
    map(main) {
      const windows = assigner.assign(main.maxTimestamp);
      if (!Array.isArray(windows)) return windows as BoundedWindow;
      let earliest: BoundedWindow | undefined;
      for (const window of windows as readonly BoundedWindow[])
        if (earliest === undefined || window.start < earliest.start) earliest = window;
      if (earliest === undefined)
        throw new MillraceError(
          'SIDE_INPUT_NO_WINDOW',
          'plan',
          `no window of the side input holds the instant ${main.maxTimestamp}, the last of a window of the main input`,
        );
      return earliest;
    },
  };
}
