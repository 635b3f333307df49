import { valueCoder } from '../../coders/index.js';
import { MAIN_TAG } from '../../model/plan.js';
import { BEAM_TRANSFORM } from '../../model/urns.js';
import { coderKey } from '../coder-key.js';
import type { CollectionNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { sameWindowing } from '../windowing.js';
import { recode } from './kv-coding.js';
import { codedLike } from './par-do.js';

export function flatten(inputs: readonly CollectionNode[], name: string | undefined): CollectionNode {
  const first = inputs[0];
  if (first === undefined) throw planError(PLAN_ERROR.argument, 'there is nothing to flatten: the list is empty');
  const isUniform = inputs.every((input) => coderKey(input.coder) === coderKey(first.coder));
  if (isUniform) return leaf(inputs, name);
  // A runner may join the inputs as bytes, so that they must be of one coder.
  return first.graph.step('Flatten', name, () => {
    const coder = valueCoder();
    const same = (input: CollectionNode) => coderKey(input.coder) === coderKey(coder);
    return leaf(
      inputs.map((input) => (same(input) ? input : recode(input, coder))),
      undefined,
    );
  });
}

function leaf(inputs: readonly CollectionNode[], name: string | undefined): CollectionNode {
  const first = inputs[0]!;
  const { graph } = first;
  return graph.step('Flatten', name, (step) => {
    inputs.forEach((input, i) => {
      graph.connect(step, String(i), input);
      input.passedOnBy.push(step);
      if (!sameWindowing(input.windowing, first.windowing))
        throw planError(
          PLAN_ERROR.windowing,
          `${first.producer.fullName} and ${input.producer.fullName} are windowed in different ways`,
          { step: step.fullName, source: step.source, hint: 'give both the same windowInto before they are flattened' },
        );
    });
    step.spec = () => ({ urn: BEAM_TRANSFORM.flatten });
    return step.addOutput(graph, MAIN_TAG, {
      isBounded: inputs.every((input) => input.isBounded),
      windowing: first.windowing,
      ...codedLike(...inputs),
    });
  });
}
