import { GrowableSink, writeBytes, writeString } from './byte-sink.js';
import { CODER_ERROR, coderError } from './errors.js';
import { base64Bytes, payloadBytes } from './payload-bytes.js';
import { ATOMIC_TYPES, type FieldType, type LogicalType, type Schema, type SchemaField } from './schema.js';
import { ATOMIC_VALUE, FIELD, LOGICAL, SCHEMA, TYPE, WIRE } from './schema-proto-format.js';

/** Serialises a schema. */
export function schemaToProto(schema: Schema): Uint8Array {
  return message((to) => writeSchema(schema, to));
}

function writeSchema(schema: Schema, to: GrowableSink): void {
  const positions = schema.fields[0]?.encodingPosition !== undefined;
  for (const field of schema.fields) writeMessage(SCHEMA.fields, to, (inner) => writeField(field, inner));
  if (schema.id !== undefined) writeText(SCHEMA.id, schema.id, to);
  for (const option of schema.options ?? []) writeRaw(SCHEMA.options, base64Bytes(option), to);
  if (positions) writeVarint(SCHEMA.encodingPositionsSet, 1, to);
}

function writeField(field: SchemaField, to: GrowableSink): void {
  writeText(FIELD.name, field.name, to);
  if (field.description !== undefined) writeText(FIELD.description, field.description, to);
  writeMessage(FIELD.type, to, (inner) => writeType(field.type, inner));
  if (field.encodingPosition !== undefined && field.encodingPosition !== 0)
    writeVarint(FIELD.encodingPosition, field.encodingPosition, to);
  for (const option of field.options ?? []) writeRaw(FIELD.options, base64Bytes(option), to);
}

function writeType(type: FieldType, to: GrowableSink): void {
  if (typeof type === 'string') writeVarint(TYPE.atomic, ATOMIC_TYPES.indexOf(type) + 1, to);
  else if ('nullable' in type) {
    writeVarint(TYPE.nullable, 1, to);
    writeType(type.nullable, to);
  } else if ('array' in type) writeMessage(TYPE.array, to, (inner) => writeParts([type.array], inner));
  else if ('iterable' in type) writeMessage(TYPE.iterable, to, (inner) => writeParts([type.iterable], inner));
  else if ('map' in type) writeMessage(TYPE.map, to, (inner) => writeParts(type.map, inner));
  else if ('row' in type)
    writeMessage(TYPE.row, to, (inner) => writeMessage(1, inner, (schema) => writeSchema(type.row, schema)));
  else writeMessage(TYPE.logical, to, (inner) => writeLogical(type, inner));
}

function writeParts(parts: readonly FieldType[], to: GrowableSink): void {
  for (const [i, part] of parts.entries()) writeMessage(i + 1, to, (inner) => writeType(part, inner));
}

function writeLogical(type: LogicalType, to: GrowableSink): void {
  writeText(LOGICAL.urn, type.logical, to);
  const payload = payloadBytes(type.payload);
  if (payload !== undefined) writeRaw(LOGICAL.payload, payload, to);
  writeMessage(LOGICAL.representation, to, (inner) => writeType(type.representation, inner));
  const { argumentType, argument } = type;
  if (argumentType !== undefined) writeMessage(LOGICAL.argumentType, to, (inner) => writeType(argumentType, inner));
  if (argument === undefined) return;
  const raw = payloadBytes(argument);
  if (raw !== undefined) {
    writeRaw(LOGICAL.argument, raw, to);
    return;
  }
  const number = typeof argumentType === 'string' ? ATOMIC_TYPES.indexOf(argumentType) + 1 : 0;
  writeMessage(LOGICAL.argument, to, (value) =>
    writeMessage(ATOMIC_VALUE, value, (inner) => {
      if (argumentType === 'int32' && typeof argument === 'number') writeVarint(number, argument, inner);
      else if (argumentType === 'string' && typeof argument === 'string') writeText(number, argument, inner);
      else if (argumentType === 'boolean' && typeof argument === 'boolean')
        writeVarint(number, argument ? 1 : 0, inner);
      else throw coderError(CODER_ERROR.spec, `the argument of ${type.logical} is not of its argument type`);
    }),
  );
}

function writeMessage(number: number, to: GrowableSink, write: (inner: GrowableSink) => void): void {
  writeRaw(number, message(write), to);
}

function writeVarint(number: number, value: number, to: GrowableSink): void {
  to.varint(number * 8 + WIRE.varint);
  to.varint(value);
}

function writeText(number: number, value: string, to: GrowableSink): void {
  to.varint(number * 8 + WIRE.bytes);
  writeString(to, value);
}

function writeRaw(number: number, value: Uint8Array, to: GrowableSink): void {
  to.varint(number * 8 + WIRE.bytes);
  writeBytes(to, value);
}

function message(write: (to: GrowableSink) => void): Uint8Array {
  const sink = new GrowableSink();
  write(sink);
  return sink.toBytes();
}
