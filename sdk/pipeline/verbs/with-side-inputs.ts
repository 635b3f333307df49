import type { SideInputViews } from '../../model/declarations.js';
import type { DoFn, NoPromise, ProcessContext } from '../../model/do-fn.js';
import { MILLRACE_DO_FN } from '../../model/urns.js';
import { type FunctionEntry, factoryEntry, functionEntry, textHash } from '../function-table.js';
import type { CollectionNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';
import { codedLike, parDo } from './par-do.js';
import { connectSideInputs, type SideInputs } from './side-inputs.js';

/** What a verb for single elements is given where its function looks at side inputs too. */
export interface SideInputOptions<S extends SideInputs> {
  readonly sideInputs: S;
}

/** The views that a function gets as its second argument. */
export type Views<S extends SideInputs> = SideInputViews<{ readonly sideInputs: S }>;

type ElementFn = (element: unknown, views: object) => unknown;
type Declared = { readonly sideInputs: SideInputs };
type Verb = 'Map' | 'Filter' | 'FlatMap';

/** What each verb does with what the function answered. */
const EMIT: { readonly [V in Verb]: (result: unknown, element: unknown, context: ProcessContext<unknown>) => void } = {
  Map: (result, _, context) => context.output(result),
  Filter: (keep, element, context) => {
    if (keep) context.output(element);
  },
  FlatMap: (results, _, context) => {
    for (const result of results as Iterable<unknown>) context.output(result);
  },
};

/** A verb for single elements as a DoFn: only those see side inputs. */
class ElementWise implements DoFn<unknown, unknown, Declared> {
  readonly #fn: ElementFn;
  readonly #emit: (typeof EMIT)[Verb];

  constructor(verb: Verb, fn: ElementFn) {
    this.#fn = fn;
    this.#emit = EMIT[verb];
  }

  process(element: unknown, context: ProcessContext<unknown, Declared>): NoPromise {
    const result = this.#fn(element, context.sideInputs);
    // Whoever called sees the promise that nobody declared.
    if (result instanceof Promise) return result as unknown as undefined;
    this.#emit(result, element, context);
    return undefined;
  }
}

/** A map, filter or flatMap whose function is given the views of side inputs as its second argument. */
export function elementWise(
  verb: Verb,
  input: CollectionNode,
  name: string | undefined,
  fn: unknown,
  { sideInputs }: SideInputOptions<SideInputs>,
): CollectionNode {
  if (typeof sideInputs !== 'object' || sideInputs === null)
    throw planError(PLAN_ERROR.argument, 'the options name no side inputs', {
      hint: 'give them by tag: { sideInputs: { rates: asMap(rates) } }',
    });
  // The text of the factory is the same for all: what tells two functions apart is the author's own.
  const entry: FunctionEntry =
    typeof fn === 'function'
      ? { ...factoryEntry(() => new ElementWise(verb, fn as ElementFn)), holds: textHash(functionEntry(fn)) }
      : functionEntry(fn);
  let payload: ReturnType<typeof connectSideInputs> | undefined;
  return parDo({
    input,
    automaticName: verb,
    name,
    urn: MILLRACE_DO_FN.doFn,
    fn: entry,
    ...(verb === 'Filter' && { output: codedLike(input) }),
    check: (step) => {
      payload = connectSideInputs(step, input, sideInputs);
    },
    parDoPayload: () => payload?.() ?? {},
  }).main;
}
