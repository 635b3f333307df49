import type { DoFnDeclarations } from '../../model/declarations.js';
import type { DoFn } from '../../model/do-fn.js';
import type { ParDoPayload, StatePayload, TimerFamilyPayload } from '../../model/payloads.js';
import type { StateSpec } from '../../model/state.js';
import { MILLRACE_COMBINE_FN, REQUIREMENT } from '../../model/urns.js';
import { asJson } from '../as-json.js';
import { functionEntry } from '../function-table.js';
import type { SpecContext, StepNode } from '../graph.js';
import { PLAN_ERROR, planError } from '../plan-error.js';

/** What a ParDo may say beside its function. */
export interface ParDoDeclarations extends DoFnDeclarations {
  /** Elements of a key come in order of their timestamps, when the watermark has passed them. The input must be keyed. */
  readonly requiresTimeSortedInput?: boolean;
  /** An element that is processed again is the same one. */
  readonly requiresStableInput?: boolean;
  /** Calls back by `context.afterCommit` when what a bundle emitted is safe. */
  readonly requestsFinalization?: boolean;
}

/** Whether a step works on the keys of its input. */
export function isStateful(declared: ParDoDeclarations): boolean {
  const { state = {}, timers = {}, requiresTimeSortedInput = false } = declared;
  return Object.keys(state).length > 0 || Object.keys(timers).length > 0 || requiresTimeSortedInput;
}

type DeclaredPayload = Pick<
  ParDoPayload,
  | 'stateSpecs'
  | 'timerFamilySpecs'
  | 'onWindowExpiration'
  | 'requiresTimeSortedInput'
  | 'requiresStableInput'
  | 'requestsFinalization'
>;

/** Writes down what was declared. `sample` is an instance of the DoFn, to see what it handles. */
export function declaredPayload(
  declared: ParDoDeclarations,
  sample: DoFn<never, unknown>,
  step: StepNode,
): (context: SpecContext) => DeclaredPayload {
  const { state = {}, timers = {} } = declared;
  checkTimers(Object.keys(timers), sample, step);
  const expires = sample.onWindowExpiration !== undefined;
  if (expires && !isStateful(declared))
    throw planError(PLAN_ERROR.argument, 'onWindowExpiration is called for keys with state, and none is declared', {
      step: step.fullName,
      source: step.source,
      hint: 'declare the state: parDo(name, factory, { state: { … } })',
    });
  return (context) => {
    if (isStateful(declared)) context.require(REQUIREMENT.stateful);
    if (expires) context.require(REQUIREMENT.onWindowExpiration);
    if (declared.requiresTimeSortedInput === true) context.require(REQUIREMENT.timeSortedInput);
    if (declared.requiresStableInput === true) context.require(REQUIREMENT.stableInput);
    if (declared.requestsFinalization === true) context.require(REQUIREMENT.finalization);
    return {
      ...(Object.keys(state).length > 0 && {
        stateSpecs: mapValues(state, (spec, id) => statePayload(spec, id, context, step)),
      }),
      ...(Object.keys(timers).length > 0 && {
        timerFamilySpecs: mapValues(timers, ({ timeDomain }): TimerFamilyPayload => ({ timeDomain })),
      }),
      ...(expires && { onWindowExpiration: true }),
      ...(declared.requiresTimeSortedInput === true && { requiresTimeSortedInput: true }),
      ...(declared.requiresStableInput === true && { requiresStableInput: true }),
      ...(declared.requestsFinalization === true && { requestsFinalization: true }),
    };
  };
}

function statePayload(spec: StateSpec, id: string, context: SpecContext, step: StepNode): StatePayload {
  const { kind, ttlMs } = spec;
  const ttl = ttlMs === undefined ? {} : { ttlMs };
  const coderId = context.coderId(spec.coder);
  switch (kind) {
    case 'combining': {
      const fn = asJson(context.ref(step, `state:${id}`, functionEntry(spec.combineFn)));
      return {
        kind,
        combineFn: { urn: MILLRACE_COMBINE_FN.combineFn, payload: { fn } },
        accumulatorCoderId: coderId,
        ...ttl,
      };
    }
    case 'map':
    case 'multimap':
      return { kind, keyCoderId: context.coderId(spec.keyCoder!), coderId, ...ttl };
    default:
      return { kind, coderId, ...ttl };
  }
}

function checkTimers(declared: readonly string[], sample: DoFn<never, unknown>, step: StepNode): void {
  const handled = Object.keys(sample.onTimer ?? {});
  const place = { step: step.fullName, source: step.source };
  for (const id of declared)
    if (!handled.includes(id))
      throw planError(PLAN_ERROR.argument, `the DoFn declares the timer '${id}' and has no onTimer.${id}`, place);
  for (const id of handled)
    if (!declared.includes(id))
      throw planError(PLAN_ERROR.argument, `the DoFn has onTimer.${id}, and the timer '${id}' is not declared`, {
        ...place,
        hint: `declare it: { timers: { ${id}: eventTimer() } }`,
      });
}

function mapValues<T, R>(
  values: { readonly [name: string]: T },
  to: (value: T, name: string) => R,
): { readonly [name: string]: R } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value, name)]));
}
