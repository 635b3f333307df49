import type { JsonObject, JsonValue } from '../model/json.js';
import { CODER_ERROR, coderError } from './errors.js';
import { base64Bytes } from './payload-bytes.js';

/*
 * A schema is plain JSON from the start: what the builders return is what stands in a plan. Types name the fields' JS
 * types through a property that exists for the compiler only.
 */
declare const VALUE: unique symbol;

export const ATOMIC_TYPES = [
  'byte',
  'int16',
  'int32',
  'int64',
  'float',
  'double',
  'string',
  'boolean',
  'bytes',
] as const;
export type AtomicType = (typeof ATOMIC_TYPES)[number];

/** A type of Beam's schema.proto: `"int64"`, `{"array": "string"}`, `{"nullable": {"row": {…}}}` … */
export type FieldType =
  | AtomicType
  | { readonly nullable: FieldType }
  | { readonly array: FieldType }
  | { readonly iterable: FieldType }
  | { readonly map: readonly [FieldType, FieldType] }
  | { readonly row: Schema }
  | LogicalType;

/** A type with a meaning beyond its representation. Values of an unknown one are those of the representation. */
export interface LogicalType {
  readonly logical: string;
  readonly representation: FieldType;
  readonly argumentType?: FieldType;
  /** A number, string or boolean; anything else as the `{ "$bytes": base64 }` of the FieldValue. */
  readonly argument?: JsonValue;
  readonly payload?: JsonObject;
}

export interface SchemaField {
  readonly name: string;
  readonly type: FieldType;
  readonly description?: string;
  /** Where the field stands in the bytes, if not where it stands in the list. All fields have one, or none. */
  readonly encodingPosition?: number;
  /** Base64 of each serialised Option. */
  readonly options?: readonly string[];
}

export interface SchemaSpec {
  readonly fields: readonly SchemaField[];
  readonly id?: string;
  readonly options?: readonly string[];
}

/** A schema whose rows are `T`. */
export type Schema<T = unknown> = SchemaSpec & { readonly [VALUE]?: T };
/** A field type whose values are `T`. */
export type TypeOf<T> = FieldType & { readonly [VALUE]?: T };
/** The rows of a schema, or the values of a type. */
export type ValueOf<S> = S extends { readonly [VALUE]?: infer T } ? Exclude<T, undefined> : never;

type RowOf<F extends { readonly [name: string]: TypeOf<unknown> }> = { [N in keyof F]: ValueOf<F[N]> };
type RepresentationOfTimestamp = { readonly seconds: number; readonly subseconds: number };

const typed = <T>(type: FieldType): TypeOf<T> => type as TypeOf<T>;

export const byte = (): TypeOf<number> => typed('byte');
export const int16 = (): TypeOf<number> => typed('int16');
export const int32 = (): TypeOf<number> => typed('int32');
/** An integer as a number; a value beyond ±(2^53 - 1) is an error. See {@link bigint64}. */
export const int64 = (): TypeOf<number> => typed('int64');
export const float = (): TypeOf<number> => typed('float');
export const double = (): TypeOf<number> => typed('double');
export const string = (): TypeOf<string> => typed('string');
export const boolean = (): TypeOf<boolean> => typed('boolean');
export const bytes = (): TypeOf<Uint8Array> => typed('bytes');
export const nullable = <T>(type: TypeOf<T>): TypeOf<T | null> =>
  typed(typeof type === 'object' && 'nullable' in type ? type : { nullable: type });
export const array = <T>(element: TypeOf<T>): TypeOf<T[]> => typed({ array: element });
/** Any iterable when written, an array when read. */
export const iterable = <T>(element: TypeOf<T>): TypeOf<Iterable<T>> => typed({ iterable: element });
export const map = <K, V>(key: TypeOf<K>, value: TypeOf<V>): TypeOf<Map<K, V>> => typed({ map: [key, value] });
/** A row inside a row. */
export const nested = <T>(schema: Schema<T>): TypeOf<T> => typed({ row: schema });

