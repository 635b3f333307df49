import type { Coder } from '../model/coder.js';
import { BEAM_CODER, MILLRACE_CODER } from '../model/urns.js';
import type { GrowableSink } from './byte-sink.js';
import { withSink } from './encode.js';
import { CODER_ERROR, coderError } from './errors.js';
import { deterministicValueCoder } from './value.js';

/** Coders whose encodings of two primitives are equal exactly where the primitives are (−0 is 0, NaN is NaN). */
const PRIMITIVE_KEYS: ReadonlySet<string> = new Set([
  MILLRACE_CODER.value,
  MILLRACE_CODER.key,
  BEAM_CODER.stringUtf8,
  BEAM_CODER.varint,
  BEAM_CODER.double,
  BEAM_CODER.bool,
]);

/** How keys of a coder are compared and hashed. */
export interface KeyForm {
  /** Whether primitives need not be encoded. */
  readonly primitives: boolean;
  /** What encodes the others. */
  readonly coder: Coder<unknown>;
}

/** Keys of the default coder take its deterministic form; any other coder must be deterministic itself. */
export function keyForm(coder: Coder<unknown>): KeyForm {
  const primitives = PRIMITIVE_KEYS.has(coder.urn);
  if (primitives) return { primitives, coder: deterministicValueCoder() };
  if (coder.deterministic !== true)
    throw coderError(CODER_ERROR.key, `${coder.urn} cannot encode keys: ${coder.deterministic}`, {
      hint: 'equal keys must have equal bytes; key by something that has one form, such as an id',
    });
  return { primitives, coder };
}

/**
 * Gives a key what a JS Map can hold in its place: equal for keys whose encodings are equal, and different for others.
 * Primitives are themselves; anything else is a string of its bytes, behind `\0b`. Strings that begin with `\0` are
 * moved out of the way, behind `\0s`.
 */
export function keyIdentity(coder: Coder<unknown>): (key: unknown) => unknown {
  const { primitives, coder: bytes } = keyForm(coder);
  let encoding: unknown;
  const encode = (sink: GrowableSink): string => {
    bytes.encode(encoding, sink, false);
    return `\0b${sink.toLatin1()}`;
  };
  const ofBytes = (key: unknown): string => {
    encoding = key;
    return withSink(encode);
  };
  if (!primitives) return ofBytes;
  return (key) => {
    switch (typeof key) {
      case 'string':
        return key.charCodeAt(0) === 0 ? `\0s${key}` : key;
      case 'number':
      case 'boolean':
      case 'bigint':
      case 'undefined':
        return key;
      default:
        return key === null ? key : ofBytes(key);
    }
  };
}
