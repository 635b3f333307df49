import { type Data, type DataType, type Field, type FixedSizeList, type Timestamp, Type } from 'apache-arrow';
import { CODER_ERROR } from '../../sdk/coders/errors.js';
import { type FieldType, LOGICAL_TYPE, type LogicalType, type Schema } from '../../sdk/coders/index.js';
import { MillraceError } from '../../sdk/model/index.js';
import { ARROW_ERROR, arrowError, pathTo } from './errors.js';
import { instantForm } from './instants.js';
import { lengthProblem } from './lengths.js';
import {
  checkRoom,
  type Read,
  rangesOf,
  readBooleans,
  readBytes,
  readDecimals,
  readFloats,
  readInt64s,
  readNumbers,
  readStrings,
} from './read-leaves.js';

/** Reads a column as values of `type`; an error where the column's own type is none that holds such values. */
export function columnReader(type: FieldType, data: Data, path: string, nullable = false): Read {
  if (typeof type === 'object' && 'nullable' in type) return columnReader(type.nullable, data, path, true);
  if (typeof type === 'object' && 'logical' in type && !hasOwnValues(type))
    return columnReader(type.representation, data, path, nullable);
  const read = data.typeId === Type.Dictionary ? dictionaryReader(type, data, path) : valueReader(type, data, path);
  if (data.nullCount === 0) return read;
  return (i) => {
    if (data.getValid(i)) return read(i);
    if (nullable) return null;
    throw arrowError(CODER_ERROR.unencodable, `${JSON.stringify(path)} is null, and its type is not nullable`, {
      hint: 'nullable(…) in the schema lets it be null',
    });
  };
}

/** Reads structs, and so record batches, as rows with the fields of the schema; other columns are left out. */
export function rowReader(schema: Schema, data: Data, path: string): (index: number) => Record<string, unknown> {
  const fields = (data.type as DataType).children as readonly Field[];
  const readers = schema.fields.map(({ name, type }) => {
    const at = pathTo.field(path, name);
    const child = data.children[fields.findIndex((field) => field.name === name)];
    if (child === undefined)
      throw arrowError(ARROW_ERROR.schemaMismatch, `there is no Arrow column ${JSON.stringify(at)}`, {
        hint: `the columns there are ${fields.map((field) => field.name).join(', ')}`,
      });
    checkRoom(child.length, data.length, at);
    return { name, read: columnReader(type, child, at) };
  });
  // Copied for each row, so that all rows have one shape, with the properties in the order of the schema.
  const template: Record<string, unknown> = Object.fromEntries(schema.fields.map(({ name }) => [name, null]));
  return (i) => {
    const row = { ...template };
    for (const { name, read } of readers) row[name] = read(i);
    return row;
  };
}

function valueReader(type: FieldType, data: Data, path: string): Read {
  const { typeId } = data;
  const only = (...stores: readonly Type[]): void => {
    if (!stores.includes(typeId))
      throw arrowError(
        ARROW_ERROR.schemaMismatch,
        `the Arrow column ${JSON.stringify(path)} is of the type ${data.type}, and the schema says ${nameOf(type)}`,
      );
  };
  switch (type) {
    case 'byte':
      only(Type.Int);
      return readNumbers(data, 8, path);
    case 'int16':
      only(Type.Int);
      return readNumbers(data, 16, path);
    case 'int32':
      only(Type.Int);
      return readNumbers(data, 32, path);
    case 'int64':
      only(Type.Int);
      return readNumbers(data, 53, path);
    case 'float':
    case 'double':
      only(Type.Float);
      return readFloats(data, type, path);
    case 'string':
      only(Type.Utf8, Type.LargeUtf8, Type.Utf8View);
      return readStrings(data, path);
    case 'boolean':
      only(Type.Bool);
      return readBooleans(data, path);
    case 'bytes':
      only(Type.Binary, Type.LargeBinary, Type.BinaryView, Type.FixedSizeBinary);
      return readBytes(data, path);
  }
  if ('nullable' in type) return columnReader(type, data, path);
  if ('row' in type) {
    only(Type.Struct);
    return rowReader(type.row, data, path);
  }
  if ('map' in type) {
    only(Type.Map);
    return mapReader(type.map, data, path);
  }
  if ('logical' in type) {
    if (instantForm(type) !== undefined) only(Type.Timestamp);
    if (type.logical === LOGICAL_TYPE.decimal) only(Type.Decimal);
    return logicalReader(type, data, path);
  }
  only(Type.List, Type.LargeList, Type.FixedSizeList);
  return listReader('array' in type ? type.array : type.iterable, data, path);
}

