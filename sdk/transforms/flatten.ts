import { PCollection } from '../pipeline/pcollection.js';
import { PLAN_ERROR, planError } from '../pipeline/plan-error.js';
import { PCOLLECTION } from '../pipeline/plan-nodes.js';
import { flatten as flattenNodes } from '../pipeline/verbs/flatten.js';

type ElementOf<P> = P extends PCollection<infer T> ? T : never;

/** The elements of all of the given collections, of which there is at least one. */
export function flatten<const Ps extends readonly PCollection<unknown>[]>(
  collections: Ps,
): PCollection<ElementOf<Ps[number]>>;
export function flatten<const Ps extends readonly PCollection<unknown>[]>(
  name: string,
  collections: Ps,
): PCollection<ElementOf<Ps[number]>>;
export function flatten(
  ...args: [collections: readonly PCollection<unknown>[]] | [name: string, collections: readonly PCollection<unknown>[]]
): PCollection<never> {
  const [name, collections] = args.length === 1 ? [undefined, args[0]] : args;
  const first = collections[0];
  if (first === undefined) throw planError(PLAN_ERROR.argument, 'there is nothing to flatten: the list is empty');
  const nodes = collections.map((collection) => collection[PCOLLECTION]);
  return new PCollection<never>(first.pipeline, flattenNodes(nodes, name));
}
