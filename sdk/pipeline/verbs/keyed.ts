import { iterableCoder, kvCoder, valueCoder } from '../../coders/index.js';
import type { Coder } from '../../model/coder.js';
import type { CombineFn } from '../../model/do-fn.js';
import { MAIN_TAG } from '../../model/plan.js';
import { BEAM_TRANSFORM, BEAM_WINDOW_FN, HOLDS_NO_EPOCH, MILLRACE_COMBINE_FN } from '../../model/urns.js';
import { asJson } from '../as-json.js';
import { functionEntry } from '../function-table.js';
import type { CollectionNode, SpecContext, StepNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { callersLine } from '../source-line.js';
import { mayLoseData } from '../triggers.js';
import { afterGrouping } from '../windowing.js';
import { codedAsKv } from './kv-coding.js';

/** The slot of the function of a combine. */
const COMBINE_SLOT = 'combineFn';

/** A CombineFn that may say how its accumulators and results are encoded. */
export interface CodedCombineFn<I, A, O> extends CombineFn<I, A, O> {
  readonly accumulatorCoder?: Coder<A>;
  readonly outputCoder?: Coder<O>;
  /** False where no output can be made of no input, so that `combineGlobally` does not ask for it. */
  readonly hasDefault?: boolean;
}

/** One that can make no output of no input: it chooses among what there is. */
export interface ChoosingCombineFn<I, A, O> extends CodedCombineFn<I, A, O> {
  readonly hasDefault: false;
}

/** The coders of a KV's parts. */
export interface KvCoders {
  readonly key: Coder<unknown>;
  readonly value: Coder<unknown>;
}

export function groupByKey(
  elements: CollectionNode,
  name: string | undefined,
  options: GroupOptions = {},
): CollectionNode {
  const input = codedAsKv(elements);
  const { graph } = input;
  return graph.step('GroupByKey', name, (step) => {
    graph.connect(step, MAIN_TAG, input);
    if (options.isEndless !== true) checkThatGroupsEnd(input, step);
    step.spec = () => ({ urn: BEAM_TRANSFORM.groupByKey });
    const { key, value } = kvCodersOf(input, step);
    return step.addOutput(graph, MAIN_TAG, {
      isBounded: input.isBounded,
      windowing: afterGrouping(input.windowing),
      coder: kvCoder(key, iterableCoder(value)),
      coderOrigin: 'declared',
    });
  });
}

export interface GroupOptions {
  /** Set where it is meant that an unbounded input in the global window gives its groups only at its end. */
  readonly isEndless?: boolean;
}

export interface CombineOptions extends GroupOptions {
  /** What the step is called where it got no name. */
  readonly automaticName?: string;
  /** The digest of what the function is made of, where its text does not say it. */
  readonly holds?: string;
  /** Set where what is held is nothing that a source would have to read again: sources commit past it. */
  readonly holdsNoEpoch?: boolean;
}

export function combinePerKey(
  elements: CollectionNode,
  name: string | undefined,
  fn: CodedCombineFn<never, unknown, unknown>,
  options: CombineOptions = {},
): CollectionNode {
  const { automaticName = 'CombinePerKey', holds, holdsNoEpoch = false } = options;
  checkCombineFn(fn, name ?? automaticName);
  // Outside of the composite: engines that run it as a whole take pairs from its input.
  const input = codedAsKv(elements);
  const { graph } = input;
  return graph.step(automaticName, name, (step) => {
    graph.connect(step, MAIN_TAG, input);
    step.needsEnvironment = true;
    const entry = { ...functionEntry(fn), ...(holds !== undefined && { holds }) };
    // The leaf inside refers to the same function: it is entered once, under the composite's name.
    const spec = (urn: string) => (context: SpecContext) => ({
      urn,
      payload: {
        combineFn: {
          urn: MILLRACE_COMBINE_FN.combineFn,
          payload: { fn: asJson(context.ref(step, COMBINE_SLOT, entry)) },
        },
        accumulatorCoderId: context.coderId(fn.accumulatorCoder ?? valueCoder()),
      },
    });
    step.spec = spec(BEAM_TRANSFORM.combinePerKey);
    if (holdsNoEpoch) step.annotations[HOLDS_NO_EPOCH] = true;
    const grouped = groupByKey(input, 'GroupByKey', options);
    const combined = graph.step('CombineGroupedValues', undefined, (leaf) => {
      graph.connect(leaf, MAIN_TAG, grouped);
      leaf.needsEnvironment = true;
      leaf.spec = spec(BEAM_TRANSFORM.combineGroupedValues);
      const value = fn.outputCoder ?? valueCoder();
      return leaf.addOutput(graph, MAIN_TAG, {
        isBounded: grouped.isBounded,
        windowing: grouped.windowing,
        coder: kvCoder(grouped.coder.components[0]!, value),
        coderOrigin: 'declared',
      });
    });
    step.outputs.set(MAIN_TAG, combined);
    return combined;
  });
}

/** The coders of the keys and values of what is grouped. Keys are equal when their bytes are. */
export function kvCodersOf(input: CollectionNode, step: StepNode): KvCoders {
  const [key, value] = input.coder.components;
  if (key!.deterministic !== true)
    throw planError(
      PLAN_ERROR.keyCoder,
      `keys are equal when their bytes are, and ${key!.urn} is not deterministic: ${key!.deterministic}`,
      {
        step: step.fullName,
        source: step.source,
        hint: 'use a deterministic coder for the keys, such as stringUtf8Coder() or deterministicValueCoder()',
      },
    );
  return { key: key!, value: value! };
}

function checkCombineFn(fn: Partial<CodedCombineFn<never, unknown, unknown>>, step: string): void {
  if (typeof fn?.createAccumulator !== 'function')
    throw planError(
      PLAN_ERROR.argument,
      `${step} got ${typeof fn === 'object' ? 'an object' : `a ${typeof fn}`} that is no CombineFn`,
      {
        source: callersLine(),
        hint:
          typeof fn === 'function'
            ? 'call it: combinePerKey(sum())'
            : 'a CombineFn has createAccumulator, addInput, mergeAccumulators and extractOutput',
      },
    );
}

/** Groups are what side inputs are made of too: what is seen of them is complete when the group is. */
export function checkThatGroupsEnd(input: CollectionNode, step: StepNode, what = 'the input'): void {
  const { windowFn, trigger, allowedLatenessMs } = input.windowing;
  const place = { step: step.fullName, source: step.source };
  if (!input.isBounded && windowFn.spec.urn === BEAM_WINDOW_FN.global && trigger.kind === 'default')
    throw planError(
      PLAN_ERROR.unboundedGrouping,
      `${what} never ends and stands in the global window, so that no group would ever be complete`,
      { ...place, hint: 'put it into windows first: .windowInto(fixedWindows(seconds(10))), or give it a trigger' },
    );
  if (mayLoseData(trigger, allowedLatenessMs))
    throw planError(
      PLAN_ERROR.unsafeTrigger,
      `the trigger ${trigger.kind} can come to its end, and what arrives after that would be lost`,
      { ...place, hint: 'let it go on: repeatedly(…), or give it late firings: afterWatermark({ late: … })' },
    );
}
