import type { SideInput, SideInputView } from '../model/side-input.js';
import type { CollectionNode } from './graph.js';
import { PCOLLECTION } from './plan-nodes.js';

/** A side input of a pipeline that is being built. */
export interface SideInputHandle<View = unknown> extends SideInput<View> {
  readonly [PCOLLECTION]: CollectionNode;
  /** Of a singleton: what is seen where the window has no element. */
  readonly default?: { readonly value: unknown };
}

export function isSideInputHandle(value: SideInput): value is SideInputHandle {
  return PCOLLECTION in value;
}

/** A handle on the collection of a node. */
export function sideInput<View>(
  node: CollectionNode,
  view: SideInputView,
  defaultValue?: { readonly value: unknown },
): SideInputHandle<View> {
  return { view, [PCOLLECTION]: node, ...(defaultValue !== undefined && { default: defaultValue }) };
}
