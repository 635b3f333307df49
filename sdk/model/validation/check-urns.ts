import {
  MILLRACE_CODER,
  MILLRACE_COMBINE_FN,
  MILLRACE_DO_FN,
  MILLRACE_ENVIRONMENT,
  MILLRACE_WINDOW_FN,
} from '../urns.js';
import { asFunction, type PlanView } from './plan-view.js';
import { type Findings, names, type Path } from './problem.js';

/** URNs of others may be unknown here: a runner decides. One of ours that is unknown comes from a newer Millrace. */
export function checkUrns(view: PlanView, findings: Findings): void {
  const check = (urn: string | undefined, known: Readonly<Record<string, string>>, path: Path): void => {
    if (!urn?.startsWith('millrace:') || Object.values(known).includes(urn)) return;
    const expected = Object.keys(known).length === 0 ? 'a URN of Beam’s' : names(Object.values(known), 20);
    findings.add([...path, 'urn'], 'this version of Millrace does not know the URN', { expected, got: urn });
  };
  for (const [id, { spec }] of view.transforms) {
    const at = ['components', 'transforms', id, 'spec'];
    check(spec?.urn, {}, at);
    const { doFn, combineFn, windowFn } = spec?.payload ?? {};
    check(asFunction(doFn).urn, MILLRACE_DO_FN, [...at, 'payload', 'doFn']);
    check(asFunction(combineFn).urn, MILLRACE_COMBINE_FN, [...at, 'payload', 'combineFn']);
    check(asFunction(windowFn).urn, MILLRACE_WINDOW_FN, [...at, 'payload', 'windowFn']);
  }
  for (const [id, { urn }] of view.coders) check(urn, MILLRACE_CODER, ['components', 'coders', id, 'spec']);
  for (const [id, { windowFn }] of view.windowingStrategies) {
    check(windowFn.urn, MILLRACE_WINDOW_FN, ['components', 'windowingStrategies', id, 'windowFn']);
  }
  for (const [id, { urn }] of view.environments) check(urn, MILLRACE_ENVIRONMENT, ['components', 'environments', id]);
}
