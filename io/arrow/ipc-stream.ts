import { type RecordBatch, RecordBatchReader, RecordBatchStreamWriter, type Schema, util } from 'apache-arrow';
import { ARROW_ERROR, arrowError } from './errors.js';

/**
 * The bytes of an Arrow IPC stream: the schema, then the batches, which must all have it.
 *
 * @param schema needed where there may be no batch.
 */
export function encodeArrowStream(batches: Iterable<RecordBatch>, schema?: Schema): Uint8Array {
  const held = [...batches];
  const common = schema ?? held[0]?.schema;
  if (common === undefined)
    throw arrowError(ARROW_ERROR.schemaMismatch, 'a stream without a batch needs its schema as the second argument');
  // The writer would end the stream there, without a word.
  for (const [i, batch] of held.entries())
    if (!util.compareSchemas(common, batch.schema))
      throw arrowError(
        ARROW_ERROR.schemaMismatch,
        `batch ${i} has the schema ${batch.schema}, and its stream has ${common}`,
      );
  const writer = new RecordBatchStreamWriter();
  // Begins the stream with this schema even without a batch.
  writer.reset(undefined, common);
  for (const batch of held) writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

/** The batches of an Arrow IPC stream (or file); a stream of none gives one that is empty, for its schema. */
export function decodeArrowStream(bytes: Uint8Array): RecordBatch[] {
  let batches: RecordBatch[];
  try {
    batches = [...RecordBatchReader.from(bytes)];
  } catch (cause) {
    throw arrowError(ARROW_ERROR.malformed, `these ${bytes.length} bytes are no Arrow IPC stream, or not all of it`, {
      cause,
    });
  }
  if (batches.length === 0)
    throw arrowError(ARROW_ERROR.malformed, `these ${bytes.length} bytes do not begin with an Arrow schema`);
  return batches;
}
