import { MAIN_TAG } from '../../model/plan.js';
import { BEAM_TRANSFORM, MILLRACE_DO_FN } from '../../model/urns.js';
import { functionEntry } from '../function-table.js';
import type { CollectionNode } from '../graph.js';
import { codedLike, parDo } from './par-do.js';

/** Beam's composite. A runner that knows its URN redistributes the elements; for others it holds a step without effect. */
export function reshuffle(
  input: CollectionNode,
  name: string | undefined,
  urn: string = BEAM_TRANSFORM.reshuffle,
): CollectionNode {
  const { graph } = input;
  return graph.step('Reshuffle', name, (step) => {
    graph.connect(step, MAIN_TAG, input);
    step.spec = () => ({ urn });
    const fn = functionEntry((element: unknown) => element);
    const output = codedLike(input);
    const { main } = parDo({ input, automaticName: 'Pass', name: undefined, urn: MILLRACE_DO_FN.map, fn, output });
    input.passedOnBy.push(step);
    step.outputs.set(MAIN_TAG, main);
    return main;
  });
}
