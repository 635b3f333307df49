/** Coders: how values become bytes and come back. */
export type { ByteSink, ByteSource, Coder, KV } from '../model/coder.js';
export { GrowableSink } from './byte-sink.js';
export { BytesSource } from './byte-source.js';
export { decodeFromBytes, encodeToBytes } from './encode.js';
export { CODER_ERROR } from './errors.js';
export { iterableCoder, type StateBackedReader, stateBackedIterableCoder } from './iterable.js';
export { kvCoder } from './kv.js';
export { lengthPrefixCoder } from './length-prefix.js';
export { nullableCoder } from './nullable.js';
export { type CoderFactory, coderFromSpec, coderToSpec, knownCoderUrns, registerCoder } from './registry.js';
export { bigintVarintCoder, boolCoder, bytesCoder, doubleCoder, stringUtf8Coder, varintCoder } from './scalars.js';
export { deterministicValueCoder, valueCoder } from './value.js';
