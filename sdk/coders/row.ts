import type { ByteSink, ByteSource, Coder } from '../model/coder.js';
import { MillraceError } from '../model/errors.js';
import type { JsonObject } from '../model/json.js';
import { BEAM_CODER } from '../model/urns.js';
import { readLength } from './byte-source.js';
import { CODER_ERROR, coderError, describeValue, wrongType } from './errors.js';
import { allDeterministic } from './kv.js';
import { type RowCoderOptions, typeCoder } from './row-types.js';
import { type Schema, schemaToJson } from './schema.js';

interface RowField {
  readonly name: string;
  readonly nullable: boolean;
  readonly coder: Coder<unknown>;
}

/**
 * The number of fields, a bit set of those that are null (its length before it, trailing zero bytes left out), then the
 * fields that are not, in the order of their encoding positions.
 */
class RowCoder implements Coder<Record<string, unknown>> {
  readonly urn = BEAM_CODER.row;
  readonly components = [];
  readonly deterministic: true | string;
  readonly payload: JsonObject;
  readonly #fields: readonly RowField[];
  /** Copied for each row, so that all rows have one shape, with the properties in the order of the schema. */
  readonly #template: Record<string, unknown>;

  constructor(
    readonly schema: Schema,
    options: RowCoderOptions,
  ) {
    this.payload = schemaToJson(schema);
    const inOrder = [...schema.fields];
    if (schema.fields[0]?.encodingPosition !== undefined)
      for (const field of schema.fields) inOrder[field.encodingPosition!] = field;
    this.#fields = inOrder.map(({ name, type }) => {
      const nullable = typeof type === 'object' && 'nullable' in type;
      const present = nullable ? type.nullable : type;
      return { name, nullable, coder: typeCoder(present, options, (inner, given) => new RowCoder(inner, given)) };
    });
    this.#template = Object.fromEntries(schema.fields.map(({ name }) => [name, null]));
    this.deterministic = allDeterministic(this.#fields.map((field) => field.coder));
  }

  encode(value: Record<string, unknown>, to: ByteSink): void {
    if (typeof value !== 'object' || value === null) throw wrongType(this.urn, 'an object', value);
    const fields = this.#fields;
    to.varint(fields.length);
    let given = 0;
    let lastNull = -1;
    for (let i = 0; i < fields.length; i++) {
      const { name, nullable } = fields[i]!;
      const field = value[name];
      if (field !== undefined || name in value) given++;
      if (field !== null && field !== undefined) continue;
      if (!nullable) throw missing(name, field);
      lastNull = i;
    }
    if (Object.keys(value).length > given) throw this.#surplus(value);
    this.#encodeNulls(value, lastNull, to);
    for (let i = 0; i < fields.length; i++) {
      const { name, coder } = fields[i]!;
      const field = value[name];
      if (field === null || field === undefined) continue;
      try {
        coder.encode(field, to, true);
      } catch (error) {
        throw inField(name, error);
      }
    }
  }

  decode(from: ByteSource): Record<string, unknown> {
    const fields = this.#fields;
    const count = from.varint();
    if (count < 0 || count > fields.length)
      throw coderError(CODER_ERROR.malformed, `a row of ${count} fields, and the schema has ${fields.length}`);
    const nulls = from.bytes(readLength(from, 'a row’s null bits')).slice();
    const row = { ...this.#template };
    for (let i = 0; i < fields.length; i++) {
      const { name, nullable, coder } = fields[i]!;
      // A writer that knew fewer fields leaves out the last ones.
      if (i >= count || (nulls[i >> 3]! >> (i & 7)) & 1) {
        if (!nullable) throw missing(name, null);
        continue;
      }
      try {
        row[name] = coder.decode(from, true);
      } catch (error) {
        throw inField(name, error);
      }
    }
    return row;
  }

  #encodeNulls(value: Record<string, unknown>, lastNull: number, to: ByteSink): void {
    const length = (lastNull + 8) >> 3;
    to.varint(length);
    for (let at = 0; at < length; at++) {
      let bits = 0;
      for (let bit = 0; bit < 8; bit++) {
        const field = this.#fields[at * 8 + bit];
        if (field !== undefined && (value[field.name] ?? null) === null) bits |= 1 << bit;
      }
      to.byte(bits);
    }
  }

  #surplus(value: object): MillraceError {
    const known = new Set(this.#fields.map(({ name }) => name));
    const surplus = Object.keys(value).find((name) => !known.has(name));
    return coderError(
      CODER_ERROR.unencodable,
      `a row has the property ${JSON.stringify(surplus)}, its schema has not`,
      {
        hint: `the schema's fields are ${[...known].join(', ')}`,
      },
    );
  }
}

function missing(name: string, value: unknown): MillraceError {
  return coderError(
    CODER_ERROR.unencodable,
    `the row field ${JSON.stringify(name)} is ${describeValue(value)}, and its type is not nullable`,
    { hint: `nullable(…) lets it be null` },
  );
}

/** The error of a field's coder, with the field's name before it. */
function inField(name: string, error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error;
  const { code, kind, summary } = error;
  return new MillraceError(code, kind, `in the row field ${JSON.stringify(name)}: ${summary}`, {
    hint: error.hint,
    cause: error.cause,
  });
}

/**
 * Plain objects of a schema. Fields that are null or undefined are written as null; properties that the schema does not
 * have are an error. Decoded rows hold every field, in the order of the schema.
 */
export function rowCoder<T>(schema: Schema<T>, options: RowCoderOptions = {}): Coder<T> {
  const coder: Coder<unknown> = new RowCoder(schema, options);
  return coder as Coder<T>;
}
