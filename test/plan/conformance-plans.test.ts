import { buildPlan } from 'millrace';
import { describe, expect, it } from 'vitest';
import { validatePlan } from '#millrace/sdk/model/validate-plan.js';
import { formatProblem } from '#millrace/sdk/model/validation/problem.js';
import { casesIn } from '../conformance/case.js';
import * as modules from '../conformance/cases.js';

describe('the plan of every conformance case', () => {
  it.each([...casesIn(modules)])('%s is valid', (_, { definition }) => {
    const { plan } = buildPlan(definition, { environment: { bundle: 'ab'.repeat(32), export: 'x' } });
    const { problems = [] } = validatePlan(JSON.parse(JSON.stringify(plan)));
    expect(problems.map(formatProblem)).toEqual([]);
  });
});
