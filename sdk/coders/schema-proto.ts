import type { JsonValue } from '../model/json.js';
import { GrowableSink, writeBytes, writeString } from './byte-sink.js';
import { BytesSource, readLength } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';
import { base64Bytes, bytesPayload, payloadBytes } from './payload-bytes.js';
import {
  ATOMIC_TYPES,
  type FieldType,
  type LogicalType,
  type Schema,
  type SchemaField,
  schemaFromJson,
} from './schema.js';

/*
 * org.apache.beam.model.pipeline.v1.Schema (schema.proto) as bytes: what Beam has as the payload of
 * beam:coder:row:v1. Only the fields below are known; others are skipped, as protobuf has it.
 */
const SCHEMA = { fields: 1, id: 2, options: 3, encodingPositionsSet: 4 } as const;
const FIELD = { name: 1, description: 2, type: 3, id: 4, encodingPosition: 5, options: 6 } as const;
const TYPE = { nullable: 1, atomic: 2, array: 3, iterable: 4, map: 5, row: 6, logical: 7 } as const;
const LOGICAL = { urn: 1, payload: 2, representation: 3, argumentType: 4, argument: 5 } as const;
/** FieldValue.atomic_value, and inside it one field for each atomic type, numbered as the type is. */
const ATOMIC_VALUE = 1;
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const DEPTH_LIMIT = 100;

/** Parses a serialised Schema. */
export function schemaFromProto(bytes: Uint8Array): Schema {
  // Checked like a schema from a plan: names that repeat, positions that leave gaps.
  return schemaFromJson(JSON.parse(JSON.stringify(readSchema(new BytesSource(bytes), 0))) as JsonValue);
}

/** Serialises a schema. A field's id is its index, as Beam's own SDKs have it where they set one. */
export function schemaToProto(schema: Schema): Uint8Array {
  return message((to) => writeSchema(schema, to));
}

function readSchema(from: BytesSource, depth: number): Schema {
  const fields: SchemaField[] = [];
  const options: string[] = [];
  let id = '';
  let positionsSet = false;
  readMessage(from, {
    [SCHEMA.fields]: (value) => fields.push(readField(value, depth)),
    [SCHEMA.id]: (value) => {
      id = value.utf8(value.remaining);
    },
    [SCHEMA.options]: (value) => options.push(base64(value)),
    [SCHEMA.encodingPositionsSet]: (value) => {
      positionsSet = value.varint() !== 0;
    },
  });
  return {
    fields: positionsSet
      ? fields.map((field) => ({ ...field, encodingPosition: field.encodingPosition ?? 0 }))
      : fields.map(({ encodingPosition: _, ...field }) => field),
    ...(id !== '' && { id }),
    ...(options.length > 0 && { options }),
  };
}

function readField(from: BytesSource, depth: number): SchemaField {
  let name = '';
  let description = '';
  let type: FieldType | undefined;
  let encodingPosition = 0;
  const options: string[] = [];
  readMessage(from, {
    [FIELD.name]: (value) => {
      name = value.utf8(value.remaining);
    },
    [FIELD.description]: (value) => {
      description = value.utf8(value.remaining);
    },
    [FIELD.type]: (value) => {
      type = readType(value, depth + 1);
    },
    [FIELD.encodingPosition]: (value) => {
      encodingPosition = value.varint();
    },
    [FIELD.options]: (value) => options.push(base64(value)),
  });
  if (type === undefined) throw malformed(`the field ${JSON.stringify(name)} has no type`);
  return {
    name,
    type,
    encodingPosition,
    ...(description !== '' && { description }),
    ...(options.length > 0 && { options }),
  };
}

