import type { SideInput } from './side-input.js';
import type { EventTimer, ProcessingTimer, StateSpec, TimerSpec } from './state.js';

/** What a DoFn declares beside its elements. Ids and tags are the names under which its contexts show what was declared. */
export interface DoFnDeclarations {
  /** The input must be keyed. */
  readonly state?: { readonly [id: string]: StateSpec };
  /** The input must be keyed. */
  readonly timers?: { readonly [id: string]: TimerSpec };
  readonly sideInputs?: { readonly [tag: string]: SideInput };
}

/** Nothing declared. */
// biome-ignore lint/complexity/noBannedTypes: a type without any property, so that no name is found in it.
export type NoDeclarations = {};

/** The cells of what was declared as state, by id. */
export type StateCells<D> = D extends { readonly state: infer S }
  ? { readonly [Id in keyof S]: S[Id] extends StateSpec<infer Cell> ? Cell : never }
  : NoDeclarations;

/** The timers that were declared, by id. */
export type Timers<D> = D extends { readonly timers: infer T }
  ? { readonly [Id in keyof T]: T[Id] extends TimerSpec<'EVENT_TIME'> ? EventTimer : ProcessingTimer }
  : NoDeclarations;

/** The ids of the timers that were declared. */
export type TimerIds<D> = D extends { readonly timers: infer T } ? keyof T & string : never;

/** The views of the side inputs that were declared, by tag. */
export type SideInputViews<D> = D extends { readonly sideInputs: infer S }
  ? { readonly [Tag in keyof S]: S[Tag] extends SideInput<infer View> ? View : never }
  : NoDeclarations;
