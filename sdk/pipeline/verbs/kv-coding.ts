import { deterministicValueCoder, kvCoder, valueCoder } from '../../coders/index.js';
import type { Coder } from '../../model/coder.js';
import { BEAM_CODER, MILLRACE_DO_FN } from '../../model/urns.js';
import { functionEntry } from '../function-table.js';
import type { CollectionNode, StepNode } from '../graph.js';
import { parDo } from './par-do.js';

/** A KV coder for pairs whose key nobody described. */
export function defaultKvCoder(value: Coder<unknown> = valueCoder()): Coder<unknown> {
  return kvCoder(deterministicValueCoder(), value);
}

/**
 * The same elements in a coder of pairs. Where nobody chose a coder, the collection itself gets one; where somebody did,
 * a step that changes nothing but the coder comes in between.
 */
export function codedAsKv(node: CollectionNode): CollectionNode {
  if (node.coder.urn === BEAM_CODER.kv) return node;
  if (mayBecomeKv(node, undefined)) {
    becomeKv(node);
    return node;
  }
  return recode(node, defaultKvCoder());
}

/** Why the coder of a collection cannot be chosen, or undefined where it can. */
export function coderObstacle({ coder, coderOrigin, passedOnBy, producer }: CollectionNode): string | undefined {
  if (passedOnBy[0] !== undefined) return `${passedOnBy[0].fullName} uses the collection already`;
  if (coderOrigin === 'declared') return `the elements of ${producer.fullName} are coded by ${coder.urn} already`;
  if (coderOrigin === 'default') return undefined;
  const passesOn = coderOrigin.like.some((input) => input.passedOnBy.some((step) => producer.isInside(step)));
  return passesOn ? `${producer.fullName} passes its elements on as they came` : undefined;
}

/** A step that changes nothing but the coder. */
export function recode(input: CollectionNode, coder: Coder<unknown>): CollectionNode {
  return parDo({
    input,
    automaticName: 'Recode',
    name: undefined,
    urn: MILLRACE_DO_FN.map,
    fn: functionEntry(identity),
    output: { coder, coderOrigin: 'declared' },
  }).main;
}

const identity = (element: unknown): unknown => element;

function mayBecomeKv(node: CollectionNode, asking: StepNode | undefined): boolean {
  if (node.coder.urn === BEAM_CODER.kv) return true;
  if (node.coderOrigin === 'declared') return false;
  if (node.passedOnBy.some((step) => asking?.isInside(step) !== true)) return false;
  return node.coderOrigin === 'default' || node.coderOrigin.like.every((input) => mayBecomeKv(input, node.producer));
}

function becomeKv(node: CollectionNode): void {
  if (node.coder.urn === BEAM_CODER.kv) return;
  if (typeof node.coderOrigin === 'object') node.coderOrigin.like.forEach(becomeKv);
  node.coder = defaultKvCoder();
}
