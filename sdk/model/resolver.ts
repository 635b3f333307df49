import type { JsonValue } from './json.js';
import type { UserFunctionRef } from './payloads.js';

/** Where execution gets the author's functions and objects from. Implemented by authoring's loader; handed in by the host. */
export interface FunctionResolver {
  /** The function or object behind a reference; throws a MillraceError that names the step when there is none. */
  resolve(ref: UserFunctionRef): unknown;
  /**
   * A fresh object for one task: where the author gave a factory or a class instance, instances are not shared between
   * tasks. `slot` objects that are plain functions are answered as they are.
   */
  instantiate(ref: UserFunctionRef): unknown;
}

/** What a secret in the options looks like in a plan. Resolved only where it is used. */
export interface SecretRef {
  readonly $secret: string;
}

export type OptionValue = JsonValue;
