import { MillraceError } from './errors.js';
import type { SecretRef } from './resolver.js';

/** What may name a secret: the name of an environment variable. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A reference to a secret: only the name stands in the plan, the value is looked up by {@link resolveSecret}. */
export function secret(name: string): SecretRef {
  if (!isSecretName(name))
    // What was given is not shown: it may be the secret itself.
    throw new MillraceError('OPTIONS_INVALID', 'options', 'a secret is given by the name of an environment variable', {
      hint: 'put the value into the environment, and its name, such as KAFKA_PASSWORD, here',
    });
  return { $secret: name };
}

export function isSecretName(name: string): boolean {
  return NAME.test(name);
}

export function isSecretRef(value: unknown): value is SecretRef {
  return typeof value === 'object' && value !== null && '$secret' in value && typeof value.$secret === 'string';
}

/** The value behind a reference, from the environment of the process that uses it. Never log what this answers. */
export function resolveSecret(ref: SecretRef): string {
  const value = process.env[ref.$secret];
  if (value === undefined)
    throw new MillraceError('OPTIONS_SECRET_MISSING', 'options', `the secret ${ref.$secret} is not set`, {
      hint: `set the environment variable ${ref.$secret} where the pipeline runs`,
    });
  return value;
}
