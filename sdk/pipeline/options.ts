import type { JsonObject, JsonValue } from '../model/json.js';
import type { SecretRef } from '../model/resolver.js';
import { isSecretName, isSecretRef } from '../model/secret.js';
import type { DurationMs } from '../model/time.js';
import { parseDuration } from './duration.js';

/** What the declaration of an option may say. */
export interface OptionSettings<T> {
  /** Shown by `--help` and in errors. */
  readonly description?: string;
  /** Used where the option is not given. */
  readonly default?: T;
  /** An option that is neither given nor has a default is undefined, instead of an error. */
  readonly optional?: boolean;
}

/** One declared option: made by {@link option}. */
export interface OptionDeclaration<T> {
  readonly kind: OptionKind;
  readonly description: string | undefined;
  readonly default: JsonValue | undefined;
  readonly optional: boolean;
  /** Only for `choice`. */
  readonly choices?: readonly string[];
  /** What is expected, in words: `a whole number`. */
  readonly expects: string;
  /** The value of what was given on a command line or in JSON, or undefined when it is none. */
  readonly parse: (given: JsonValue) => JsonValue | undefined;
  /** Never set: carries the type. */
  readonly __type?: T;
}

export type OptionKind = 'string' | 'integer' | 'number' | 'boolean' | 'choice' | 'strings' | 'duration' | 'secret';

export interface OptionDeclarations {
  readonly [name: string]: OptionDeclaration<unknown>;
}

/** The values that a builder gets, by the declarations. */
export type OptionsOf<D extends OptionDeclarations> = {
  readonly [Name in keyof D]: D[Name] extends OptionDeclaration<infer T> ? T : never;
};

/** The declarations of options: `option.string({ description: 'what to read' })`. */
export const option = {
  string: declare<string>('string', 'a text', (given) => (typeof given === 'string' ? given : undefined)),
  integer: declare<number>('integer', 'a whole number', (given) => {
    const value = numberOf(given);
    return Number.isSafeInteger(value) ? value : undefined;
  }),
  number: declare<number>('number', 'a number', numberOf),
  boolean: declare<boolean>('boolean', 'true or false', (given) => {
    if (typeof given === 'boolean') return given;
    return given === 'true' ? true : given === 'false' ? false : undefined;
  }),
  /** Texts, given as a list or separated by commas. */
  strings: declare<readonly string[]>('strings', 'texts separated by commas', (given) => {
    if (typeof given === 'string') return given === '' ? [] : given.split(',').map((part) => part.trim());
    return Array.isArray(given) && given.every((part) => typeof part === 'string') ? given : undefined;
  }),
  /** A span of time: `500ms`, `10s`, `5m`, `1h`, `2d`, or a number of milliseconds. */
  duration: declare<DurationMs>('duration', 'a span of time such as 500ms, 10s, 5m, 1h or 2d', parseDuration),
  /** The name of an environment variable. Only the name stands in the plan; `resolveSecret` gives the value. */
  secret: declare<SecretRef>(
    'secret',
    'the name of an environment variable that holds the secret (not the secret itself)',
    (given) => {
      const name = typeof given === 'string' ? given : isSecretRef(given) ? given.$secret : undefined;
      return name !== undefined && isSecretName(name) ? { $secret: name } : undefined;
    },
  ),
  /** One of a few words. */
  choice<const C extends string, const S extends OptionSettings<NoInfer<C>> = Record<never, never>>(
    choices: readonly C[],
    settings?: S,
  ): OptionDeclaration<OptionValueType<C, S>> {
    const make = declare<C>('choice', `one of ${choices.join(', ')}`, (given) =>
      choices.find((choice) => choice === given),
    );
    return { ...make(settings), choices };
  },
};

/** An optional option without a default may be undefined. */
export type OptionValueType<T, S> = S extends { readonly default: T }
  ? T
  : S extends { readonly optional: true }
    ? T | undefined
    : T;

function declare<T>(kind: OptionKind, expects: string, parse: (given: JsonValue) => JsonValue | undefined) {
  return <const S extends OptionSettings<T> = Record<never, never>>(
    settings?: S,
  ): OptionDeclaration<OptionValueType<T, S>> => ({
    kind,
    description: settings?.description,
    default: settings?.default as JsonValue | undefined,
    optional: settings?.optional ?? false,
    expects,
    parse,
  });
}

function numberOf(given: JsonValue): number | undefined {
  if (typeof given === 'number') return Number.isFinite(given) ? given : undefined;
  if (typeof given !== 'string' || given.trim() === '') return undefined;
  const value = Number(given);
  return Number.isFinite(value) ? value : undefined;
}

/** Values as they stand in a plan: only those that are there. */
export type OptionValues = JsonObject;
