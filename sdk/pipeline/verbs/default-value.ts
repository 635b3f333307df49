import { boolCoder, deterministicValueCoder, kvCoder } from '../../coders/index.js';
import type { Coder, KV } from '../../model/coder.js';
import { BEAM_WINDOW_FN, MILLRACE_DO_FN } from '../../model/urns.js';
import { functionEntry, textHash } from '../function-table.js';
import type { CollectionNode, StepNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { DEFAULT_WINDOWING } from '../windowing.js';
import { flatten } from './flatten.js';
import { type CodedCombineFn, combinePerKey } from './keyed.js';
import { parDo } from './par-do.js';

/**
 * Whether what the function makes of nothing stands for an input that has nothing: where there is one window only, as nobody
 * knows which of the others are empty.
 */
export function defaultStands(
  { windowing }: CollectionNode,
  fn: CodedCombineFn<never, unknown, unknown>,
  asked: boolean | undefined,
  step: StepNode,
): boolean {
  if (asked === false) return false;
  const place = { step: step.fullName, source: step.source };
  const isGlobal = windowing.windowFn.spec.urn === BEAM_WINDOW_FN.global;
  if (asked === true && !isGlobal)
    throw planError(
      PLAN_ERROR.argument,
      'defaultValue needs input in the global window: in other windows nobody knows which of them are empty',
      {
        ...place,
        hint: 'leave it out, and nothing comes of empty windows; or see the result as asSingleton(…, { default: … })',
      },
    );
  const has = fn.hasDefault !== false;
  if (asked === true && !has)
    throw planError(PLAN_ERROR.argument, 'defaultValue needs a function that makes something of nothing', {
      ...place,
      hint: 'min, max and reduce choose among what there is: use a CombineFn that begins with a value',
    });
  return isGlobal && has;
}

/**
 * The results, and what is made of nothing where none of them comes: when the window ends. What goes on beside the results is
 * whether there was one. It is folded to a single bit, so that it keeps nothing of them and holds back neither time nor
 * commits. This takes no side input, which not every engine has under a trigger.
 */
export function withDefault(
  results: CollectionNode,
  none: CollectionNode,
  fn: CodedCombineFn<never, unknown, unknown>,
): CollectionNode {
  const some = parDo({
    input: results,
    automaticName: 'Some',
    name: undefined,
    urn: MILLRACE_DO_FN.map,
    fn: functionEntry(someResult),
    output: { coder: WHETHER, coderOrigin: 'declared' },
    windowing: DEFAULT_WINDOWING,
  }).main;
  const whether = combinePerKey(flatten([some, none], 'Either'), 'Whether', isSome, {
    isEndless: true,
    holdsNoEpoch: true,
  });
  const ofNothing = parDo({
    input: whether,
    automaticName: 'Default',
    name: undefined,
    urn: MILLRACE_DO_FN.flatMap,
    fn: { ...functionEntry(defaultOf(fn)), holds: textHash(functionEntry(fn)) },
    output: { coder: results.coder, coderOrigin: 'declared' },
    windowing: results.windowing,
  }).main;
  return flatten([results, ofNothing], 'Result');
}

/** How it is encoded whether there is a result. */
export const WHETHER: Coder<KV<null, boolean>> = kvCoder(
  deterministicValueCoder() as Coder<null>,
  boolCoder(),
) as Coder<KV<null, boolean>>;

const someResult = (): KV<null, boolean> => ({ key: null, value: true });

const defaultOf =
  (fn: CodedCombineFn<never, unknown, unknown>) =>
  ({ value: some }: KV<null, boolean>): KV<null, unknown>[] =>
    some ? [] : [{ key: null, value: fn.extractOutput(fn.createAccumulator()) }];

const isSome: CodedCombineFn<boolean, boolean, boolean> = {
  createAccumulator: () => false,
  addInput: (found, some) => found || some,
  mergeAccumulators: (a, b) => a || b,
  extractOutput: (found) => found,
  accumulatorCoder: boolCoder(),
  outputCoder: boolCoder(),
};
