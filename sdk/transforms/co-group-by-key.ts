import { deterministicValueCoder, kvCoder, valueCoder, varintCoder } from '../coders/index.js';
import type { Coder, KV } from '../model/coder.js';
import { MILLRACE_DO_FN } from '../model/urns.js';
import { coderKey } from '../pipeline/coder-key.js';
import { functionEntry } from '../pipeline/function-table.js';
import type { CollectionNode } from '../pipeline/graph.js';
import { type NotKeyed, PCollection } from '../pipeline/pcollection.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import { PCOLLECTION } from '../pipeline/plan-nodes.js';
import { composite } from '../pipeline/verbs/composite.js';
import { flatten } from '../pipeline/verbs/flatten.js';
import { groupByKey } from '../pipeline/verbs/keyed.js';
import { codedAsKv } from '../pipeline/verbs/kv-coding.js';
import { parDo } from '../pipeline/verbs/par-do.js';

/** Collections of pairs by the names under which their values are found in a group. */
// The first part says the types of the values, the second, from which a key's is inferred, that keys are of one type.
export type KeyedInputs<K, Values> = {
  readonly [Tag in keyof Values]: PCollection<KV<K, Values[Tag]>>;
} & { readonly [tag: string]: PCollection<KV<K, unknown>> };

/** The values of one key and window, by the tags of the inputs that they came from. */
export type CoGrouped<Values> = { readonly [Tag in keyof Values]: Iterable<Values[Tag]> };

/**
 * Beam's CoGroupByKey: for each key and window the values of every input, each under its tag.
 * `coGroupByKey({ persons, auctions })` answers pairs of a key and `{ persons, auctions }`; a key is there when any input
 * has it, and an input without values for it gives an empty iterable. The values of a key are held in memory, and can be
 * iterated more than once, in no particular order.
 *
 * The inputs are windowed alike. Where they are not all of one coder, keys and values travel in the lossless one.
 */
export function coGroupByKey<Values, K = NotKeyed>(
  inputs: KeyedInputs<K, Values>,
): PCollection<KV<K, CoGrouped<Values>>>;
export function coGroupByKey<Values, K = NotKeyed>(
  name: string,
  inputs: KeyedInputs<K, Values>,
): PCollection<KV<K, CoGrouped<Values>>>;
export function coGroupByKey(
  ...args: [inputs: Inputs] | [name: string, inputs: Inputs]
): PCollection<KV<never, never>> {
  const [name, inputs] = args.length === 1 ? [undefined, args[0]] : args;
  const tags = Object.keys(inputs);
  const collections = Object.values(inputs);
  const first = collections[0];
  if (first === undefined) throw planError(PLAN_ERROR.argument, 'there is nothing to group: the object has no inputs');
  // Outside of the composite, as for all that takes pairs.
  const pairs = collections.map((collection) => codedAsKv(collection[PCOLLECTION]));
  return composite('CoGroupByKey', name, first.pipeline, (_, step) => {
    const { graph } = pairs[0]!;
    tags.forEach((tag, i) => {
      graph.connect(step, tag, pairs[i]!);
    });
    const coder = unionCoder(pairs);
    const united = flatten(
      tags.map((tag, i) => tagged(pairs[i]!, i, tag, coder)),
      undefined,
    );
    const { main } = parDo({
      input: groupByKey(united, undefined),
      automaticName: 'Untag',
      name: undefined,
      urn: MILLRACE_DO_FN.map,
      fn: functionEntry(untag(tags)),
      output: { coder: kvCoder(coder.components[0]!, valueCoder()), coderOrigin: 'default' },
    });
    return new PCollection<KV<never, never>>(first.pipeline, main);
  });
}

type Inputs = { readonly [tag: string]: PCollection<unknown> };

/** A value and the number of the input that it came from, as a pair: what standard coders can carry. */
type Union = KV<number, unknown>;

function tagged(input: CollectionNode, index: number, tag: string, coder: Coder<unknown>): CollectionNode {
  return parDo({
    input,
    automaticName: 'Tag',
    name: tag,
    urn: MILLRACE_DO_FN.map,
    fn: functionEntry(
      ({ key, value }: KV<unknown, unknown>): KV<unknown, Union> => ({
        key,
        value: { key: index, value },
      }),
    ),
    output: { coder, coderOrigin: 'declared' },
  }).main;
}

/** Sorts the values of a group by their inputs. */
function untag(tags: readonly string[]) {
  return ({ key, value }: KV<unknown, Iterable<Union>>): KV<unknown, Record<string, unknown[]>> => {
    const lists = tags.map((): unknown[] => []);
    for (const union of value) lists[union.key]!.push(union.value);
    const grouped: Record<string, unknown[]> = {};
    for (let i = 0; i < tags.length; i++) grouped[tags[i]!] = lists[i]!;
    return { key, value: grouped };
  };
}

/** The coders that all inputs share, or those that can carry anything. */
function unionCoder(pairs: readonly CollectionNode[]): Coder<unknown> {
  const shared = (component: 0 | 1): Coder<unknown> | undefined => {
    const coders = pairs.map(({ coder }) => coder.components[component]!);
    return coders.every((coder) => coderKey(coder) === coderKey(coders[0]!)) ? coders[0] : undefined;
  };
  return kvCoder(
    shared(0) ?? deterministicValueCoder(),
    kvCoder(varintCoder(), shared(1) ?? valueCoder()),
  ) as Coder<unknown>;
}
