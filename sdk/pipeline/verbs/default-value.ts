import type { KV } from '../../model/coder.js';
import type { CombineFn } from '../../model/do-fn.js';
import { BEAM_WINDOW_FN } from '../../model/urns.js';
import type { CollectionNode, StepNode } from '../graph.js';
import type { PCollection } from '../pcollection.js';
import { PLAN_ERROR, planError } from '../plan-error.js';

/** Nothing can stand for an empty window but where there is one window, and one result. */
export function checkThatDefaultStands({ isBounded, windowing }: CollectionNode, step: StepNode): void {
  if (isBounded && windowing.windowFn.spec.urn === BEAM_WINDOW_FN.global && windowing.trigger.kind === 'default')
    return;
  throw planError(
    PLAN_ERROR.argument,
    'defaultValue needs bounded input in the global window with the default trigger: elsewhere nobody knows which windows are empty',
    { step: step.fullName, source: step.source, hint: 'leave it out, or combine before windowInto' },
  );
}

/**
 * Beside the one result, or none, stands a list of nothing; what is grouped then holds the result or not. This takes no
 * side input, which not every engine has.
 */
export function withDefault<O>(combined: PCollection<KV<null, O>>, fn: CombineFn<never, unknown, O>): PCollection<O> {
  const results = combined.map('Some', ({ value }): KV<null, readonly O[]> => ({ key: null, value: [value] }));
  const none = combined.pipeline.create('None', [{ key: null, value: [] as readonly O[] }]);
  return results
    .flatten('Either', none)
    .groupByKey('Together')
    .map('Default', ({ value }): O => {
      const [found] = [...value].find((list) => list.length > 0) ?? [fn.extractOutput(fn.createAccumulator())];
      return found as O;
    });
}
