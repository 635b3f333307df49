import { makeData, RecordBatch, Struct } from 'apache-arrow';
import type { Schema } from '../../sdk/coders/index.js';
import { arrowSchemaOf } from './arrow-schema.js';
import { columnsOf } from './write-columns.js';

/**
 * Rows as one Arrow record batch. What the row coder refuses is refused here too: properties that the schema does not
 * have, null where it is not allowed, integers out of range, text without a UTF-8 form.
 */
export function recordBatchOf<T>(rows: Iterable<T>, schema: Schema<T>): RecordBatch {
  const held = [...rows];
  const arrowSchema = arrowSchemaOf(schema);
  const children = columnsOf(schema, arrowSchema.fields, held, { path: '', rowOf: (i) => i });
  const type = new Struct(arrowSchema.fields);
  return new RecordBatch(arrowSchema, makeData({ type, length: held.length, nullCount: 0, children }));
}
