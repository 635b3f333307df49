import { MAIN_TAG } from '../../model/plan.js';
import { BEAM_TRANSFORM } from '../../model/urns.js';
import { asJson } from '../as-json.js';
import type { CollectionNode } from '../graph.js';
import type { WindowFnDescriptor } from '../window-fns.js';
import { rewindowed, type WindowOptions } from '../windowing.js';
import { codedLike } from './par-do.js';

export function windowInto(
  input: CollectionNode,
  name: string | undefined,
  windowFn: WindowFnDescriptor<never>,
  options: WindowOptions,
): CollectionNode {
  const { graph } = input;
  return graph.step('WindowInto', name, (step) => {
    graph.connect(step, MAIN_TAG, input);
    input.passedOnBy.push(step);
    step.needsEnvironment = true;
    step.spec = (context) => ({
      urn: BEAM_TRANSFORM.windowInto,
      payload: asJson({ windowFn: context.windowFn(step, windowFn) }),
    });
    const windowing = rewindowed(input.windowing, windowFn, options);
    return step.addOutput(graph, MAIN_TAG, { isBounded: input.isBounded, windowing, ...codedLike(input) });
  });
}
