import {
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  CORE_TRANSFORMS,
  MAIN_TAG,
  MILLRACE_DO_FN,
  MILLRACE_WINDOW_FN,
  type ParDoPayload,
  type Plan,
  REQUIREMENT,
  type TransformSpec,
  type Unsupported,
  type UserFunctionRef,
} from '../../sdk/model/index.js';
import { UnsupportedFeatures } from '../../sdk/model/unsupported.js';
import { executionOrder } from './execution-order.js';
import { isStateful, windowingOf } from './plan-to-graph.js';
import { sideInputsOf } from './side-input-plan.js';

/** What a host of the local dataflow can run beyond what all of them can. */
export interface LocalCapabilities {
  /** Functions that live in a table of this process. */
  readonly inlineFunctions: boolean;
  /** Test streams, one in a plan: they need all tasks and their clock in one place. */
  readonly testStream?: boolean;
}

const DO_FNS: ReadonlySet<string> = new Set(Object.values(MILLRACE_DO_FN));
const WINDOW_FNS: ReadonlySet<string> = new Set([
  ...Object.values(BEAM_WINDOW_FN),
  ...Object.values(MILLRACE_WINDOW_FN),
]);
const REQUIREMENTS: ReadonlySet<string> = new Set([
  REQUIREMENT.splittableDoFn,
  REQUIREMENT.finalization,
  REQUIREMENT.stateful,
  REQUIREMENT.timeSortedInput,
  REQUIREMENT.onWindowExpiration,
]);

/** Everything in a plan that the local dataflow cannot run, by name, with the steps. */
export function checkPlan(plan: Plan, capabilities: LocalCapabilities): Unsupported[] {
  const found = new UnsupportedFeatures();
  const refuse = found.add;
  for (const requirement of plan.requirements) if (!REQUIREMENTS.has(requirement)) refuse(`requirement ${requirement}`);
  const testStreams: string[] = [];
  for (const { transform } of executionOrder(plan)) {
    const step = transform.uniqueName;
    const urn = transform.spec!.urn;
    if (urn === BEAM_TRANSFORM.testStream && capabilities.testStream === true) {
      testStreams.push(step);
      continue;
    }
    if (!CORE_TRANSFORMS.has(urn)) {
      refuse(urn, step);
      continue;
    }
    for (const ref of functionRefs(transform.spec!.payload)) {
      if (ref.kind === 'inline' && !capabilities.inlineFunctions)
        refuse('inline functions (they run on direct only)', step);
      if (ref.kind === 'module') refuse('functions of kind module', step);
      if (ref.kind === 'expression') refuse('functions of kind expression', step);
    }
    if (urn === BEAM_TRANSFORM.parDo) {
      const payload = transform.spec!.payload as unknown as ParDoPayload;
      checkParDo(payload, step, refuse);
      if (isStateful(payload) && windowingOf(plan, mainInputOf(transform)).mergeStatus === 'NEEDS_MERGE')
        refuse('state in windows that merge', step);
      for (const tag of Object.keys(sideInputsOf(transform)))
        checkSideInput(plan, transform.inputs[tag]!, step, refuse);
    }
    if (urn === BEAM_TRANSFORM.groupByKey || urn === BEAM_TRANSFORM.combinePerKey) {
      checkWindowing(plan, mainInputOf(transform), step, refuse);
    }
  }
  for (const { windowFn } of Object.values(plan.components.windowingStrategies)) {
    if (!WINDOW_FNS.has(windowFn.urn)) refuse(`window function ${windowFn.urn}`);
  }
  if (testStreams.length > 1)
    for (const step of testStreams) refuse(`more than one ${BEAM_TRANSFORM.testStream}`, step);
  return found.all();
}

function mainInputOf({ inputs }: TransformSpec): string {
  return inputs[MAIN_TAG] ?? Object.values(inputs)[0]!;
}

function checkParDo(payload: ParDoPayload, step: string, refuse: (feature: string, step: string) => void): void {
  if (!DO_FNS.has(payload.doFn.urn)) refuse(`DoFn ${payload.doFn.urn}`, step);
  if (payload.requiresStableInput === true) refuse('stable input (until there are snapshots)', step);
  const { urn } = payload.doFn;
  if (Object.keys(payload.sideInputs ?? {}).length > 0) {
    if (urn === MILLRACE_DO_FN.splittable || urn === MILLRACE_DO_FN.mapAsync) refuse(`side inputs of ${urn}`, step);
  }
  if (payload.requestsFinalization === true && urn !== MILLRACE_DO_FN.splittable && urn !== MILLRACE_DO_FN.doFn)
    refuse(`bundle finalization of ${urn}`, step);
}

/** A side input is grouped by its windows and their trigger. */
function checkSideInput(
  plan: Plan,
  input: string,
  step: string,
  refuse: (feature: string, step: string) => void,
): void {
  const { mergeStatus } = windowingOf(plan, input);
  if (mergeStatus !== 'NON_MERGING') refuse('side inputs in windows that merge', step);
  checkWindowing(plan, input, step, refuse);
}

function checkWindowing(
  plan: Plan,
  input: string,
  step: string,
  refuse: (feature: string, step: string) => void,
): void {
  const strategy = plan.components.windowingStrategies[plan.components.pcollections[input]!.windowingStrategyId]!;
  if (strategy.accumulationMode === 'RETRACTING') refuse('accumulation mode RETRACTING', step);
}

/** Every reference to a function of the author's inside a payload. */
function* functionRefs(payload: unknown): Generator<UserFunctionRef> {
  if (typeof payload !== 'object' || payload === null) return;
  if (Array.isArray(payload)) {
    for (const each of payload) yield* functionRefs(each);
    return;
  }
  if ('fn' in payload && typeof payload.fn === 'object' && payload.fn !== null && 'kind' in payload.fn) {
    yield payload.fn as UserFunctionRef;
  }
  for (const [name, value] of Object.entries(payload)) if (name !== 'fn') yield* functionRefs(value);
}
