import { MillraceError } from '../model/errors.js';
import type { Plan } from '../model/plan.js';
import type { PipelineResult } from '../model/runner.js';

/** Marks the composites of a plan that are PAsserts. */
export const PASSERT_ANNOTATION = 'millrace:passert';
/** Counts how often the check of a PAssert held. */
export const PASSERT_SUCCESS = 'millrace:passert_success';
/** The step of a PAssert that checks. */
export const PASSERT_CHECK = 'Check';

/** A PAssert of a plan. */
export interface Assertion {
  /** Full name of the PAssert. */
  readonly step: string;
  /** Full name of the step in it that counts. */
  readonly checkStep: string;
  /** `file:line:column` where it was written. */
  readonly source: string | undefined;
}

/** The PAsserts of a plan, in order of their names. */
export function assertionsIn(plan: Plan): readonly Assertion[] {
  return Object.entries(plan.components.transforms)
    .filter(([, transform]) => transform.annotations?.[PASSERT_ANNOTATION] === true)
    .map(([id, { uniqueName }]) => ({
      step: uniqueName,
      checkStep: `${uniqueName}/${PASSERT_CHECK}`,
      source: plan.displayData?.[id]?.source,
    }))
    .sort((a, b) => (a.step < b.step ? -1 : 1));
}

/**
 * A result that is failed where a PAssert of the plan did not run exactly once, whatever the runner says: a check that
 * never ran has proven nothing. A run that failed anyway is answered as it is.
 */
export function verifyAssertions(plan: Plan, result: PipelineResult): PipelineResult {
  if (result.state === 'FAILED') return result;
  for (const assertion of assertionsIn(plan)) {
    const runs = result.metrics
      .filter(({ step, name }) => step === assertion.checkStep && name === PASSERT_SUCCESS)
      .reduce((total, metric) => total + (metric.kind === 'counter' ? metric.value : 0), 0);
    if (runs !== 1) return { ...result, state: 'FAILED', error: wrongRuns(assertion, runs, result).toEnvelope() };
  }
  return result;
}

function wrongRuns({ step, source }: Assertion, runs: number, { state }: PipelineResult): MillraceError {
  return runs === 0
    ? new MillraceError('PASSERT_NEVER_RAN', 'function', `the pipeline ended (${state}) and ${step} never ran`, {
        step,
        source,
        hint: 'a check runs when its input has ended: make the source bounded, and let the pipeline run to its end',
      })
    : new MillraceError('PASSERT_REPEATED', 'runner', `${step} ran ${runs} times instead of once`, { step, source });
}
