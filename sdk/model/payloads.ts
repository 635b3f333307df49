import type { JsonValue } from './json.js';
import type { FunctionSpec } from './plan.js';
import type { TimeDomain } from './state.js';

/** How execution finds a function of the author's. No closure is ever serialised from its source text. */
export type UserFunctionRef = RebuildRef | InlineRef | ModuleRef | ExpressionRef;

/**
 * A function that the pipeline's builder makes again: the bundle named by the transform's environment is loaded, its
 * pipeline is built with the plan's options, and the function is found under `step#slot`.
 */
export interface RebuildRef {
  readonly kind: 'rebuild';
  /** The full name of the step. */
  readonly step: string;
  /** Which of the step's functions: `fn`, `doFn`, `combineFn`, `windowFn` … */
  readonly slot: string;
  /** First 16 hex digits of the SHA-256 of the function's text: shows a build that differs. */
  readonly textHash: string;
}

/** A function in a table of this process; only the direct runner can run it. */
export interface InlineRef {
  readonly kind: 'inline';
  readonly token: string;
}

/** An exported factory of a library: `module` is imported, its `export` is called with `arguments`. */
export interface ModuleRef {
  readonly kind: 'module';
  readonly module: string;
  readonly export: string;
  readonly arguments: JsonValue;
}

/** A function that is data. */
export interface ExpressionRef {
  readonly kind: 'expression';
  readonly expression: Expression;
}

export type Expression =
  | { readonly op: 'column'; readonly name: string }
  | { readonly op: 'literal'; readonly value: JsonValue }
  | { readonly op: 'call'; readonly fn: string; readonly args: readonly Expression[] };

/** Payload of `beam:transform:pardo:v1`. */
export interface ParDoPayload {
  /** One of `MILLRACE_DO_FN`, with a {@link DoFnPayload}; anything else is opaque. */
  readonly doFn: FunctionSpec;
  /** By the tag of the input that is one. */
  readonly sideInputs?: { readonly [tag: string]: SideInputPayload };
  readonly stateSpecs?: { readonly [id: string]: StatePayload };
  readonly timerFamilySpecs?: { readonly [id: string]: TimerFamilyPayload };
  readonly restrictionCoderId?: string;
  readonly requestsFinalization?: boolean;
  readonly requiresTimeSortedInput?: boolean;
  readonly requiresStableInput?: boolean;
  /** Whether the DoFn wants to know when a window expires. */
  readonly onWindowExpiration?: boolean;
}

/** How a ParDo sees one of its side inputs. */
export interface SideInputPayload {
  /** In which form an engine keeps it: one of `BEAM_SIDE_INPUT`. */
  readonly accessPattern: FunctionSpec;
  /** What is made of that: one of `MILLRACE_VIEW_FN`. */
  readonly viewFn: FunctionSpec;
  /** A window of the main input → the window of the side input. */
  readonly windowMappingFn: FunctionSpec;
}

/** A cell of state that a ParDo declares. */
export type StatePayload =
  | ({ readonly kind: 'value' | 'bag' | 'set' | 'orderedList'; readonly coderId: string } & StateTtl)
  | ({
      readonly kind: 'combining';
      /** `millrace:combine_fn:combine_fn:v1` */
      readonly combineFn: FunctionSpec;
      readonly accumulatorCoderId: string;
    } & StateTtl)
  | ({ readonly kind: 'map' | 'multimap'; readonly keyCoderId: string; readonly coderId: string } & StateTtl);

export interface StateTtl {
  /** Cleared when it was not written for so long in processing time. */
  readonly ttlMs?: number;
}

export interface TimerFamilyPayload {
  readonly timeDomain: TimeDomain;
  /** Of the timers as they travel to an engine and back; there where a plan was prepared for one. */
  readonly coderId?: string;
}

/** Payload of every `millrace:do_fn:…` but `create`. */
export interface DoFnPayload {
  readonly fn: UserFunctionRef;
  /** Only for `map_async`. */
  readonly async?: AsyncOptionsSpec;
  /** Only for `splittable`. */
  readonly isBounded?: boolean;
  /** Only for `splittable`: its readers cannot be closed and opened again after every slice of work. */
  readonly readersStayOpen?: boolean;
  /** Only for `with_timestamps`: how far back a timestamp may be moved. */
  readonly allowedSkewMs?: number;
}

/** Payload of `millrace:do_fn:create:v1`: each element is the base64 of its encoding by the output's coder (outer context). */
export interface CreatePayload {
  readonly elements: readonly string[];
  /** Parallel to `elements`; absent where all have the smallest timestamp. */
  readonly timestamps?: readonly (number | string)[];
}

export interface AsyncOptionsSpec {
  readonly concurrency: number;
  readonly ordered: boolean;
  readonly timeoutMs?: number;
  readonly retry?: RetrySpec;
}

export interface RetrySpec {
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly multiplier: number;
  readonly maxDelayMs: number;
  /** Share of each delay that is left to chance, up to 1; 0 when absent. */
  readonly jitter?: number;
  /** Says of an error whether it is worth another attempt; when absent, every one is. */
  readonly retryIf?: { readonly fn: UserFunctionRef };
}

/** Payload of `beam:transform:combine_per_key:v1` and of the other combine transforms. */
export interface CombinePayload {
  /** `millrace:combine_fn:combine_fn:v1` with a {@link DoFnPayload}-like `{ fn }`. */
  readonly combineFn: FunctionSpec;
  readonly accumulatorCoderId: string;
}

/** Payload of `beam:transform:window_into:v1`. */
export interface WindowIntoPayload {
  readonly windowFn: FunctionSpec;
}

/**
 * Payload of `beam:transform:teststream:v1`: what happens, one thing after the other. The next one comes when all that the
 * one before it caused is done; after the last one every output has come to the end of time.
 */
export interface TestStreamPayload {
  /** The coder of the elements, which all outputs share. */
  readonly coderId: string;
  readonly events: readonly TestStreamEvent[];
}

/** `tag` says which output is meant; the only one when absent. */
export type TestStreamEvent =
  | { readonly kind: 'elements'; readonly tag?: string; readonly elements: readonly TestStreamElement[] }
  | { readonly kind: 'watermark'; readonly tag?: string; readonly timestamp: number | string }
  /** The clock of the whole pipeline moves on. */
  | { readonly kind: 'processingTime'; readonly advanceMs: number };

export interface TestStreamElement {
  /** The base64 of its encoding (outer context). */
  readonly encoded: string;
  readonly timestamp: number | string;
}
