import type { DoFn, ProcessContext } from '../model/do-fn.js';
import type { SideInput } from '../model/side-input.js';
import type { PCollection } from '../pipeline/pcollection.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import type { PTransform } from '../pipeline/ptransform.js';
import { asIterable } from '../pipeline/side-inputs.js';

/**
 * Lets an element pass when all signals are complete in its window: nothing more comes of them there. What they consist
 * of does not matter, and none of it is kept.
 *
 * `rows.apply(waitOn(tables))`: the rows go on when the last table of their window is made.
 */
export function waitOn<T>(...signals: readonly PCollection<unknown>[]): PTransform<PCollection<T>, PCollection<T>> {
  if (signals.length === 0) throw planError(PLAN_ERROR.argument, 'there is no signal to wait on');
  return {
    name: 'WaitOn',
    expand: (input) => {
      const sideInputs = Object.fromEntries(
        signals.map((signal, i) => [`signal_${i}`, asIterable(signal.filter(`Signal ${i}`, () => false))]),
      );
      return input.parDo('Wait', () => new Pass<T>(), { sideInputs } satisfies Signals);
    },
  };
}

interface Signals {
  readonly sideInputs: Readonly<Record<string, SideInput<Iterable<unknown>>>>;
}

class Pass<T> implements DoFn<T, T, Signals> {
  process(element: T, context: ProcessContext<T, Signals>): void {
    context.output(element);
  }
}
