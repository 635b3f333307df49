import { createHash } from 'node:crypto';
import { MillraceError } from '../model/errors.js';
import type { UserFunctionRef } from '../model/payloads.js';
import type { FunctionResolver } from '../model/resolver.js';

/** One function of a step, as the builder gave it. */
export type FunctionEntry = {
  /** The digest of data that the function holds, where it is known: other data is another function. */
  readonly holds?: string;
} & (
  | { readonly kind: 'function'; readonly value: unknown }
  /** Called once for each task, so that instances are not shared. */
  | { readonly kind: 'factory'; readonly make: () => unknown }
);

export const functionEntry = (value: unknown): FunctionEntry => ({ kind: 'function', value });
export const factoryEntry = (make: () => unknown): FunctionEntry => ({ kind: 'factory', make });

/** First 16 hex digits of the SHA-256 of the function's text; for an object, of the texts of its methods. */
export function textHash(entry: FunctionEntry): string {
  const subject = entry.kind === 'factory' ? entry.make : entry.value;
  return createHash('sha256')
    .update(textOf(subject))
    .update(entry.holds ?? '')
    .digest('hex')
    .slice(0, 16);
}

function textOf(subject: unknown): string {
  if (typeof subject === 'function') return Function.prototype.toString.call(subject);
  if (typeof subject !== 'object' || subject === null) return String(subject);
  const names = new Set<string>();
  for (let at: object | null = subject; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  return [...names]
    .sort()
    .map((name) => {
      const member: unknown = Reflect.get(subject, name);
      return typeof member === 'function' ? `${name}=${Function.prototype.toString.call(member)}` : name;
    })
    .join('\n');
}

/** The author's functions of one build, by `step#slot`: what a plan built here is resolved with. */
export class FunctionTable implements FunctionResolver {
  readonly #entries = new Map<string, { readonly entry: FunctionEntry; readonly hash: string }>();
  readonly #shared = new Map<string, unknown>();
  readonly #inline: boolean;

  /** @param inline whether references are tokens of this process instead of something that a rebuild finds again */
  constructor(inline: boolean) {
    this.#inline = inline;
  }

  /** Enters a function, and answers how a plan refers to it. */
  add(step: string, slot: string, entry: FunctionEntry): UserFunctionRef {
    const token = `${step}#${slot}`;
    const hash = textHash(entry);
    this.#entries.set(token, { entry, hash });
    return this.#inline ? { kind: 'inline', token } : { kind: 'rebuild', step, slot, textHash: hash };
  }

  /** A factory is called once, and its object is shared by all who resolve it. */
  resolve(ref: UserFunctionRef): unknown {
    const { token, entry } = this.#find(ref);
    if (entry.kind === 'function') return entry.value;
    if (!this.#shared.has(token)) this.#shared.set(token, entry.make());
    return this.#shared.get(token);
  }

  instantiate(ref: UserFunctionRef): unknown {
    const { entry } = this.#find(ref);
    return entry.kind === 'factory' ? entry.make() : entry.value;
  }

  #find(ref: UserFunctionRef): { readonly token: string; readonly entry: FunctionEntry } {
    if (ref.kind !== 'rebuild' && ref.kind !== 'inline')
      throw new MillraceError(
        'FUNCTION_UNKNOWN',
        'plan',
        `a function of kind ${ref.kind} is not one of this pipeline's`,
      );
    if ((ref.kind === 'inline') !== this.#inline)
      throw new MillraceError(
        'FUNCTION_UNKNOWN',
        'plan',
        `the plan refers to its functions as ${ref.kind}, this build does not`,
      );
    const token = ref.kind === 'inline' ? ref.token : `${ref.step}#${ref.slot}`;
    const found = this.#entries.get(token);
    const step = token.slice(0, token.lastIndexOf('#'));
    if (found === undefined)
      throw new MillraceError('FUNCTION_UNKNOWN', 'plan', `this build of the pipeline has no function ${token}`, {
        step,
      });
    if (ref.kind === 'rebuild' && ref.textHash !== found.hash)
      throw new MillraceError(
        'PLAN_REBUILD_DIFFERS',
        'plan',
        `the function ${token} has another text than in the plan`,
        {
          step,
          hint: 'build the plan again from the same sources',
        },
      );
    return { token, entry: found.entry };
  }
}