function readType(from: BytesSource, depth: number): FieldType {
  if (depth > DEPTH_LIMIT) throw malformed(`types nested deeper than ${DEPTH_LIMIT}`);
  let nullable = false;
  let type: FieldType | undefined;
  readMessage(from, {
    [TYPE.nullable]: (value) => {
      nullable = value.varint() !== 0;
    },
    [TYPE.atomic]: (value) => {
      const number = value.varint();
      type = ATOMIC_TYPES[number - 1];
      if (type === undefined) throw malformed(`${number} is no atomic type`);
    },
    [TYPE.array]: (value) => {
      type = { array: readPart(value, 1, depth) };
    },
    [TYPE.iterable]: (value) => {
      type = { iterable: readPart(value, 1, depth) };
    },
    [TYPE.map]: (value) => {
      const parts = readParts(value, depth);
      type = { map: [required(parts[1], 'map key'), required(parts[2], 'map value')] };
    },
    [TYPE.row]: (value) => {
      let schema: Schema = { fields: [] };
      readMessage(value, {
        1: (inner) => {
          schema = readSchema(inner, depth + 1);
        },
      });
      type = { row: schema };
    },
    [TYPE.logical]: (value) => {
      type = readLogical(value, depth);
    },
  });
  const found = required(type, 'field');
  return nullable ? { nullable: found } : found;
}

function readLogical(from: BytesSource, depth: number): LogicalType {
  let logical = '';
  let payload: Uint8Array | undefined;
  let representation: FieldType | undefined;
  let argumentType: FieldType | undefined;
  let argument: Uint8Array | undefined;
  readMessage(from, {
    [LOGICAL.urn]: (value) => {
      logical = value.utf8(value.remaining);
    },
    [LOGICAL.payload]: (value) => {
      payload = value.bytes(value.remaining);
    },
    [LOGICAL.representation]: (value) => {
      representation = readType(value, depth + 1);
    },
    [LOGICAL.argumentType]: (value) => {
      argumentType = readType(value, depth + 1);
    },
    [LOGICAL.argument]: (value) => {
      argument = value.bytes(value.remaining);
    },
  });
  return {
    logical,
    representation: required(representation, `logical type ${logical}`),
    ...(argumentType !== undefined && { argumentType }),
    ...(argument !== undefined && { argument: readArgument(argument, argumentType) }),
    ...(payload !== undefined && payload.length > 0 && { payload: bytesPayload(payload) }),
  };
}

/** The number, string or boolean of an atomic FieldValue, or the bytes of any other. */
function readArgument(bytes: Uint8Array, type: FieldType | undefined): JsonValue {
  let found: JsonValue | undefined;
  if (type === 'int32' || type === 'string' || type === 'boolean') {
    const number = ATOMIC_TYPES.indexOf(type) + 1;
    readMessage(new BytesSource(bytes), {
      [ATOMIC_VALUE]: (value) =>
        readMessage(value, {
          [number]: (held) => {
            if (type === 'string') found = held.utf8(held.remaining);
            else found = type === 'boolean' ? held.varint() !== 0 : held.varint() | 0;
          },
        }),
    });
  }
  return found ?? bytesPayload(bytes);
}

function readParts(from: BytesSource, depth: number): Record<number, FieldType> {
  const parts: Record<number, FieldType> = {};
  readMessage(from, {
    1: (value) => {
      parts[1] = readType(value, depth + 1);
    },
    2: (value) => {
      parts[2] = readType(value, depth + 1);
    },
  });
  return parts;
}

const readPart = (from: BytesSource, number: number, depth: number): FieldType =>
  required(readParts(from, depth)[number], 'element');

/** Calls `on[number]` for each field with a source of its content: the varint, or the bytes without their length. */
function readMessage(from: BytesSource, on: { readonly [number: number]: (value: BytesSource) => void }): void {
  while (from.remaining > 0) {
    const tag = from.varint();
    const visit = on[Math.floor(tag / 8)];
    switch (tag & 7) {
      case WIRE.varint:
        if (visit === undefined) from.varint64();
        else visit(from);
        break;
      case WIRE.fixed64:
        from.bytes(8);
        break;
      case WIRE.fixed32:
        from.bytes(4);
        break;
      case WIRE.bytes: {
        const content = from.bytes(readLength(from, 'a protobuf field'));
        visit?.(new BytesSource(content));
        break;
      }
      default:
        throw malformed(`${tag & 7} is no wire type`);
    }
  }
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

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw malformed(`a ${what} has no type`);
  return value;
}

const base64 = (from: BytesSource): string => Buffer.from(from.bytes(from.remaining)).toString('base64');

const malformed = (what: string) => coderError(CODER_ERROR.malformed, `the bytes of a schema are wrong: ${what}`);
