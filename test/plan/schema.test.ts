import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSchema } from '#millrace/sdk/model/validation/json-schema.js';
import { PLAN_SCHEMA } from '#millrace/sdk/model/validation/plan-schema.js';
import { Findings } from '#millrace/sdk/model/validation/problem.js';
import { type Loose, samplePlan } from './sample-plan.js';

const path = createRequire(import.meta.url).resolve('millrace/plan.schema.json');
const published = JSON.parse(readFileSync(path, 'utf8'));
const ajv = new Ajv2020({ strict: false }).compile(published);

function ours(plan: Loose): boolean {
  const findings = new Findings();
  const isGood = checkSchema(plan, PLAN_SCHEMA, findings);
  expect(findings.list.length === 0).toBe(isGood);
  return isGood;
}

describe('the published schema', () => {
  it('is the one that plans are checked against (npm run generate:schema)', () => {
    expect(published).toEqual(PLAN_SCHEMA);
  });

  it('accepts the sample plan, by another validator too', () => {
    expect(ajv(samplePlan())).toBe(true);
    expect(ours(samplePlan())).toBe(true);
  });

  it('means the same to another validator, for any damage', () => {
    const paths: (string | number)[][] = [];
    const visit = (value: Loose, path: (string | number)[]) => {
      if (path.length > 0) paths.push(path);
      if (typeof value === 'object' && value !== null)
        for (const key of Object.keys(value)) visit(value[key], [...path, key]);
    };
    visit(samplePlan(), []);
    const damage = fc.oneof(
      fc.constant(undefined),
      fc.constantFrom(
        null,
        true,
        -1,
        0,
        1.5,
        '',
        'x',
        'default',
        'repeat',
        'rebuild',
        'beam:coder:kv:v1',
        [],
        ['x'],
        {},
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...paths), damage, fc.boolean(), (path, value, isAdded) => {
        const plan = samplePlan();
        const last = path.at(-1)!;
        const owner = path.slice(0, -1).reduce((at: Loose, key) => at[key], plan);
        if (value === undefined && !Array.isArray(owner)) delete owner[last];
        else owner[isAdded && !Array.isArray(owner) ? `${last}-more` : last] = value ?? null;
        if (!ours(plan)) refused++;
        expect(ours(plan)).toBe(ajv(plan));
      }),
      { numRuns: 2_000, seed: 7 },
    );
    expect(refused).toBeGreaterThan(1_000);
  });
});
