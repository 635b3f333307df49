/** Coders: how values become bytes and come back. */
export type { ByteSink, ByteSource, Coder, KV } from '../model/coder.js';
export { GrowableSink } from './byte-sink.js';
export { BytesSource } from './byte-source.js';
export { decodeFromBytes, encodeToBytes } from './encode.js';
export { CODER_ERROR } from './errors.js';
export { iterableCoder, type StateBackedReader, stateBackedIterableCoder } from './iterable.js';
export { KEY_HASH_VERSION, keyGroupOf, keyHash } from './key-hash.js';
export { type KeyForm, keyForm, keyIdentity } from './key-identity.js';
export { kvCoder } from './kv.js';
export { lengthPrefixCoder } from './length-prefix.js';
export { nullableCoder } from './nullable.js';
export { type CoderFactory, coderFromSpec, coderToSpec, knownCoderUrns, registerCoder } from './registry.js';
export { rowCoder } from './row.js';
export type { RowCoderOptions } from './row-types.js';
export { bigintVarintCoder, boolCoder, bytesCoder, doubleCoder, stringUtf8Coder, varintCoder } from './scalars.js';
export {
  type AtomicType,
  array,
  bigint64,
  boolean,
  byte,
  bytes,
  decimal,
  double,
  type FieldType,
  fixedBytes,
  fixedChar,
  float,
  int16,
  int32,
  int64,
  iterable,
  LOGICAL_TYPE,
  type LogicalType,
  map,
  microsInstant,
  millisInstant,
  nested,
  nullable,
  row,
  type Schema,
  type SchemaField,
  schemaFromJson,
  schemaToJson,
  string,
  type TypeOf,
  timestamp,
  type ValueOf,
  varBytes,
  varChar,
} from './schema.js';
export { schemaFromProto, schemaToProto } from './schema-proto.js';
export { type ShardedKey, shardedKeyCoder } from './sharded-key.js';
export { FIXED_WIDTH_TYPES, type FixedWidthType, isFixedWidth, struct } from './struct.js';
export { type Timer, timerCoder } from './timer.js';
export { deterministicValueCoder, valueCoder } from './value.js';
export { customWindowCoder, globalWindowCoder, intervalWindowCoder, ownWindowCoder } from './window.js';
export {
  paramWindowedValueCoder,
  type WindowedValue,
  type WindowedValueParameters,
  windowedValueCoder,
} from './windowed-value.js';
