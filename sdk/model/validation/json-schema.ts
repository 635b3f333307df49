import type { JsonValue } from '../json.js';
import { type Findings, names } from './problem.js';

type TypeName = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';

/** The part of JSON Schema (draft 2020-12) that the plan's schema is written in. `$ref` leads into `$defs` only. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly $defs?: { readonly [name: string]: JsonSchema };
  readonly $ref?: string;
  readonly type?: TypeName | readonly TypeName[];
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly properties?: { readonly [name: string]: JsonSchema };
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: false | JsonSchema;
  /** Cases told apart by the value of one property. */
  readonly allOf?: readonly SchemaCase[];
}

export interface SchemaCase {
  readonly if: JsonSchema;
  readonly then: JsonSchema;
}

/** Checks data against a schema and adds all that differs to `findings`; answers whether nothing did. */
export function checkSchema(value: JsonValue, schema: JsonSchema, findings: Findings): boolean {
  const patterns = new Map<string, RegExp>();
  const patternOf = (text: string): RegExp => {
    const known = patterns.get(text) ?? new RegExp(text, 'u');
    patterns.set(text, known);
    return known;
  };

  /** Where the walk is; copied when something is found. */
  const path: (string | number)[] = [];

  /** `report` is absent where a condition is asked, not a demand made. */
  const check = (value: JsonValue | undefined, rule: JsonSchema, report: Findings | undefined): boolean => {
    const differs = (expected: string): false => {
      report?.add([...path], value === undefined ? 'is missing' : 'is not as it should be', { expected, got: value });
      return false;
    };
    if (rule.$ref !== undefined) return check(value, schema.$defs![rule.$ref.slice('#/$defs/'.length)]!, report);
    if (value === undefined) return differs(rule.description ?? typeNames(rule.type));
    if (rule.type !== undefined && !hasType(value, rule.type)) return differs(rule.description ?? typeNames(rule.type));
    if (rule.const !== undefined && value !== rule.const) return differs(rule.const);
    if (rule.enum !== undefined && !rule.enum.includes(value as string)) return differs(oneOf(rule.enum));
    if (typeof value === 'string' && rule.pattern !== undefined && !patternOf(rule.pattern).test(value)) {
      return differs(rule.description ?? `text like /${rule.pattern}/`);
    }
    if (typeof value === 'number') {
      const { minimum, exclusiveMinimum, maximum } = rule;
      if (minimum !== undefined && value < minimum) return differs(`at least ${minimum}`);
      if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) return differs(`more than ${exclusiveMinimum}`);
      if (maximum !== undefined && value > maximum) return differs(`at most ${maximum}`);
    }
    if (Array.isArray(value)) return checkList(value, rule, report);
    if (typeof value === 'object' && value !== null) return checkObject(value as JsonMap, rule, report);
    return true;
  };

  const checkAt = (
    key: string | number,
    value: JsonValue | undefined,
    rule: JsonSchema,
    report: Findings | undefined,
  ) => {
    path.push(key);
    const isGood = check(value, rule, report);
    path.pop();
    return isGood;
  };

  const checkList = (list: readonly JsonValue[], rule: JsonSchema, report: Findings | undefined) => {
    const { items, minItems = 0, maxItems = Infinity } = rule;
    let isGood = list.length >= minItems && list.length <= maxItems;
    if (!isGood) {
      const wanted = minItems === maxItems ? `${minItems}` : `${minItems} to ${maxItems}`;
      report?.add([...path], 'has a wrong number of items', { expected: wanted, got: list.length });
    }
    if (items === undefined) return isGood;
    for (let i = 0; i < list.length; i++) isGood = checkAt(i, list[i], items, report) && isGood;
    return isGood;
  };

  const checkObject = (object: JsonMap, rule: JsonSchema, report: Findings | undefined) => {
    const { properties = {}, required = [], additionalProperties, propertyNames, allOf = [] } = rule;
    let isGood = true;
    for (const name of required) {
      if (!Object.hasOwn(object, name)) isGood = checkAt(name, undefined, properties[name] ?? {}, report) && isGood;
    }
    for (const name of Object.keys(properties)) {
      if (Object.hasOwn(object, name)) isGood = checkAt(name, object[name], properties[name]!, report) && isGood;
    }
    if (additionalProperties !== undefined || propertyNames !== undefined) {
      for (const name of Object.keys(object)) {
        if (propertyNames !== undefined) isGood = checkAt(name, name, propertyNames, report) && isGood;
        if (additionalProperties === undefined || Object.hasOwn(properties, name)) continue;
        if (additionalProperties !== false)
          isGood = checkAt(name, object[name], additionalProperties, report) && isGood;
        else {
          report?.add([...path, name], 'is not a field of this object', { expected: oneOf(Object.keys(properties)) });
          isGood = false;
        }
      }
    }
    for (const { if: condition, then } of allOf) {
      if (check(object, condition, undefined)) isGood = check(object, then, report) && isGood;
    }
    return isGood;
  };

  return check(value, schema, findings);
}

type JsonMap = { readonly [key: string]: JsonValue };

function hasType(value: JsonValue, types: TypeName | readonly TypeName[]): boolean {
  return typeof types === 'string' ? isOfType(value, types) : types.some((type) => isOfType(value, type));
}

function isOfType(value: JsonValue, type: TypeName): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function typeNames(type: JsonSchema['type']): string {
  const article = { object: 'an object', array: 'a list', integer: 'a whole number', string: 'text', null: 'null' };
  const words: Record<string, string> = { ...article, number: 'a number', boolean: 'true or false' };
  return type === undefined
    ? 'a value'
    : [type]
        .flat()
        .map((name) => words[name]!)
        .join(' or ');
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `one of ${names(values, 40)}`;
}
