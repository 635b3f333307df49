import type { Coder } from '../model/coder.js';
import type { OutputTag } from '../model/do-fn.js';

/** The tag of an additional output: `outputTag('late').of<Order>()`. */
export interface NamedTag<T, N extends string = string> extends OutputTag<T> {
  readonly name: N;
  readonly coder?: Coder<T>;
}

/** Names an additional output; `of` says the type of its elements, and may give their coder. */
export function outputTag<const N extends string>(name: N): { of<T>(coder?: Coder<T>): NamedTag<T, N> } {
  return { of: (coder) => ({ name, ...(coder !== undefined && { coder }) }) };
}

/** The type of what is written to a tag. */
export type TagType<Tag> = Tag extends OutputTag<infer T> ? T : never;
