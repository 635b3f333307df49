import {
  BEAM_CODER,
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  CORE_TRANSFORMS,
  type CombinePayload,
  type DoFnPayload,
  type FunctionSpec,
  MAIN_TAG,
  MILLRACE_COMBINE_FN,
  MILLRACE_DO_FN,
  MILLRACE_WINDOW_FN,
  type ParDoPayload,
  type Plan,
  REQUIREMENT,
  type TransformSpec,
  type Unsupported,
  type WindowIntoPayload,
} from '../../sdk/model/index.js';
import { UnsupportedFeatures } from '../../sdk/model/unsupported.js';
import { stepsWithTriggeredSideInputs } from './check-side-inputs.js';

const DO_FNS: ReadonlySet<string> = new Set(Object.values(MILLRACE_DO_FN));
const COMBINE_FNS: ReadonlySet<string> = new Set(Object.values(MILLRACE_COMBINE_FN));
const WINDOW_FNS: ReadonlySet<string> = new Set([
  ...Object.values(BEAM_WINDOW_FN),
  ...Object.values(MILLRACE_WINDOW_FN),
]);
const REQUIREMENTS: ReadonlySet<string> = new Set([
  REQUIREMENT.splittableDoFn,
  REQUIREMENT.finalization,
  REQUIREMENT.stateful,
  // Refused by the name of the step.
  REQUIREMENT.timeSortedInput,
  REQUIREMENT.stableInput,
  REQUIREMENT.onWindowExpiration,
]);

/**
 * Everything in the plan that our harness cannot run, or that has no way across Beam's protocol. What the engine itself
 * cannot do it says when the job is prepared.
 */
export function checkRemote(plan: Plan): readonly Unsupported[] {
  const found = new UnsupportedFeatures();
  const report: Report = found.add;
  for (const requirement of plan.requirements) if (!REQUIREMENTS.has(requirement)) report(requirement, undefined);
  for (const transform of Object.values(plan.components.transforms)) checkTransform(transform, plan, report);
  for (const strategy of Object.values(plan.components.windowingStrategies)) {
    if (strategy.accumulationMode === 'RETRACTING') report('retracting panes', undefined);
    if (strategy.windowFn.urn === MILLRACE_WINDOW_FN.custom && strategy.mergeStatus !== 'NON_MERGING')
      report('customMergingWindows: windows that merge by a function of your own', undefined);
    // Prism, and who else speaks Beam's portable protocol, knows the windows of Beam by their coders.
    if (plan.components.coders[strategy.windowCoderId]?.spec.urn === BEAM_CODER.customWindow)
      report('customWindowTypes: windows of your own that are more than intervals', undefined);
    checkWindowFn(strategy.windowFn, undefined, report);
  }
  for (const step of stepsWithTriggeredSideInputs(plan)) report('side inputs with a trigger', step);
  return found.all();
}

type Report = (feature: string, step: string | undefined) => void;

function checkTransform({ uniqueName, spec, subtransforms, inputs }: TransformSpec, plan: Plan, report: Report): void {
  if (spec === undefined) return;
  const isComposite = subtransforms !== undefined && subtransforms.length > 0;
  // Played by the engine, where it can.
  if (spec.urn === BEAM_TRANSFORM.testStream) return;
  if (!CORE_TRANSFORMS.has(spec.urn)) {
    if (!isComposite) report(spec.urn, uniqueName);
    return;
  }
  switch (spec.urn) {
    case BEAM_TRANSFORM.parDo:
      checkParDo(spec.payload as unknown as ParDoPayload, uniqueName, report);
      if (isInMergingWindows(inputs, plan)) checkMerging(spec.payload as unknown as ParDoPayload, uniqueName, report);
      break;
    case BEAM_TRANSFORM.combinePerKey:
    case BEAM_TRANSFORM.combineGroupedValues: {
      const { combineFn } = spec.payload as unknown as CombinePayload;
      if (COMBINE_FNS.has(combineFn.urn)) checkFunction(combineFn, uniqueName, report);
      else report(combineFn.urn, uniqueName);
      break;
    }
    case BEAM_TRANSFORM.windowInto:
      checkWindowFn((spec.payload as unknown as WindowIntoPayload).windowFn, uniqueName, report);
  }
}

function checkParDo(payload: ParDoPayload, step: string, report: Report): void {
  if ((payload.doFn.payload as unknown as Partial<DoFnPayload> | undefined)?.readersStayOpen === true)
    report('sources whose readers must stay open', step);
  if (payload.requiresStableInput === true) report('stable input', step);
  // Flink takes no notice of it, and Prism sorts what it has when a bundle begins.
  if (payload.requiresTimeSortedInput === true) report('time-sorted input', step);
  const { urn } = payload.doFn;
  const hasSideInputs = Object.keys(payload.sideInputs ?? {}).length > 0;
  if (hasSideInputs && (urn === MILLRACE_DO_FN.splittable || urn === MILLRACE_DO_FN.mapAsync))
    report(`side inputs of ${urn}`, step);
  if (!DO_FNS.has(payload.doFn.urn)) report(payload.doFn.urn, step);
  else if (payload.doFn.urn !== MILLRACE_DO_FN.create) checkFunction(payload.doFn, step, report);
}

function isInMergingWindows(inputs: TransformSpec['inputs'], { components }: Plan): boolean {
  const input = components.pcollections[inputs[MAIN_TAG] ?? ''];
  return components.windowingStrategies[input?.windowingStrategyId ?? '']?.mergeStatus === 'NEEDS_MERGE';
}

function checkMerging({ stateSpecs = {}, timerFamilySpecs = {} }: ParDoPayload, step: string, report: Report): void {
  if (Object.keys(stateSpecs).length + Object.keys(timerFamilySpecs).length > 0)
    report('state in windows that merge', step);
}

function checkFunction(spec: FunctionSpec, step: string | undefined, report: Report): void {
  const { fn } = spec.payload as unknown as DoFnPayload;
  if (fn.kind === 'inline') report('inline functions (they only run on direct)', step);
  else if (fn.kind !== 'rebuild') report(`functions of kind ${fn.kind}`, step);
}

function checkWindowFn(windowFn: FunctionSpec, step: string | undefined, report: Report): void {
  if (!WINDOW_FNS.has(windowFn.urn)) report(`window function ${windowFn.urn}`, step);
  else if (windowFn.urn === MILLRACE_WINDOW_FN.custom) checkFunction(windowFn, step, report);
}
