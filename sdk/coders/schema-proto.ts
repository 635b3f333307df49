/** Schemas as the bytes that Beam has them in. */
export { schemaFromProto } from './schema-proto-read.js';
export { schemaToProto } from './schema-proto-write.js';
