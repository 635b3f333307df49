import { MAIN_TAG } from '../../model/plan.js';
import type { CollectionNode, StepNode } from '../graph.js';
import type { PCollection } from '../pcollection.js';
import type { Pipeline } from '../pipeline.js';
import { PCOLLECTION, PIPELINE } from '../plan-nodes.js';

/** Runs `expand` under a step of its own; what it returns are the outputs of that step. */
export function composite<In extends Pipeline | PCollection<unknown>, Out>(
  automaticName: string,
  name: string | undefined,
  input: In,
  expand: (input: In, step: StepNode) => Out,
): Out {
  const node = nodeOf(input);
  const graph = node?.graph ?? (input as Pipeline)[PIPELINE];
  return graph.step(automaticName, name, (step) => {
    if (node !== undefined) graph.connect(step, MAIN_TAG, node);
    const result = expand(input, step);
    nameOutputs(step, result);
    return result;
  });
}

function nodeOf(value: unknown): CollectionNode | undefined {
  return typeof value === 'object' && value !== null && PCOLLECTION in value
    ? (value as PCollection<unknown>)[PCOLLECTION]
    : undefined;
}

function nameOutputs(step: StepNode, result: unknown): void {
  const single = nodeOf(result);
  const named: readonly (readonly [string, CollectionNode | undefined])[] =
    single !== undefined
      ? [[MAIN_TAG, single]]
      : typeof result === 'object' && result !== null
        ? Object.entries(result).map(([tag, value]) => [tag, nodeOf(value)] as const)
        : [];
  // What a composite only hands through is no output of its own.
  for (const [tag, node] of named) if (node?.producer.isInside(step)) step.outputs.set(tag, node);
}
