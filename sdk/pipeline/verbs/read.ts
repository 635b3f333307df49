import type { Coder } from '../../model/coder.js';
import type { OutputTag } from '../../model/do-fn.js';
import type { SplittableDoFn } from '../../model/splittable.js';
import { MILLRACE_DO_FN, REQUIREMENT } from '../../model/urns.js';
import { factoryEntry } from '../function-table.js';
import type { CollectionNode, StepNode } from '../graph.js';
import type { HintOptions } from '../resource-hints.js';
import { coded, parDo } from './par-do.js';

/** A splittable ParDo. The factory runs once while the plan is built, to see whether the source ends. */
export function read<I, O, R, P>(
  input: CollectionNode,
  name: string | undefined,
  factory: () => SplittableDoFn<I, O, R, P>,
  options: { readonly coder?: Coder<O>; readonly outputs?: readonly OutputTag<unknown>[] } & HintOptions,
): { readonly step: StepNode; readonly main: CollectionNode } {
  const { isBounded, restrictionCoder, requestsFinalization = false, readersStayOpen = false } = factory();
  return parDo({
    input,
    automaticName: 'Read',
    name,
    urn: MILLRACE_DO_FN.splittable,
    fn: factoryEntry(factory),
    output: coded(options.coder),
    tags: options.outputs ?? [],
    resourceHints: options.resourceHints,
    isBounded: input.isBounded && isBounded,
    doFnPayload: { isBounded, ...(readersStayOpen && { readersStayOpen }) },
    parDoPayload: (context) => {
      context.require(REQUIREMENT.splittableDoFn);
      if (requestsFinalization) context.require(REQUIREMENT.finalization);
      return {
        restrictionCoderId: context.coderId(restrictionCoder),
        ...(requestsFinalization && { requestsFinalization }),
      };
    },
  });
}
