import type { WindowFn } from '../model/do-fn.js';
import { BEAM_CODER, MILLRACE_WINDOW_FN } from '../model/urns.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import type { WindowFnDescriptor } from './window-fns.js';

/**
 * Windows by a function of one's own. It takes a factory, because every task gets an instance; one is made while the
 * pipeline is built, to see what it can do. Give what is made here, not another one, to all that are to be flattened.
 */
export function customWindows<T>(factory: () => WindowFn<T>): WindowFnDescriptor<T> {
  const sample = typeof factory === 'function' ? (factory() as Partial<WindowFn<T>> | undefined) : undefined;
  if (typeof sample?.assign !== 'function')
    throw planError(PLAN_ERROR.windowing, 'custom windows need a factory of an object with `assign`', {
      hint: 'customWindows(() => new MyWindowFn())',
    });
  return {
    spec: { urn: MILLRACE_WINDOW_FN.custom },
    factory,
    isMerging: sample.merge !== undefined,
    assignsToOneWindow: sample.assignsToOneWindow === true,
    windowCoderUrn: sample.ownWindows === true ? BEAM_CODER.customWindow : BEAM_CODER.intervalWindow,
    ...(sample.sideInputWindow === undefined && { hidesSideInputs: true }),
  };
}
