import type { JsonSchema, SchemaCase } from './json-schema.js';

/** Words in which the plan's schema is written. */

export const ANY: JsonSchema = {};
export const TEXT: JsonSchema = { type: 'string' };
export const BOOLEAN: JsonSchema = { type: 'boolean' };
export const JSON_OBJECT: JsonSchema = { type: 'object' };
export const ID: JsonSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'an id of letters, digits, - and _',
};
export const NAME: JsonSchema = {
  type: 'string',
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  description: 'a name: text that is not empty and holds no control characters',
};
export const URN: JsonSchema = {
  type: 'string',
  pattern: '^[^\\s:]+:[^\\s]+$',
  description: 'a URN such as beam:transform:pardo:v1',
};
export const SHA256: JsonSchema = {
  type: 'string',
  pattern: '^[0-9a-f]{64}$',
  description: 'the 64 hex digits of a SHA-256',
};
export const BASE64: JsonSchema = {
  type: 'string',
  pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
  description: 'base64',
};
/** int64: a number where it is safe, else text. */
export const INT64: JsonSchema = {
  type: ['integer', 'string'],
  pattern: '^-?[0-9]{1,19}$',
  description: 'a whole number, or its digits as text',
};

export const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
export const oneOf = (...values: readonly string[]): JsonSchema => ({ type: 'string', enum: values });
export const list = (items: JsonSchema, limits: Pick<JsonSchema, 'minItems' | 'maxItems'> = {}): JsonSchema => ({
  type: 'array',
  items,
  ...limits,
});
export const map = (values: JsonSchema, keys: JsonSchema = ID): JsonSchema => ({
  type: 'object',
  propertyNames: keys,
  additionalProperties: values,
});
/** A whole number of milliseconds (or anything else), not below `minimum`. */
export const integer = (minimum: number): JsonSchema => ({ type: 'integer', minimum });

type Properties = { readonly [name: string]: JsonSchema };

/** An object with these fields and no others. */
export function object(required: Properties, optional: Properties = {}): JsonSchema {
  const properties = { ...required, ...optional };
  return { type: 'object', properties, required: Object.keys(required), additionalProperties: false };
}

/** An object whose other fields depend on the text in one of them. */
export function union(
  tag: string,
  cases: { readonly [value: string]: readonly [Properties, Properties?] },
): JsonSchema {
  const values = Object.keys(cases);
  return {
    type: 'object',
    properties: { [tag]: oneOf(...values) },
    required: [tag],
    allOf: values.map((value) => {
      const [required, optional] = cases[value]!;
      return when(whereIs(tag, value), object({ [tag]: TEXT, ...required }, optional));
    }),
  };
}

/** `{ urn, payload }`: known URNs have a payload of a known form (or none, given as null); others anything. */
export function functionSpec(payloads: { readonly [urn: string]: JsonSchema | null }): JsonSchema {
  return {
    ...object({ urn: URN }, { payload: ref('payload') }),
    allOf: Object.entries(payloads).map(([urn, payload]) =>
      when(
        whereIs('urn', urn),
        payload === null ? object({ urn: TEXT }) : { properties: { payload }, required: ['payload'] },
      ),
    ),
  };
}

/** Data for which `condition` holds must also satisfy `consequence`. */
export function when(condition: JsonSchema, consequence: JsonSchema): SchemaCase {
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema; a schema is never awaited.
  return { if: condition, then: consequence };
}

export function whereIs(property: string, value: string): JsonSchema {
  return { properties: { [property]: { const: value } }, required: [property] };
}
