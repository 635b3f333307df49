import { type ErrorDetails, MillraceError } from '../model/errors.js';

/** Codes of the mistakes that are found while a pipeline is built. */
export const PLAN_ERROR = {
  duplicateStep: 'PLAN_DUPLICATE_STEP',
  stepName: 'PLAN_STEP_NAME',
  impureBuilder: 'PLAN_IMPURE_BUILDER',
  asyncBuilder: 'PLAN_ASYNC_BUILDER',
  sealed: 'PLAN_SEALED',
  foreign: 'PLAN_FOREIGN_PCOLLECTION',
  keyCoder: 'PLAN_KEY_CODER',
  coder: 'PLAN_CODER',
  windowing: 'PLAN_WINDOWING',
  unboundedGrouping: 'PLAN_UNBOUNDED_GROUPING',
  unsafeTrigger: 'PLAN_UNSAFE_TRIGGER',
  outputs: 'PLAN_OUTPUTS',
  argument: 'PLAN_ARGUMENT',
} as const;

export type PlanErrorCode = (typeof PLAN_ERROR)[keyof typeof PLAN_ERROR];

export function planError(code: PlanErrorCode, summary: string, details: ErrorDetails = {}): MillraceError {
  return new MillraceError(code, 'plan', summary, details);
}
