import type { JsonValue } from '../model/json.js';
import { BytesSource, readLength } from './byte-source.js';
import { CODER_ERROR, coderError } from './errors.js';
import { bytesPayload } from './payload-bytes.js';
import {
  ATOMIC_TYPES,
  type FieldType,
  type LogicalType,
  type Schema,
  type SchemaField,
  schemaFromJson,
} from './schema.js';
import { ATOMIC_VALUE, FIELD, LOGICAL, SCHEMA, TYPE, WIRE } from './schema-proto-format.js';

const DEPTH_LIMIT = 100;

/** Parses a serialised Schema. */
export function schemaFromProto(bytes: Uint8Array): Schema {
  // Checked like a schema from a plan: names that repeat, positions that leave gaps.
  return schemaFromJson(JSON.parse(JSON.stringify(readSchema(new BytesSource(bytes), 0))) as JsonValue);
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

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw malformed(`a ${what} has no type`);
  return value;
}

const base64 = (from: BytesSource): string => Buffer.from(from.bytes(from.remaining)).toString('base64');

const malformed = (what: string) => coderError(CODER_ERROR.malformed, `the bytes of a schema are wrong: ${what}`);
