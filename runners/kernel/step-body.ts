import { decodeFromBytes } from '../../sdk/coders/index.js';
import {
  type AsyncOptionsSpec,
  BEAM_TRANSFORM,
  type Coder,
  type CombineFn,
  type CombinePayload,
  type CreatePayload,
  type DoFn,
  type DoFnPayload,
  type FunctionSpec,
  MAIN_TAG,
  MILLRACE_DO_FN,
  MIN_TIMESTAMP,
  MillraceError,
  type ParDoPayload,
  type ProcessContext,
  type UserFunctionRef,
  type WindowIntoPayload,
} from '../../sdk/model/index.js';
import {
  combineGroupedValues,
  convertToAccumulators,
  extractOutputs,
  mergeAccumulators,
  PrecombineDoFn,
} from './combine-steps.js';
import { CustomWindows, isCustomWindowFn } from './custom-windows.js';
import { functionError } from './function-error.js';
import type { AsyncStep, KernelHost, Step, StepBody, StepSpec } from './step.js';
import { usableCombineFn, usableDoFn } from './user-objects.js';
import { windowAssigner } from './window-assign.js';

type ElementFn = (element: unknown) => unknown;

/** Puts all elements under one key: what the local dataflow groups a side input by. It stands in no plan of an author's. */
export const VIEW_KEY_DO_FN = 'millrace:do_fn:view_key:v1';

/** Finds the functions of leaf transforms; errors name the step. */
export function makeSteps(specs: readonly StepSpec[], host: KernelHost): Step[] {
  return specs.map((spec, index) => ({
    index,
    name: spec.transform.uniqueName,
    source: spec.source,
    input: spec.transform.inputs[MAIN_TAG] ?? Object.values(spec.transform.inputs)[0]!,
    outputs: spec.transform.outputs,
    body: at(spec, () => stepBody(spec, host)),
    ...(requestsFinalization(spec) && { requestsFinalization: true }),
  }));
}

function requestsFinalization({ transform }: StepSpec): boolean {
  const { urn, payload } = transform.spec!;
  return urn === BEAM_TRANSFORM.parDo && (payload as unknown as ParDoPayload).requestsFinalization === true;
}

export function makeAsyncStep(spec: StepSpec, host: KernelHost): AsyncStep {
  return at(spec, () => {
    const payload = doFnSpec(spec).payload as unknown as DoFnPayload & { async: AsyncOptionsSpec };
    const retryIf = payload.async.retry?.retryIf;
    return {
      fn: host.resolver.resolve(payload.fn) as AsyncStep['fn'],
      options: payload.async,
      ...(retryIf !== undefined && { retryIf: host.resolver.resolve(retryIf.fn) as (error: unknown) => unknown }),
    };
  });
}

/** The CombineFn of any of the combine transforms. */
export function combineFnOf(spec: StepSpec, host: KernelHost): CombineFn<unknown, unknown, unknown> {
  return at(spec, () => {
    const { combineFn } = spec.transform.spec!.payload as unknown as CombinePayload;
    const { fn } = combineFn.payload as unknown as { fn: UserFunctionRef };
    return usableCombineFn(host.resolver.instantiate(fn));
  });
}

export function doFnSpec(spec: StepSpec): FunctionSpec {
  return (spec.transform.spec!.payload as unknown as ParDoPayload).doFn;
}

