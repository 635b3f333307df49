import {
  Binary,
  Bool,
  type DataType,
  Field,
  FixedSizeBinary,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Map_,
  Schema,
  Struct,
  Timestamp,
  Utf8,
} from 'apache-arrow';
import {
  type AtomicType,
  type FieldType,
  LOGICAL_TYPE,
  type LogicalType,
  type Schema as RowSchema,
} from '../../sdk/coders/index.js';
import { pathTo, unsupportedType } from './errors.js';
import { instantForm } from './instants.js';

/** Where Arrow's format says that the type of a field is more than its storage. */
export const EXTENSION = { name: 'ARROW:extension:name', metadata: 'ARROW:extension:metadata' } as const;

const ATOMIC: { readonly [type in AtomicType]: () => DataType } = {
  byte: () => new Int8(),
  int16: () => new Int16(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  float: () => new Float32(),
  double: () => new Float64(),
  string: () => new Utf8(),
  boolean: () => new Bool(),
  bytes: () => new Binary(),
};

/**
 * The Arrow schema of rows. Rows inside rows are structs, arrays and iterables lists, instants timestamps in UTC. A
 * logical type that Arrow has no type for is its representation, with its URN as the name of an extension type. A
 * decimal is refused: its scale is the value's, Arrow's is the column's. A field's description, options and encoding
 * position are not part of it.
 */
export function arrowSchemaOf(schema: RowSchema): Schema {
  return new Schema(arrowFieldsOf(schema, ''));
}

function arrowFieldsOf(schema: RowSchema, path: string): Field[] {
  return schema.fields.map(({ name, type }) => {
    if (name === '') throw unsupportedType(pathTo.field(path, name), 'has no name, and Arrow streams do not keep that');
    return arrowFieldOf(name, type, pathTo.field(path, name));
  });
}

export function arrowFieldOf(name: string, type: FieldType, path: string): Field {
  if (typeof type === 'string') return new Field(name, ATOMIC[type]());
  if ('nullable' in type) {
    const inner = arrowFieldOf(name, type.nullable, path);
    return new Field(name, inner.type as DataType, true, inner.metadata);
  }
  if ('array' in type) return new Field(name, listOf(type.array, path));
  if ('iterable' in type) return new Field(name, listOf(type.iterable, path));
  if ('map' in type) return new Field(name, mapOf(type.map, path));
  if ('row' in type) return new Field(name, new Struct(arrowFieldsOf(type.row, path)));
  return logicalFieldOf(name, type, path);
}

function listOf(element: FieldType, path: string): List {
  return new List(arrowFieldOf('item', element, pathTo.element(path)));
}

function mapOf([key, value]: readonly [FieldType, FieldType], path: string): Map_ {
  const keyField = arrowFieldOf('key', key, pathTo.key(path));
  if (keyField.nullable) throw unsupportedType(pathTo.key(path), 'is nullable, and keys of an Arrow map are not');
  const entry = new Struct<{ key: DataType; value: DataType }>([
    keyField,
    arrowFieldOf('value', value, pathTo.value(path)),
  ]);
  return new Map_(new Field('entries', entry));
}

function logicalFieldOf(name: string, type: LogicalType, path: string): Field {
  const instant = instantForm(type);
  if (instant !== undefined) {
    const timestamp = new Timestamp(instant.unitDigits / 3, 'UTC');
    return isImplied(type) ? new Field(name, timestamp) : extensionField(new Field(name, timestamp), type);
  }
  if (type.logical === LOGICAL_TYPE.decimal)
    throw unsupportedType(
      path,
      'is a decimal, whose scale every value has for itself, and an Arrow column has one',
      'map it to string() or to a scaled bigint64() before',
    );
  if (type.logical === LOGICAL_TYPE.fixedBytes && isImplied(type))
    return new Field(name, new FixedSizeBinary(type.argument as number));
  return extensionField(arrowFieldOf(name, type.representation, path), type);
}

/** Whether the Arrow type alone says that it is this logical type. */
function isImplied(type: LogicalType): boolean {
  switch (type.logical) {
    case LOGICAL_TYPE.millisInstant:
    case LOGICAL_TYPE.microsInstant:
      return true;
    case LOGICAL_TYPE.timestamp:
      return type.argument === 0 || type.argument === 9;
    default:
      return type.logical === LOGICAL_TYPE.fixedBytes && Number(type.argument) > 0;
  }
}

function extensionField(storage: Field, type: LogicalType): Field {
  const metadata = new Map([
    [EXTENSION.name, type.logical],
    [EXTENSION.metadata, JSON.stringify(type)],
  ]);
  return new Field(storage.name, storage.type as DataType, storage.nullable, metadata);
}
