/** Rows with a schema as Apache Arrow record batches and IPC streams, and back. */
export { arrowSchemaOf } from './arrow-schema.js';
export { ARROW_ERROR } from './errors.js';
export { decodeArrowStream, encodeArrowStream } from './ipc-stream.js';
export { recordBatchOf } from './record-batch.js';
export { rowsOf } from './rows.js';
export { schemaOfArrow } from './schema-of-arrow.js';
