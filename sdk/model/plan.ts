import type { JsonObject, JsonValue } from './json.js';
import type { WindowingStrategySpec } from './windowing.js';

/**
 * The plan: the only thing that passes from authoring to execution. The shape, the names and the URNs are those of
 * Beam's `Pipeline` message (beam_runner_api.proto); payloads that we know are readable JSON. Ids are derived from step
 * names, so building the same pipeline twice gives the same bytes.
 */
export interface Plan {
  readonly formatVersion: string;
  readonly name: string;
  readonly components: Components;
  readonly rootTransformIds: readonly string[];
  /** URNs that a runner must understand, or reject the plan. */
  readonly requirements: readonly string[];
  /** The options that the pipeline was built with; part of the plan's hash. A secret is `{ "$secret": NAME }`. */
  readonly options: JsonObject;
  /** Where steps were written and how they like to be shown; not part of the hash. */
  readonly displayData?: { readonly [transformId: string]: StepDisplay };
}

/** Major versions other than this one are refused. */
export const PLAN_FORMAT_VERSION = '1.0';

export interface StepDisplay {
  /** `file:line:column` of the call that made the step. */
  readonly source?: string;
  /** The author gave it no name: the one that it has may change when steps are added. */
  readonly isUnnamed?: boolean;
}

export interface Components {
  readonly transforms: { readonly [id: string]: TransformSpec };
  readonly pcollections: { readonly [id: string]: PCollectionSpec };
  readonly windowingStrategies: { readonly [id: string]: WindowingStrategySpec };
  readonly coders: { readonly [id: string]: CoderSpec };
  readonly environments: { readonly [id: string]: EnvironmentSpec };
}

/** What something is: a URN, and the payload whose form the URN fixes (readable JSON, or `{ "$bytes": base64 }`). */
export interface FunctionSpec {
  readonly urn: string;
  readonly payload?: JsonValue;
}

/** A transform; a composite has `subtransforms` (in topological order), a leaf has a `spec`. Some have both. */
export interface TransformSpec {
  /** The full name, its parts joined by `/`. */
  readonly uniqueName: string;
  readonly spec?: FunctionSpec;
  readonly subtransforms?: readonly string[];
  /** tag → PCollection id */
  readonly inputs: { readonly [tag: string]: string };
  /** tag → PCollection id */
  readonly outputs: { readonly [tag: string]: string };
  /** Absent where the runner itself implements the transform. */
  readonly environmentId?: string;
  readonly annotations?: JsonObject;
}

export interface PCollectionSpec {
  readonly uniqueName: string;
  readonly coderId: string;
  readonly isBounded: 'BOUNDED' | 'UNBOUNDED';
  readonly windowingStrategyId: string;
}

export interface CoderSpec {
  readonly spec: FunctionSpec;
  readonly componentCoderIds?: readonly string[];
}

export interface EnvironmentSpec {
  readonly urn: string;
  readonly payload?: JsonValue;
  readonly capabilities?: readonly string[];
  /** What the steps in it ask of the machine; an engine may choose workers by it. */
  readonly resourceHints?: ResourceHints;
}

/** Beam's resource hints. */
export interface ResourceHints {
  readonly minRamBytes?: number;
  readonly cpuCount?: number;
  /** In the words of the engine, as `type:nvidia-tesla-t4;count:1`. */
  readonly accelerator?: string;
}

/** Payload of `millrace:env:node:v1`. `bundle` is absent where functions are inline. */
export interface NodeEnvironmentPayload {
  readonly bundle?: string;
  readonly export?: string;
  readonly millraceVersion: string;
}

/** The tag of the only input or the main output of a transform. */
export const MAIN_TAG = 'main';