/** Whether the values of a logical type are others than those of its representation. */
function hasOwnValues(type: LogicalType): boolean {
  return OWN_VALUES.has(type.logical) || instantForm(type) !== undefined;
}

const OWN_VALUES: ReadonlySet<string> = new Set([
  ...[LOGICAL_TYPE.bigint64, LOGICAL_TYPE.decimal],
  ...[LOGICAL_TYPE.fixedChar, LOGICAL_TYPE.varChar, LOGICAL_TYPE.fixedBytes, LOGICAL_TYPE.varBytes],
]);

function logicalReader(type: LogicalType, data: Data, path: string): Read {
  const instant = instantForm(type);
  if (instant !== undefined) {
    const digits = (data.type as Timestamp).unit * 3;
    const ticks = readInt64s(data, path);
    return (i) => {
      try {
        return instant.fromTicks(ticks(i), digits);
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        throw arrowError(CODER_ERROR.range, `${JSON.stringify(path)}: ${error.summary}`, { hint: error.hint });
      }
    };
  }
  if (type.logical === LOGICAL_TYPE.decimal) return readDecimals(data, path);
  if (type.logical === LOGICAL_TYPE.bigint64) {
    valueReader('int64', data, path);
    return readInt64s(data, path);
  }
  const read = valueReader(type.representation, data, path) as (index: number) => { readonly length: number };
  return (i) => {
    const value = read(i);
    const wrong = lengthProblem(type, value.length);
    if (wrong !== undefined) throw arrowError(CODER_ERROR.range, `${JSON.stringify(path)}: ${wrong}`);
    return value;
  };
}

function listReader(element: FieldType, data: Data, path: string): Read {
  const [child] = data.children;
  const at = pathTo.element(path);
  checkRoom(data.children.length, 1, path);
  const range =
    data.typeId === Type.FixedSizeList ? fixedRanges(data, child!, path) : rangesOf(data, child!.length, path);
  const read = columnReader(element, child!, at);
  return (i) => {
    const [start, end] = range(i);
    const elements = new Array<unknown>(end - start);
    for (let e = start; e < end; e++) elements[e - start] = read(e);
    return elements;
  };
}

function fixedRanges(data: Data, child: Data, path: string): (index: number) => [number, number] {
  const { listSize } = data.type as FixedSizeList;
  checkRoom(child.length, data.length * listSize, path);
  return (i) => [i * listSize, (i + 1) * listSize];
}

function mapReader([key, value]: readonly [FieldType, FieldType], data: Data, path: string): Read {
  const [entries] = data.children;
  const [keys, values] = entries?.children ?? [];
  checkRoom(Math.min(keys?.length ?? -1, values?.length ?? -1), entries?.length ?? 0, path);
  const range = rangesOf(data, entries!.length, path);
  const readKey = columnReader(key, keys!, pathTo.key(path));
  const readValue = columnReader(value, values!, pathTo.value(path));
  return (i) => {
    const [start, end] = range(i);
    const map = new Map<unknown, unknown>();
    for (let e = start; e < end; e++) map.set(readKey(e), readValue(e));
    return map;
  };
}

/** Reads each value of the dictionary once. */
function dictionaryReader(type: FieldType, data: Data, path: string): Read {
  const values = (data.dictionary?.data ?? []).flatMap((chunk: Data) => {
    const read = columnReader(type, chunk, path, true);
    return Array.from({ length: chunk.length }, (_, i) => read(i));
  });
  const indices = data.values as ArrayLike<number | bigint>;
  checkRoom(indices.length, data.length, path);
  return (i) => {
    const index = Number(indices[i]);
    checkRoom(values.length, index + 1, path);
    return values[index];
  };
}

const nameOf = (type: FieldType): string => (typeof type === 'string' ? type : JSON.stringify(type).slice(0, 100));