/** The URNs of the logical types that have values of their own. */
export const LOGICAL_TYPE = {
  millisInstant: 'beam:logical_type:millis_instant:v1',
  microsInstant: 'beam:logical_type:micros_instant:v1',
  timestamp: 'beam:logical_type:timestamp:v1',
  decimal: 'beam:logical_type:decimal:v1',
  fixedChar: 'beam:logical_type:fixed_char:v1',
  varChar: 'beam:logical_type:var_char:v1',
  fixedBytes: 'beam:logical_type:fixed_bytes:v1',
  varBytes: 'beam:logical_type:var_bytes:v1',
  bigint64: 'millrace:logical_type:bigint64:v1',
} as const;

/** An int64 as a bigint, always. */
export const bigint64 = (): TypeOf<bigint> => typed({ logical: LOGICAL_TYPE.bigint64, representation: 'int64' });
/** Milliseconds since the epoch as a number. */
export const millisInstant = (): TypeOf<number> =>
  typed({ logical: LOGICAL_TYPE.millisInstant, representation: 'int64' });
/** Seconds since the epoch, and 0 … 999,999 microseconds after them. */
export const microsInstant = (): TypeOf<{ readonly seconds: number; readonly micros: number }> =>
  typed({
    logical: LOGICAL_TYPE.microsInstant,
    representation: { row: row({ seconds: int64(), micros: int64() }) },
  });
/** Seconds since the epoch, and a fraction of `precision` decimal digits after them. */
export const timestamp = (precision: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9): TypeOf<RepresentationOfTimestamp> =>
  typed({
    logical: LOGICAL_TYPE.timestamp,
    representation: { row: row({ seconds: int64(), subseconds: precision < 5 ? int16() : int32() }) },
    argumentType: 'int32',
    argument: precision,
  });
/** A decimal number as text: `'-100.123'`, `'1.0'` (its scale is kept), `'12E+3'`. */
export const decimal = (): TypeOf<string> => typed({ logical: LOGICAL_TYPE.decimal, representation: 'bytes' });
/** Text of exactly `length` UTF-16 units; shorter values are an error, not padded. */
export const fixedChar = (length: number): TypeOf<string> => sized(LOGICAL_TYPE.fixedChar, 'string', length);
export const varChar = (maxLength: number): TypeOf<string> => sized(LOGICAL_TYPE.varChar, 'string', maxLength);
/** Exactly `length` bytes; shorter values are an error, not padded. */
export const fixedBytes = (length: number): TypeOf<Uint8Array> => sized(LOGICAL_TYPE.fixedBytes, 'bytes', length);
export const varBytes = (maxLength: number): TypeOf<Uint8Array> => sized(LOGICAL_TYPE.varBytes, 'bytes', maxLength);

function sized<T>(logical: string, representation: AtomicType, argument: number): TypeOf<T> {
  return typed({ logical, representation, argumentType: 'int32', argument });
}

/** A schema from its fields: `row({ id: int64(), tags: array(string()), at: nullable(millisInstant()) })`. */
export function row<F extends { readonly [name: string]: TypeOf<unknown> }>(fields: F): Schema<RowOf<F>> {
  const schema: Schema<RowOf<F>> = { fields: Object.entries(fields).map(([name, type]) => ({ name, type })) };
  checkSchema(schema, '$');
  return schema;
}

/** A schema from a plan, where nothing about it is certain. */
export function schemaFromJson(json: JsonValue | undefined): Schema {
  const schema: unknown = json;
  checkSchema(schema, '$');
  return schema;
}

/** A copy that is plain JSON. */
export function schemaToJson(schema: Schema): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

/** Rows inside rows inside rows: deeper than this is no schema. */
const DEPTH_LIMIT = 100;

