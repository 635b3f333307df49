import type { JsonValue } from './json.js';
import { PLAN_FORMAT_VERSION, type Plan } from './plan.js';
import { attribute, attributeRoughly } from './validation/attribute.js';
import { checkDataFlow } from './validation/check-data-flow.js';
import { checkHierarchy } from './validation/check-hierarchy.js';
import { checkReferences } from './validation/check-references.js';
import { checkTransforms } from './validation/check-transforms.js';
import { checkUrns } from './validation/check-urns.js';
import { copyJson } from './validation/copy-json.js';
import { checkSchema } from './validation/json-schema.js';
import { PLAN_SCHEMA } from './validation/plan-schema.js';
import { asMap, asText, viewPlan } from './validation/plan-view.js';
import { Findings, type PlanProblem, TooManyFindings } from './validation/problem.js';

export type PlanValidation =
  | { readonly plan: Plan; readonly problems?: undefined }
  | {
      readonly plan?: undefined;
      readonly problems: readonly PlanProblem[];
      /** False when the search was given up after `MAX_PROBLEMS`. */
      readonly isComplete: boolean;
    };

/**
 * Checks that data is a plan that can be understood: its form (the published JSON Schema) and its meaning (ids,
 * producers, cycles, names, URNs, what each transform needs). All problems are found in one go. The plan that comes
 * back is a copy in which no object has a prototype.
 */
export function validatePlan(json: unknown): PlanValidation {
  const findings = new Findings();
  let copy: JsonValue = null;
  try {
    copy = copyJson(json, findings);
    if (!hasOtherVersion(copy, findings)) {
      checkSchema(copy, PLAN_SCHEMA, findings);
      checkMeaning(copy, findings);
    }
  } catch (error) {
    if (!(error instanceof TooManyFindings)) throw error;
    return { problems: findings.list.map((finding) => attributeRoughly(finding, copy)), isComplete: false };
  }
  if (findings.list.length === 0) return { plan: copy as unknown as Plan };
  return { problems: attribute(findings.list, viewPlan(copy)), isComplete: true };
}

/** What a schema cannot say. */
function checkMeaning(copy: JsonValue, findings: Findings): void {
  const view = viewPlan(copy);
  checkReferences(view, asMap(asMap(copy).displayData), findings);
  checkHierarchy(view, findings);
  checkDataFlow(view, findings);
  checkUrns(view, findings);
  checkTransforms(view, findings);
}

/** Of a plan in another format nothing else can be said. */
function hasOtherVersion(copy: JsonValue, findings: Findings): boolean {
  const version = asText(asMap(copy).formatVersion);
  const major = PLAN_FORMAT_VERSION.split('.')[0]!;
  if (version === undefined || version.split('.')[0] === major) return false;
  findings.add(['formatVersion'], 'is a format that this version of Millrace does not know', {
    expected: `${major}.x`,
    got: version,
  });
  return true;
}
