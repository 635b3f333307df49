import { MAIN_TAG } from '../plan.js';
import { BEAM_CODER, BEAM_TRANSFORM, MILLRACE_DO_FN, MILLRACE_ENVIRONMENT, REQUIREMENT } from '../urns.js';
import { isLeaf } from './check-data-flow.js';
import { checkTestStream } from './check-test-stream.js';
import { asFunction, asMap, type PlanView, type TransformView } from './plan-view.js';
import { type Findings, names, type Path } from './problem.js';

const T = BEAM_TRANSFORM;
const ONE_TO_ONE: ReadonlySet<string | undefined> = new Set([
  T.groupByKey,
  T.windowInto,
  T.combinePerKey,
  T.combineGroupedValues,
  T.combinePerKeyPrecombine,
  T.combinePerKeyMergeAccumulators,
  T.combinePerKeyExtractOutputs,
  T.combinePerKeyConvertToAccumulators,
]);
const NEEDS_KEYS: ReadonlySet<string | undefined> = new Set([T.groupByKey, T.combinePerKey]);

/** What each transform that we know asks of its inputs, outputs and neighbours. */
export function checkTransforms(view: PlanView, findings: Findings): void {
  for (const [id, transform] of view.transforms) {
    const at = ['components', 'transforms', id];
    const urn = transform.spec?.urn;
    if (urn === T.impulse) checkTags(transform, [], [MAIN_TAG], at, findings);
    else if (urn === T.flatten) checkTags(transform, undefined, [MAIN_TAG], at, findings);
    else if (urn === T.testStream) checkTestStream(transform, view, at, findings);
    else if (ONE_TO_ONE.has(urn)) checkTags(transform, [MAIN_TAG], [MAIN_TAG], at, findings);
    else if (urn === T.parDo && isLeaf(transform)) checkParDo(transform, view, at, findings);
    if (NEEDS_KEYS.has(urn)) checkKeys(transform, view, at, findings);
    checkWindow(transform, at, findings);
    if (isLeaf(transform)) checkEnvironment(transform, view, at, findings);
  }
}

function checkTags(
  transform: TransformView,
  inputs: readonly string[] | undefined,
  outputs: readonly string[],
  at: Path,
  findings: Findings,
): void {
  const check = (side: 'inputs' | 'outputs', wanted: readonly string[] | undefined) => {
    const tags = [...transform[side].keys()].sort();
    if (wanted === undefined || tags.join('\n') === [...wanted].sort().join('\n')) return;
    const message = `${transform.spec?.urn} has other ${side}`;
    findings.add([...at, side], message, {
      expected: names(wanted),
      got: tags.length === 0 ? undefined : tags.join(', '),
    });
  };
  check('inputs', inputs);
  check('outputs', outputs);
}

function checkParDo(transform: TransformView, view: PlanView, at: Path, findings: Findings): void {
  const payload = transform.spec!.payload;
  const doFn = asFunction(payload.doFn);
  const isOurs = doFn.urn?.startsWith('millrace:') ?? false;
  if (isOurs)
    checkTags(
      transform,
      [MAIN_TAG, ...Object.keys(asMap(payload.sideInputs))],
      [...transform.outputs.keys()],
      at,
      findings,
    );
  if (doFn.urn === MILLRACE_DO_FN.splittable) {
    const coder = [...at, 'spec', 'payload', 'restrictionCoderId'];
    if (payload.restrictionCoderId === undefined)
      findings.add(coder, 'is missing', { expected: 'the coder of the restrictions' });
    if (!view.requirements.has(REQUIREMENT.splittableDoFn)) {
      findings.add(['requirements'], `the step ${transform.uniqueName} needs a requirement that is missing`, {
        expected: REQUIREMENT.splittableDoFn,
      });
    }
  }
  const { elements, timestamps } = doFn.payload;
  if (Array.isArray(elements) && Array.isArray(timestamps) && elements.length !== timestamps.length) {
    const path = [...at, 'spec', 'payload', 'doFn', 'payload', 'timestamps'];
    findings.add(path, 'has another length than elements', { expected: `${elements.length}`, got: timestamps.length });
  }
}

function checkKeys(transform: TransformView, view: PlanView, at: Path, findings: Findings): void {
  const input = view.pcollections.get(transform.inputs.get(MAIN_TAG) ?? '');
  const urn = view.coders.get(input?.coderId ?? '')?.urn;
  if (urn === undefined || urn === BEAM_CODER.kv || !/^(?:beam|millrace):/.test(urn)) return;
  findings.add([...at, 'inputs', MAIN_TAG], 'the input has no keys', {
    expected: `the coder ${BEAM_CODER.kv}`,
    got: urn,
  });
}

function checkWindow(transform: TransformView, at: Path, findings: Findings): void {
  const { sizeMs, periodMs } = asFunction(transform.spec?.payload.windowFn).payload;
  if (typeof sizeMs !== 'number' || typeof periodMs !== 'number' || periodMs <= sizeMs) return;
  const path = [...at, 'spec', 'payload', 'windowFn', 'payload', 'periodMs'];
  findings.add(path, 'leaves gaps between the windows', { expected: `at most ${sizeMs}`, got: periodMs });
}

/** A function that is built again needs to be told the bundle to build it from. */
function checkEnvironment(transform: TransformView, view: PlanView, at: Path, findings: Findings): void {
  const payload = transform.spec?.payload;
  const isRebuilt = ['doFn', 'combineFn', 'windowFn'].some(
    (field) => asMap(asFunction(payload?.[field]).payload.fn).kind === 'rebuild',
  );
  if (!isRebuilt) return;
  const environment = view.environments.get(transform.environmentId ?? '');
  if (transform.environmentId === undefined) {
    findings.add([...at, 'environmentId'], 'is missing', {
      expected: 'the environment whose bundle holds the function',
    });
  } else if (environment?.urn === MILLRACE_ENVIRONMENT.node && environment.payload.bundle === undefined) {
    const path = ['components', 'environments', transform.environmentId, 'payload', 'bundle'];
    findings.add(path, `is missing: ${transform.uniqueName} has a function to be built from it`, {
      expected: 'a SHA-256',
    });
  }
}