function stepBody(spec: StepSpec, host: KernelHost): StepBody {
  const urn = spec.transform.spec!.urn;
  switch (urn) {
    case BEAM_TRANSFORM.parDo:
      return parDoBody(spec, host);
    case BEAM_TRANSFORM.windowInto: {
      const { windowFn } = spec.transform.spec!.payload as unknown as WindowIntoPayload;
      if (!isCustomWindowFn(windowFn)) return { kind: 'windowInto', assigner: windowAssigner(windowFn) };
      const step = { name: spec.transform.uniqueName, source: spec.source };
      return { kind: 'customWindowInto', windows: CustomWindows.of(windowFn, host, step) };
    }
    case BEAM_TRANSFORM.combineGroupedValues:
      return { kind: 'map', fn: combineGroupedValues(combineFnOf(spec, host)) };
    case BEAM_TRANSFORM.combinePerKeyMergeAccumulators:
      return { kind: 'map', fn: mergeAccumulators(combineFnOf(spec, host)) };
    case BEAM_TRANSFORM.combinePerKeyExtractOutputs:
      return { kind: 'map', fn: extractOutputs(combineFnOf(spec, host)) };
    case BEAM_TRANSFORM.combinePerKeyConvertToAccumulators:
      return { kind: 'map', fn: convertToAccumulators(combineFnOf(spec, host)) };
    case BEAM_TRANSFORM.combinePerKeyPrecombine: {
      const input = spec.transform.inputs[MAIN_TAG] ?? Object.values(spec.transform.inputs)[0]!;
      const keyCoder = host.coder(input).components[0] as unknown as Coder<unknown>;
      return {
        kind: 'doFn',
        doFn: new PrecombineDoFn(
          combineFnOf(spec, host),
          keyCoder,
          host.windowing?.(input)?.outputTime === 'LATEST_IN_PANE',
        ),
        allowedSkewMs: Number.POSITIVE_INFINITY,
      };
    }
    default:
      throw new MillraceError('TRANSFORM_UNKNOWN', 'plan', `no step can be made of ${urn}`);
  }
}

function parDoBody(spec: StepSpec, host: KernelHost): StepBody {
  const { urn, payload } = doFnSpec(spec);
  if (urn === VIEW_KEY_DO_FN) return { kind: 'keyBy', fn: () => null };
  if (urn === MILLRACE_DO_FN.create) return createBody(spec, payload as unknown as CreatePayload, host);
  const { fn: ref, allowedSkewMs } = payload as unknown as DoFnPayload;
  switch (urn) {
    case MILLRACE_DO_FN.map:
      return { kind: 'map', fn: host.resolver.resolve(ref) as ElementFn };
    case MILLRACE_DO_FN.filter:
      return { kind: 'filter', fn: host.resolver.resolve(ref) as ElementFn };
    case MILLRACE_DO_FN.flatMap:
      return { kind: 'flatMap', fn: host.resolver.resolve(ref) as ElementFn };
    case MILLRACE_DO_FN.keyBy:
      return { kind: 'keyBy', fn: host.resolver.resolve(ref) as ElementFn };
    case MILLRACE_DO_FN.withTimestamps:
      return { kind: 'withTimestamps', fn: host.resolver.resolve(ref) as ElementFn, allowedSkewMs: allowedSkewMs ?? 0 };
    case MILLRACE_DO_FN.doFn:
      return {
        kind: 'doFn',
        doFn: usableDoFn(host.resolver.instantiate(ref)),
        allowedSkewMs: allowedSkewMs ?? 0,
      };
    default:
      throw new MillraceError('DO_FN_UNKNOWN', 'plan', `no step can be made of the DoFn ${urn}`);
  }
}

/** Literal elements that stand in the plan. */
function createBody(spec: StepSpec, payload: CreatePayload, host: KernelHost): StepBody {
  const coder = host.coder(spec.transform.outputs[MAIN_TAG]!);
  const elements = payload.elements.map((text) => decodeFromBytes(coder, Buffer.from(text, 'base64')));
  const timestamps = payload.timestamps?.map(Number);
  if (timestamps === undefined) return { kind: 'flatMap', fn: () => elements };
  const doFn: DoFn<unknown, unknown> = {
    process(_element: unknown, context: ProcessContext<unknown>): void {
      for (let i = 0; i < elements.length; i++)
        context.outputWithTimestamp(elements[i], timestamps[i] ?? MIN_TIMESTAMP);
    },
  };
  return { kind: 'doFn', doFn, allowedSkewMs: 0 };
}

function at<T>(spec: StepSpec, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw functionError(error, { name: spec.transform.uniqueName, source: spec.source });
  }
}
