/**
 * A collection as a DoFn sees it beside its elements; made by `asSingleton()` and its like. `View` is what the DoFn
 * works with: for an element the contents of the window that its own one is mapped to.
 */
export interface SideInput<View = unknown> {
  readonly view: SideInputView;
  /** Never set: carries the type. */
  readonly __view?: View;
}

export type SideInputView = 'singleton' | 'iterable' | 'list' | 'map' | 'multimap';
