import { Table } from 'apache-arrow';
import fc from 'fast-check';
import {
  arrowSchemaOf,
  decodeArrowStream,
  encodeArrowStream,
  recordBatchOf,
  rowsOf,
  schemaOfArrow,
} from 'millrace/arrow';
import { schemaToJson } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { schemaAndRows } from './rows.js';

describe('rows of any schema', () => {
  it('come back from a batch, and from its bytes', () => {
    fc.assert(
      fc.property(schemaAndRows, ([schema, rows]) => {
        const batch = recordBatchOf<unknown>(rows, schema);
        expect(batch.numRows).toBe(rows.length);
        expect(rowsOf(batch, schema)).toStrictEqual(rows);
        const [decoded, ...others] = decodeArrowStream(encodeArrowStream([batch]));
        expect(others).toEqual([]);
        expect(rowsOf(decoded!, schema)).toStrictEqual(rows);
        // The stream says what is in it.
        expect(rowsOf(decoded!)).toStrictEqual(rows);
      }),
    );
  });

  it('have a schema that comes back', () => {
    fc.assert(
      fc.property(schemaAndRows, ([schema]) => {
        expect(schemaToJson(schemaOfArrow(arrowSchemaOf(schema)))).toEqual(schemaToJson(schema));
      }),
    );
  });

  it('are the same in slices and in tables of several batches', () => {
    fc.assert(
      fc.property(schemaAndRows, fc.nat(20), fc.nat(20), ([schema, rows], from, length) => {
        const batch = recordBatchOf<unknown>(rows, schema);
        const slice = batch.slice(from, from + length);
        expect(rowsOf(slice, schema)).toStrictEqual(rows.slice(from, from + length));
        expect(rowsOf(new Table([batch, batch]), schema)).toStrictEqual([...rows, ...rows]);
        const [sent] = decodeArrowStream(encodeArrowStream([slice]));
        expect(rowsOf(sent!, schema)).toStrictEqual(rows.slice(from, from + length));
      }),
    );
  });
});
