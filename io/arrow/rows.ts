import type { Data, RecordBatch, Table } from 'apache-arrow';
import type { Schema } from '../../sdk/coders/index.js';
import { MillraceError } from '../../sdk/model/index.js';
import { rowReader } from './read-columns.js';
import { schemaOfArrow } from './schema-of-arrow.js';

/**
 * The rows of a record batch or a table, as plain objects of their own: nothing of Arrow's stays alive in them.
 *
 * @param schema what the rows shall be, when it is not what {@link schemaOfArrow} makes of the columns: a part of the
 * columns, or other types that hold the same values. A value that its type does not hold is an error.
 */
export function rowsOf(source: RecordBatch | Table): Record<string, unknown>[];
export function rowsOf<T>(source: RecordBatch | Table, schema: Schema<T>): T[];
export function rowsOf(
  source: RecordBatch | Table,
  schema: Schema = schemaOfArrow(source.schema),
): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  for (const data of 'batches' in source ? source.batches.map((batch) => batch.data) : [source.data])
    readInto(rows, schema, data);
  return rows;
}

function readInto(rows: Record<string, unknown>[], schema: Schema, data: Data): void {
  // The batch of a stream that has none has no columns of columns either.
  if (data.length === 0) return;
  const read = rowReader(schema, data, '');
  let i = 0;
  try {
    for (; i < data.length; i++) rows.push(read(i));
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError(error.code, error.kind, `in row ${rows.length}: ${error.summary}`, {
      hint: error.hint,
      cause: error.cause,
    });
  }
}
