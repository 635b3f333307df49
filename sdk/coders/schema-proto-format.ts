/*
 * org.apache.beam.model.pipeline.v1.Schema (schema.proto) as bytes: what Beam has as the payload of
 * beam:coder:row:v1. Only the fields below are known; others are skipped, as protobuf has it.
 */
export const SCHEMA = { fields: 1, id: 2, options: 3, encodingPositionsSet: 4 } as const;
export const FIELD = { name: 1, description: 2, type: 3, id: 4, encodingPosition: 5, options: 6 } as const;
export const TYPE = { nullable: 1, atomic: 2, array: 3, iterable: 4, map: 5, row: 6, logical: 7 } as const;
export const LOGICAL = { urn: 1, payload: 2, representation: 3, argumentType: 4, argument: 5 } as const;
/** FieldValue.atomic_value, and inside it one field for each atomic type, numbered as the type is. */
export const ATOMIC_VALUE = 1;
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
