import { BytesSource, encodeToBytes } from '../coders/index.js';
import type { Coder } from '../model/coder.js';
import { MillraceError } from '../model/errors.js';
import { show } from './describe.js';
import { isEqual } from './equal.js';

export interface CoderPropertiesOptions<T> {
  /** Whether a decoded value is the one that was encoded; by structure, when absent. */
  readonly equals?: (a: T, b: T) => boolean;
}

/**
 * Holds a coder to what runners rely on, for each of these values: it comes back from both contexts, with no byte left over
 * and none missing, and in the nested one also from among others; and where the coder says that it is deterministic, equal
 * values have the same bytes.
 */
export function coderProperties<T>(
  coder: Coder<T>,
  values: readonly T[],
  options: CoderPropertiesOptions<T> = {},
): void {
  const equals = options.equals ?? isEqual;
  for (const value of values) for (const nested of [false, true]) comesBack(coder, value, nested, equals);
  standsAmongOthers(coder, values, equals);
  if (coder.deterministic === true) isDeterministic(coder, values, equals);
}

const CONTEXT = (nested: boolean): string => (nested ? 'in the nested context' : 'in the outer context');

function comesBack<T>(coder: Coder<T>, value: T, nested: boolean, equals: (a: T, b: T) => boolean): void {
  const bytes = encodeToBytes(coder, value, nested);
  const source = new BytesSource(bytes);
  const back = coder.decode(source, nested);
  if (!equals(value, back))
    throw broken(coder, `${show(value)} comes back ${CONTEXT(nested)} as ${show(back)}, from ${hex(bytes)}`);
  if (source.remaining > 0)
    throw broken(
      coder,
      `of the ${bytes.length} bytes of ${show(value)} ${CONTEXT(nested)}, ${source.remaining} are not read`,
    );
}

/** One after the other, as in a list. */
function standsAmongOthers<T>(coder: Coder<T>, values: readonly T[], equals: (a: T, b: T) => boolean): void {
  const all = Buffer.concat(values.map((value) => encodeToBytes(coder, value, true)));
  const source = new BytesSource(new Uint8Array(all));
  for (const [i, value] of values.entries()) {
    const back = coder.decode(source, true);
    if (!equals(value, back))
      throw broken(
        coder,
        `value ${i} of a list, ${show(value)}, comes back as ${show(back)}: the end of one is not known`,
      );
  }
}

function isDeterministic<T>(coder: Coder<T>, values: readonly T[], equals: (a: T, b: T) => boolean): void {
  for (const nested of [false, true]) {
    const encodings = values.map((value) => hex(encodeToBytes(coder, value, nested)));
    for (const [i, value] of values.entries()) {
      const back = coder.decode(new BytesSource(encodeToBytes(coder, value, nested)), nested);
      const again = hex(encodeToBytes(coder, back, nested));
      if (again !== encodings[i])
        throw broken(
          coder,
          `it is not deterministic: ${show(value)} is ${encodings[i]}, and ${again} once it came back`,
        );
      for (let j = 0; j < i; j++) {
        if (encodings[i] === encodings[j] || !equals(value, values[j]!)) continue;
        throw broken(
          coder,
          `${show(values[j])} and ${show(value)} are equal, and are ${encodings[j]} and ${encodings[i]} ${CONTEXT(nested)}`,
        );
      }
    }
  }
}

const hex = (bytes: Uint8Array): string => (bytes.length === 0 ? '(no bytes)' : Buffer.from(bytes).toString('hex'));

function broken({ urn }: { readonly urn: string }, what: string): MillraceError {
  return new MillraceError('CODER_PROPERTY', 'coder', `the coder ${urn} does not hold: ${what}`);
}
