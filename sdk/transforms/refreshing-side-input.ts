import { valueCoder } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import type { AsyncFn } from '../model/do-fn.js';
import type { SideInput } from '../model/side-input.js';
import type { DurationMs } from '../model/time.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { asSingleton } from '../pipeline/side-inputs.js';
import { globalWindow } from '../pipeline/window-fns.js';
import { NO_END } from './offset-range.js';
import { RefreshingSource } from './refreshing-source.js';

export interface RefreshingOptions<T> {
  /** After so many loads the value stays as it is, and the pipeline may end; it is loaded for ever, when absent. */
  readonly times?: number;
  /** Calls for one load, the first one included: what failed is tried again at the next `retryDelay`. 3 when absent. */
  readonly attempts?: number;
  /** Between two calls for one load; a second, when absent. */
  readonly retryDelay?: DurationMs;
  /**
   * What becomes of a load whose last attempt has failed: the pipeline fails with its error (when absent), or the value
   * stays as it was, with a warning. The first load has no value to keep: it always fails.
   */
  readonly onFailure?: 'fail' | 'keep';
  /** How the value is encoded where it leaves a thread; losslessly, when absent. */
  readonly coder?: Coder<T>;
}

/**
 * A value that is loaded at the start, and again every `interval` by the clock: a slowly changing side input of anything
 * that stands in any windows. `load` gets the number of the load, from 0 on, and the signal that is aborted when the
 * pipeline ends.
 *
 * `const rates = p.apply('Rates', refreshingSideInput(minutes(5), () => fetchRates()))`
 *
 * Elements wait for the first load, and never for a later one: they see the value whose load was finished last. One load
 * runs at a time; where it takes longer than the interval, the next one begins when it is done. The loads go on for as
 * long as the pipeline runs, so that a pipeline with bounded input does not end by itself: give `times`, or drain it.
 */
export function refreshingSideInput<T>(
  interval: DurationMs,
  load: AsyncFn<number, T>,
  options: RefreshingOptions<T> = {},
): PTransform<Pipeline, SideInput<T>> {
  const { times = NO_END, attempts = 3, retryDelay = 1_000, onFailure = 'fail', coder } = options;
  checkCount('interval', interval);
  checkCount('times', times);
  checkCount('attempts', attempts);
  checkCount('retryDelay', retryDelay);
  const spec = { interval, times, attempts, retryDelay, keep: onFailure === 'keep' };
  return {
    name: 'RefreshingSideInput',
    expand: (pipeline) => {
      const loaded = pipeline
        .read('Load', () => new RefreshingSource(load), spec, { coder: coder ?? valueCoder<T>() })
        .windowInto('Global', globalWindow(), {
          trigger: { kind: 'repeat', subtrigger: { kind: 'elementCount', count: 1 } },
          accumulation: 'discarding',
          // Else there would be nothing to see once the last load is over.
          onTimeBehavior: 'FIRE_IF_NONEMPTY',
        });
      return asSingleton(loaded);
    },
  };
}

function checkCount(name: string, given: number): void {
  if (!Number.isSafeInteger(given) || given < 1)
    throw planError(PLAN_ERROR.argument, `${name} is ${given}, not a whole number from 1 on`);
}
