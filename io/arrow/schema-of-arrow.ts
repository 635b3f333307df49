import {
  type DataType,
  type Dictionary,
  type Field,
  type FixedSizeBinary,
  type Float,
  type Int,
  Precision,
  type Schema,
  type Timestamp,
  Type,
} from 'apache-arrow';
import {
  array,
  boolean,
  bytes,
  decimal,
  double,
  type FieldType,
  fixedBytes,
  float,
  int16,
  int32,
  int64,
  map,
  microsInstant,
  millisInstant,
  nested,
  nullable,
  type Schema as RowSchema,
  type SchemaField,
  schemaFromJson,
  string,
  timestamp,
} from '../../sdk/coders/index.js';
import type { JsonValue } from '../../sdk/model/index.js';
import { arrowFieldOf, EXTENSION } from './arrow-schema.js';
import { ARROW_ERROR, arrowError, pathTo, unsupportedType } from './errors.js';

/**
 * The schema of the rows that an Arrow schema describes. Unsigned integers become the next wider type, dictionaries the
 * type of their values, timestamps instants (one without a zone is taken as UTC), decimals text. Extension types that
 * are not ours are their storage.
 */
export function schemaOfArrow(schema: Schema): RowSchema {
  return rowSchemaOf(schema.fields, '');
}

function rowSchemaOf(fields: readonly Field[], path: string): RowSchema {
  const rowFields: SchemaField[] = fields.map((field) => ({
    name: field.name,
    type: fieldTypeOf(field, pathTo.field(path, field.name)),
  }));
  return schemaFromJson({ fields: rowFields } as unknown as JsonValue);
}

function fieldTypeOf(field: Field, path: string): FieldType {
  const extension = extensionOf(field, path);
  if (extension === undefined) {
    const type = valueTypeOf(field.type as DataType, path);
    return field.nullable ? nullable(type) : type;
  }
  return field.nullable && !arrowFieldOf('value', extension, path).nullable ? nullable(extension) : extension;
}

/** The logical type that one of our schemas wrote beside its representation. */
function extensionOf(field: Field, path: string): FieldType | undefined {
  const name = field.metadata.get(EXTENSION.name);
  if (name === undefined || !/^(?:beam|millrace):logical_type:/.test(name)) return undefined;
  let type: FieldType;
  try {
    const parsed = JSON.parse(field.metadata.get(EXTENSION.metadata) ?? '') as JsonValue;
    type = schemaFromJson({ fields: [{ name: 'value', type: parsed }] }).fields[0]!.type;
  } catch (cause) {
    throw arrowError(ARROW_ERROR.malformed, `the extension type ${name} of the field ${JSON.stringify(path)} is none`, {
      cause,
    });
  }
  const storage = arrowFieldOf('value', type, path).type as DataType;
  if (String(storage) !== String(field.type))
    throw arrowError(
      ARROW_ERROR.schemaMismatch,
      `the field ${JSON.stringify(path)} is ${field.type}, and its extension type ${name} is stored as ${storage}`,
    );
  return type;
}

function valueTypeOf(type: DataType, path: string): FieldType {
  switch (type.typeId) {
    case Type.Int:
      return integerTypeOf(type as Int);
    case Type.Float:
      return (type as Float).precision === Precision.DOUBLE ? double() : float();
    case Type.Bool:
      return boolean();
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return string();
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
      return bytes();
    case Type.FixedSizeBinary:
      return fixedBytes((type as FixedSizeBinary).byteWidth);
    case Type.Timestamp:
      return INSTANTS[(type as Timestamp).unit]();
    case Type.Decimal:
      return decimal();
    case Type.Dictionary:
      return valueTypeOf((type as Dictionary).dictionary as DataType, path);
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
      return array(fieldTypeOf(type.children[0]!, pathTo.element(path)));
    case Type.Struct:
      return nested(rowSchemaOf(type.children, path));
    case Type.Map: {
      const [key, value] = (type.children[0]!.type as DataType).children;
      // Some writers say of keys that they may be null; none is.
      const keyField = key!.clone({ nullable: false });
      return map(fieldTypeOf(keyField, pathTo.key(path)), fieldTypeOf(value!, pathTo.value(path)));
    }
    default:
      throw unsupportedType(path, `is of the Arrow type ${type}, and rows have no such type`);
  }
}

const INSTANTS = [() => timestamp(0), millisInstant, microsInstant, () => timestamp(9)] as const;

function integerTypeOf({ isSigned, bitWidth }: Int): FieldType {
  const needed = isSigned ? bitWidth : bitWidth + 1;
  if (needed <= 8) return 'byte';
  return needed <= 16 ? int16() : needed <= 32 ? int32() : int64();
}
