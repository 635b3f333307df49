import { coderFromSpec, type Timer } from '../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type Coder,
  type CombineFn,
  type Components,
  MillraceError,
  type ParDoPayload,
  type Plan,
  type StatePayload,
  type Timestamp,
  type UserFunctionRef,
} from '../../sdk/model/index.js';
import { EXPIRATION_FAMILY } from '../beam/par-do.js';
import {
  type Emit,
  type KernelHost,
  makeSteps,
  type OutputGate,
  type OutputPort,
  StatefulRuntime,
  type StepSpec,
  usableCombineFn,
  windowExpiry,
} from '../kernel/index.js';
import { authoredTransform } from './authored.js';
import { type CellSpec, FnStateHost, type TimerFamily } from './fn-state-host.js';
import { inputOf } from './stage-graph.js';
import type { Drain } from './stage-nodes.js';
import type { StateService } from './state-calls.js';
import { StatefulNode } from './stateful-node.js';

/** What a stateful step of a stage is made from. */
export interface StatefulSource {
  readonly spec: StepSpec;
  readonly components: Components;
  readonly plan: Plan;
  readonly host: KernelHost;
  /** Output tag → where it goes. */
  readonly ports: ReadonlyMap<string, readonly OutputPort[]>;
  readonly gate: OutputGate;
  readonly drain: Drain;
  readonly service: StateService;
  sendTimers(family: string, timers: Uint8Array): void;
  now(): Timestamp;
}

export function makeStatefulNode(source: StatefulSource): StatefulNode {
  const { spec, host, gate, plan, components } = source;
  const [step] = makeSteps([spec], host);
  if (step?.body.kind !== 'doFn')
    throw new MillraceError('STATE_NOT_HERE', 'plan', 'state and timers belong to a DoFn', {
      step: spec.transform.uniqueName,
    });
  const payload = payloadOf(spec.transform);
  const authored = payloadOf(authoredTransform(plan, spec.transform.uniqueName) ?? spec.transform);
  const { windowingStrategyId, coderId } = components.pcollections[inputOf(spec.transform)]!;
  const { windowCoderId, allowedLatenessMs } = components.windowingStrategies[windowingStrategyId]!;
  const coder = (id: string): Coder<unknown> => coderFromSpec(id, components.coders);
  const timers = Object.entries(payload.timerFamilySpecs ?? {}).map(([family, timer]): [string, TimerFamily] => [
    family,
    { timeDomain: timer.timeDomain, coder: coder(timer.coderId ?? '') as Coder<Timer<unknown>> },
  ]);
  const state = new FnStateHost({
    transformId: spec.id,
    keyCoder: keyCoderOf(coder(coderId), spec),
    windowCoder: coder(windowCoderId) as Coder<BoundedWindow>,
    cells: cellsOf(authored, payload, coder, host),
    timers: new Map(timers),
    service: source.service,
    sendTimers: source.sendTimers,
    now: source.now,
    expiration: authored.onWindowExpiration === true ? (window) => windowExpiry(window, allowedLatenessMs) : undefined,
  });
  const domains = timers.filter(([family]) => family !== EXPIRATION_FAMILY);
  const runtime = new StatefulRuntime(
    {
      step,
      doFn: step.body.doFn,
      allowedSkewMs: step.body.allowedSkewMs,
      timers: Object.fromEntries(domains.map(([family, { timeDomain }]) => [family, timeDomain])),
      allowedLatenessMs,
    },
    state,
    host,
    gate,
  );
  for (const [tag, ports] of source.ports) runtime.connect(tag, emitTo(ports));
  return new StatefulNode(runtime, state, gate, source.drain);
}

const payloadOf = ({ spec }: StepSpec['transform']): ParDoPayload => spec?.payload as unknown as ParDoPayload;

function emitTo(ports: readonly OutputPort[]): Emit {
  return (value, timestamp, windows, pane) => {
    for (let i = 0; i < ports.length; i++) ports[i]!.push(value, timestamp, windows, pane);
  };
}

function keyCoderOf(input: Coder<unknown>, { transform }: StepSpec): Coder<unknown> {
  const [key, value] = input.components;
  if (key !== undefined && value !== undefined) return key;
  throw new MillraceError('REMOTE_PROTOCOL', 'external', `the input of a stateful step comes as ${input.urn}`, {
    step: transform.uniqueName,
  });
}

function cellsOf(
  authored: ParDoPayload,
  payload: ParDoPayload,
  coder: (id: string) => Coder<unknown>,
  host: KernelHost,
): { readonly [id: string]: CellSpec } {
  const cells: [string, CellSpec][] = Object.entries(payload.stateSpecs ?? {}).map(([id, stored]) => {
    const declared = authored.stateSpecs?.[id] ?? stored;
    const { ttlMs } = declared;
    const storedCoder = coder(elementCoderId(stored));
    const elementCoder = ttlMs === undefined ? storedCoder : storedCoder.components[1]!;
    const combineFn = (): CombineFn<unknown, unknown, unknown> => instantiate(declared, host);
    return [id, { declared, coder: storedCoder, elementCoder, ttlMs, combineFn }];
  });
  return Object.fromEntries(cells);
}

function elementCoderId(stored: StatePayload): string {
  return stored.kind === 'combining' ? stored.accumulatorCoderId : stored.coderId;
}

function instantiate(declared: StatePayload, host: KernelHost): CombineFn<unknown, unknown, unknown> {
  if (declared.kind !== 'combining') throw new Error(`a cell of kind ${declared.kind} combines nothing`);
  const { fn } = declared.combineFn.payload as unknown as { readonly fn: UserFunctionRef };
  return usableCombineFn(host.resolver.instantiate(fn));
}
