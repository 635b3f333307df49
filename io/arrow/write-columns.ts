import { type Data, type Field, type List, type Map_, makeData, type Struct } from 'apache-arrow';
import { CODER_ERROR } from '../../sdk/coders/errors.js';
import type { FieldType, Schema } from '../../sdk/coders/index.js';
import { pathTo } from './errors.js';
import { instantForm } from './instants.js';
import { failAt, isNot, type Place } from './place.js';
import { atomicColumn, base, instantColumn, logicalColumn, type Present } from './write-leaves.js';

/** Stands for a field of a row that is itself null: no value, and no error where the field may not be null. */
const ABSENT = Symbol('absent');

/** The columns of rows, each of which is an object, or absent. */
export function columnsOf(schema: Schema, fields: readonly Field[], rows: readonly unknown[], place: Place): Data[] {
  checkRows(schema, rows, place);
  return schema.fields.map(({ name, type }, f) => {
    const values = rows.map((row) => (row === ABSENT ? ABSENT : (row as Record<string, unknown>)[name]));
    return columnOf(type, fields[f]!, values, { ...place, path: pathTo.field(place.path, name) });
  });
}

function columnOf(type: FieldType, field: Field, values: readonly unknown[], place: Place): Data {
  if (typeof type === 'object') {
    if ('nullable' in type) return columnOf(type.nullable, field, values, place);
    if ('array' in type) return listColumn(type.array, field, values, place);
    if ('iterable' in type) return listColumn(type.iterable, field, values, place);
    if ('map' in type) return mapColumn(type.map, field, values, place);
    if ('row' in type) return rowColumn(type.row, field, values, place);
    const present = presentOf(field, values, place);
    const instant = instantForm(type);
    if (instant !== undefined) return instantColumn(instant, present, place);
    return logicalColumn(type, present, place) ?? columnOf(type.representation, field, values, place);
  }
  return atomicColumn(type, presentOf(field, values, place), place);
}

/** Finds the nulls of a column: errors where its field is not nullable. */
function presentOf(field: Field, values: readonly unknown[], place: Place): Present {
  const bitmap = new Uint8Array((values.length + 7) >> 3).fill(255);
  let nullCount = 0;
  for (const [i, value] of values.entries()) {
    if (value !== null && value !== undefined && value !== ABSENT) continue;
    if (value !== ABSENT && !field.nullable)
      throw failAt(place, i, CODER_ERROR.unencodable, isNot('a value', value), 'nullable(…) lets it be null');
    if (!field.nullable) continue;
    nullCount++;
    bitmap[i >> 3]! &= ~(1 << (i & 7));
  }
  return {
    length: values.length,
    nullCount,
    nullBitmap: nullCount === 0 ? undefined : bitmap,
    each(visit) {
      for (const [i, value] of values.entries())
        if (value !== null && value !== undefined && value !== ABSENT) visit(value, i);
    },
  };
}

function listColumn(element: FieldType, field: Field, values: readonly unknown[], place: Place): Data {
  const present = presentOf(field, values, place);
  const type = field.type as List;
  const { flat, valueOffsets, rowOf } = flattened(present, place, (value, i) => {
    if (typeof value !== 'object' || value === null || !(Symbol.iterator in value))
      throw failAt(place, i, CODER_ERROR.unencodable, isNot('an array or another iterable object', value));
    return value as Iterable<unknown>;
  });
  const child = columnOf(element, type.children[0]!, flat, { path: pathTo.element(place.path), rowOf });
  return makeData({ ...base(present), type, valueOffsets, child });
}

function mapColumn(
  [key, value]: readonly [FieldType, FieldType],
  field: Field,
  values: readonly unknown[],
  place: Place,
): Data {
  const present = presentOf(field, values, place);
  const type = field.type as Map_;
  const { flat, valueOffsets, rowOf } = flattened(present, place, (held, i) => {
    if (!(held instanceof Map)) throw failAt(place, i, CODER_ERROR.unencodable, isNot('a Map', held));
    return held as Iterable<unknown>;
  });
  const entries = flat as [unknown, unknown][];
  const entryType = type.children[0]!.type as Struct;
  const [keyField, valueField] = entryType.children as [Field, Field];
  const children = [
    columnOf(
      key,
      keyField,
      entries.map((entry) => entry[0]),
      { path: pathTo.key(place.path), rowOf },
    ),
    columnOf(
      value,
      valueField,
      entries.map((entry) => entry[1]),
      { path: pathTo.value(place.path), rowOf },
    ),
  ];
  const child = makeData({ type: entryType, length: entries.length, nullCount: 0, children });
  return makeData({ ...base(present), type, valueOffsets, child });
}

function rowColumn(schema: Schema, field: Field, values: readonly unknown[], place: Place): Data {
  const present = presentOf(field, values, place);
  const type = field.type as Struct;
  const rows = values.map((value) => value ?? ABSENT);
  const children = columnsOf(schema, type.children, rows, place);
  return makeData({ ...base(present), type, children });
}

/** The elements of all values, one after the other, and where each value's begin. */
function flattened(
  present: Present,
  place: Place,
  elementsOf: (value: unknown, index: number) => Iterable<unknown>,
): { flat: unknown[]; valueOffsets: Int32Array; rowOf: Place['rowOf'] } {
  const flat: unknown[] = [];
  const valueOffsets = new Int32Array(present.length + 1);
  let next = 0;
  present.each((value, i) => {
    valueOffsets.fill(flat.length, next, i + 1);
    next = i + 1;
    for (const element of elementsOf(value, i)) flat.push(element);
  });
  valueOffsets.fill(flat.length, next);
  // Only for an error: the last value that begins at the element or before it, and is not empty.
  const rowOf = (index: number): number => place.rowOf(valueOffsets.findLastIndex((start) => start <= index));
  return { flat, valueOffsets, rowOf };
}

function checkRows(schema: Schema, rows: readonly unknown[], place: Place): void {
  const known = new Set(schema.fields.map(({ name }) => name));
  for (const [i, row] of rows.entries()) {
    if (row === ABSENT) continue;
    if (typeof row !== 'object' || row === null)
      throw failAt(place, i, CODER_ERROR.unencodable, isNot('an object', row));
    for (const name in row)
      if (!known.has(name))
        throw failAt(
          place,
          i,
          CODER_ERROR.unencodable,
          `the row has the property ${JSON.stringify(name)}, its schema has not`,
          `the schema's fields are ${[...known].join(', ')}`,
        );
  }
}