function checkSchema(schema: unknown, path: string, depth = 0): asserts schema is SchemaSpec {
  if (depth > DEPTH_LIMIT) throw bad(path, `nests more than ${DEPTH_LIMIT} types`);
  const { fields, id, options } = objectAt(schema, path, ['fields', 'id', 'options']);
  if (!Array.isArray(fields)) throw bad(`${path}.fields`, 'is not a list');
  if (id !== undefined && typeof id !== 'string') throw bad(`${path}.id`, 'is not a string');
  checkOptions(options, path);
  const names = new Set<string>();
  const positions = new Set<number>();
  for (const [i, field] of fields.entries()) {
    const at = `${path}.fields[${i}]`;
    const { name, type, description, encodingPosition, options } = objectAt(field, at, [
      'name',
      'type',
      'description',
      'encodingPosition',
      'options',
    ]);
    if (typeof name !== 'string') throw bad(`${at}.name`, 'is not a string');
    if (names.has(name)) throw bad(`${at}.name`, `repeats ${JSON.stringify(name)}`);
    names.add(name);
    if (description !== undefined && typeof description !== 'string') throw bad(`${at}.description`, 'is not a string');
    if (encodingPosition !== undefined) {
      const inRange = Number.isInteger(encodingPosition) && Number(encodingPosition) >= 0;
      if (!inRange || Number(encodingPosition) >= fields.length || positions.has(Number(encodingPosition)))
        throw bad(`${at}.encodingPosition`, `must be another one of 0 to ${fields.length - 1}`);
      positions.add(Number(encodingPosition));
    }
    checkOptions(options, at);
    checkType(type, `${at}.type`, depth + 1);
  }
  if (positions.size !== 0 && positions.size !== fields.length)
    throw bad(`${path}.fields`, 'has encoding positions for some fields only');
}

function checkType(type: unknown, path: string, depth: number): asserts type is FieldType {
  if (depth > DEPTH_LIMIT) throw bad(path, `nests more than ${DEPTH_LIMIT} types`);
  if (typeof type === 'string') {
    if (!ATOMIC_TYPES.includes(type as AtomicType))
      throw bad(path, `is ${JSON.stringify(type)}, none of ${ATOMIC_TYPES.join(', ')}`);
    return;
  }
  const all = objectAt(type, path, [
    ...['nullable', 'array', 'iterable', 'map', 'row', 'logical'],
    ...['representation', 'argumentType', 'argument', 'payload'],
  ]);
  const kinds = ['nullable', 'array', 'iterable', 'map', 'row', 'logical'].filter((kind) => all[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length !== 1)
    throw bad(path, 'must have one of nullable, array, iterable, map, row, logical');
  if (kind !== 'logical' && Object.keys(all).length !== 1) throw bad(path, `has more than its ${kind}`);
  switch (kind) {
    case 'map': {
      const pair = all.map;
      if (!Array.isArray(pair) || pair.length !== 2) throw bad(`${path}.map`, 'is not a pair of types');
      checkType(pair[0], `${path}.map[0]`, depth + 1);
      checkType(pair[1], `${path}.map[1]`, depth + 1);
      return;
    }
    case 'row':
      checkSchema(all.row, `${path}.row`, depth + 1);
      return;
    case 'logical':
      if (typeof all.logical !== 'string') throw bad(`${path}.logical`, 'is not a URN');
      checkType(all.representation, `${path}.representation`, depth + 1);
      if (all.argumentType !== undefined) checkType(all.argumentType, `${path}.argumentType`, depth + 1);
      return;
    default:
      checkType(all[kind], `${path}.${kind}`, depth + 1);
      if (
        kind === 'nullable' &&
        typeof all.nullable === 'object' &&
        all.nullable !== null &&
        'nullable' in all.nullable
      )
        throw bad(path, 'is nullable twice');
  }
}

function checkOptions(options: unknown, path: string): void {
  if (options === undefined) return;
  if (!Array.isArray(options)) throw bad(`${path}.options`, 'is not a list');
  for (const option of options) {
    if (typeof option !== 'string') throw bad(`${path}.options`, 'holds something else than base64 strings');
    base64Bytes(option);
  }
}

function objectAt(value: unknown, path: string, known: readonly string[]): { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(path, 'is not an object');
  for (const key of Object.keys(value))
    if (!known.includes(key)) throw bad(path, `has an unknown property ${JSON.stringify(key)}`);
  return value as { readonly [key: string]: unknown };
}

const bad = (path: string, what: string) => coderError(CODER_ERROR.spec, `the schema is wrong: ${path} ${what}`);
