import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { MILLRACE_CODER } from '../model/urns.js';
import { decodeValue } from './value-decode.js';
import { encodeValue } from './value-encode.js';

class ValueCoder implements Coder<unknown> {
  readonly urn = MILLRACE_CODER.value;
  readonly components = [];
  readonly deterministic =
    'equal objects, maps and sets may hold their entries in another order (use deterministicValueCoder() for keys)';
  encode(value: unknown, to: ByteSink): void {
    encodeValue(value, to, false);
  }
  decode(from: ByteSource): unknown {
    return decodeValue(from);
  }
}

class DeterministicValueCoder implements Coder<unknown> {
  readonly urn = MILLRACE_CODER.key;
  readonly components = [];
  readonly deterministic = true;
  encode(value: unknown, to: ByteSink): void {
    encodeValue(value, to, true);
  }
  decode(from: ByteSource): unknown {
    return decodeValue(from);
  }
}

const VALUE = new ValueCoder();
const KEY = new DeterministicValueCoder();

/**
 * Any structured JS value, without loss: undefined, null, booleans, numbers (-0 and NaN too), bigints, strings (lone
 * surrogates too), Date, Array, Map, Set, plain objects (with or without a prototype, own enumerable string-named
 * properties in their order), ArrayBuffer, DataView, all typed arrays, Buffer, and our windows. Sharing inside a value
 * is not kept: an object that occurs twice arrives as two.
 *
 * Refused, with the path inside the value: functions, symbols, promises, errors, regular expressions, results of a
 * match, instances of other classes (of subclasses too), cycles, holes in arrays. Not carried: properties named by
 * symbols, and named properties of other arrays.
 */
export const valueCoder = <T = unknown>(): Coder<T> => VALUE as Coder<unknown> as Coder<T>;

/**
 * The same bytes in one form for equal keys: property names sorted, -0 as 0, a Buffer as its Uint8Array, an object
 * without a prototype as one with. Maps, sets and arrays of floats are refused.
 */
export const deterministicValueCoder = <T = unknown>(): Coder<T> => KEY as Coder<unknown> as Coder<T>;
