import { REQUIREMENT } from '../urns.js';
import type { JsonSchema } from './json-schema.js';
import { FUNCTION_SCHEMAS, SPEC_SCHEMAS } from './payload-schemas.js';
import { BOOLEAN, ID, JSON_OBJECT, list, map, NAME, object, oneOf, ref, TEXT } from './schema-parts.js';
import { WINDOWING_SCHEMAS } from './windowing-schemas.js';

/**
 * The JSON Schema of plans, published as `millrace/plan.schema.json`. It says what each part looks like; how the parts
 * must fit together is in `checkMeaning`.
 */
export const PLAN_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title:
    'Millrace plan, format 1: a pipeline as data, in the shape and with the URNs of the Pipeline message of Apache Beam',
  ...object(
    {
      formatVersion: { type: 'string', pattern: '^1\\.[0-9]+$', description: 'a version 1.x' },
      name: NAME,
      components: object({
        transforms: map(ref('transform')),
        pcollections: map(ref('pcollection')),
        windowingStrategies: map(ref('windowingStrategy')),
        coders: map(ref('coder')),
        environments: map(ref('environment')),
      }),
      rootTransformIds: list(ID),
      requirements: list(oneOf(...Object.values(REQUIREMENT))),
      options: JSON_OBJECT,
    },
    { displayData: map(object({}, { source: TEXT, isUnnamed: BOOLEAN })) },
  ),
  $defs: {
    transform: object(
      { uniqueName: NAME, inputs: map(ID, NAME), outputs: map(ID, NAME) },
      { spec: ref('transformSpec'), subtransforms: list(ID), environmentId: ID, annotations: JSON_OBJECT },
    ),
    ...SPEC_SCHEMAS,
    ...FUNCTION_SCHEMAS,
    ...WINDOWING_SCHEMAS,
  },
};
