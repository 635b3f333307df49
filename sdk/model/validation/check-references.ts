import { BEAM_TRANSFORM } from '../urns.js';
import { asMap, asText, type JsonMap, type PlanView } from './plan-view.js';
import type { Findings, Path } from './problem.js';
import { names } from './problem.js';

const KINDS = {
  transforms: 'transform',
  pcollections: 'PCollection',
  windowingStrategies: 'windowing strategy',
  coders: 'coder',
  environments: 'environment',
} as const;
type Kind = keyof typeof KINDS;

/** Every id that is mentioned must be defined, and no two things may have the same full name. */
export function checkReferences(view: PlanView, displayed: JsonMap, findings: Findings): void {
  const known = new Map<Kind, string>();
  const refer = (kind: Kind, id: string | undefined, path: Path): void => {
    if (id === undefined || id === '' || view[kind].has(id)) return;
    const expected = known.get(kind) ?? `an id of ${kind} (${names([...view[kind].keys()])})`;
    known.set(kind, expected);
    findings.add(path, `there is no ${KINDS[kind]} with this id`, { expected, got: id });
  };
  const referAll = (kind: Kind, ids: readonly string[], path: Path) => {
    ids.forEach((id, i) => {
      refer(kind, id, [...path, i]);
    });
  };

  referAll('transforms', view.rootTransformIds ?? [], ['rootTransformIds']);
  for (const id of Object.keys(displayed)) refer('transforms', id, ['displayData', id]);
  for (const [id, transform] of view.transforms) {
    const at = ['components', 'transforms', id];
    referAll('transforms', transform.subtransforms, [...at, 'subtransforms']);
    for (const [tag, pc] of transform.inputs) refer('pcollections', pc, [...at, 'inputs', tag]);
    for (const [tag, pc] of transform.outputs) refer('pcollections', pc, [...at, 'outputs', tag]);
    refer('environments', transform.environmentId, [...at, 'environmentId']);
    for (const field of ['restrictionCoderId', 'accumulatorCoderId']) {
      refer('coders', asText(transform.spec?.payload[field]), [...at, 'spec', 'payload', field]);
    }
    if (transform.spec?.urn === BEAM_TRANSFORM.testStream)
      refer('coders', asText(transform.spec.payload.coderId), [...at, 'spec', 'payload', 'coderId']);
  }
  for (const [id, pc] of view.pcollections) {
    const at = ['components', 'pcollections', id];
    refer('coders', pc.coderId, [...at, 'coderId']);
    refer('windowingStrategies', pc.windowingStrategyId, [...at, 'windowingStrategyId']);
  }
  for (const [id, strategy] of view.windowingStrategies) {
    const at = ['components', 'windowingStrategies', id];
    refer('coders', strategy.windowCoderId, [...at, 'windowCoderId']);
    refer('environments', strategy.environmentId, [...at, 'environmentId']);
  }
  for (const [id, coder] of view.coders) {
    referAll('coders', coder.components, ['components', 'coders', id, 'componentCoderIds']);
  }
  for (const kind of ['transforms', 'pcollections'] as const) checkNames(view, kind, findings);
  checkFunctionSteps(view, findings);
}

function checkNames(view: PlanView, kind: 'transforms' | 'pcollections', findings: Findings): void {
  const owners = new Map<string, string>();
  for (const [id, { uniqueName }] of view[kind]) {
    if (uniqueName === undefined) continue;
    const owner = owners.get(uniqueName);
    if (owner === undefined) owners.set(uniqueName, id);
    else {
      const path = ['components', kind, id, 'uniqueName'];
      findings.add(path, `the ${KINDS[kind]} ${owner} has the same name`, {
        expected: 'a name of its own',
        got: uniqueName,
      });
    }
  }
}

/** A rebuilt function is found under the name of a step, which must be in the plan. */
function checkFunctionSteps(view: PlanView, findings: Findings): void {
  const steps = new Set([...view.transforms.values()].map((transform) => transform.uniqueName));
  for (const [id, { spec }] of view.transforms) {
    const payload = spec?.payload;
    for (const field of ['doFn', 'combineFn', 'windowFn']) {
      const fn = asMap(asMap(asMap(payload?.[field]).payload).fn);
      const step = asText(fn.step);
      if (fn.kind !== 'rebuild' || step === undefined || steps.has(step)) continue;
      const path = ['components', 'transforms', id, 'spec', 'payload', field, 'payload', 'fn', 'step'];
      findings.add(path, 'there is no step with this name', { expected: `the full name of a step`, got: step });
    }
  }
}
