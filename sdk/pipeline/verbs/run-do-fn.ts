import type { Coder } from '../../model/coder.js';
import type { DoFn, OutputTag } from '../../model/do-fn.js';
import { MILLRACE_DO_FN } from '../../model/urns.js';
import { factoryEntry } from '../function-table.js';
import type { CollectionNode, StepNode } from '../graph.js';
import type { HintOptions } from '../resource-hints.js';
import { declaredPayload, isStateful, type ParDoDeclarations } from './declare.js';
import { kvCodersOf } from './keyed.js';
import { codedAsKv } from './kv-coding.js';
import { coded, parDo } from './par-do.js';
import { connectSideInputs } from './side-inputs.js';

export interface ParDoOptions extends ParDoDeclarations, HintOptions {
  readonly outputs?: readonly OutputTag<unknown>[];
  readonly coder?: Coder<never>;
}

/** A ParDo of a DoFn object. Of one that declares something an instance is made while the plan is built, to look at it. */
export function runDoFn(
  elements: CollectionNode,
  name: string | undefined,
  factory: () => DoFn<never, unknown>,
  options: ParDoOptions,
): { readonly step: StepNode; readonly main: CollectionNode } {
  const stateful = isStateful(options);
  const input = stateful ? codedAsKv(elements) : elements;
  const declares = stateful || options.requiresStableInput === true || options.requestsFinalization === true;
  let payload: ReturnType<typeof declaredPayload> | undefined;
  let sideInputs: ReturnType<typeof connectSideInputs> | undefined;
  return parDo({
    input,
    automaticName: 'ParDo',
    name,
    urn: MILLRACE_DO_FN.doFn,
    fn: factoryEntry(factory),
    output: coded(options.coder),
    tags: options.outputs ?? [],
    resourceHints: options.resourceHints,
    check: (step) => {
      if (stateful) kvCodersOf(input, step);
      if (options.sideInputs !== undefined) sideInputs = connectSideInputs(step, input, options.sideInputs);
      if (declares) payload = declaredPayload(options, factory(), step);
    },
    parDoPayload: (context) => ({ ...payload?.(context), ...sideInputs?.() }),
  });
}
