import { coderFromSpec, keyHash } from '../../../sdk/coders/index.js';
import {
  type BoundedWindow,
  type Coder,
  type ParDoPayload,
  type StatePayload,
  SYSTEM_COUNTER,
  type UserFunctionRef,
} from '../../../sdk/model/index.js';
import { makeSteps, portInto, StatefulRuntime, type StepSpec, usableCombineFn } from '../../kernel/index.js';
import { EpochLedger } from '../epoch-ledger.js';
import { keyGroups } from '../key-groups.js';
import { keyCoderOf, mainInput, type OperatorHost, type OperatorSite } from '../operator-factory.js';
import { windowingOf } from '../plan-to-graph.js';
import { StatefulOperator } from '../stateful-operator.js';
import type { CellSpec } from './live-cell.js';
import { LiveState } from './live-state.js';

/** Makes the operator of a DoFn with state or timers. */
export function makeStateful(spec: StepSpec, make: OperatorHost, site: OperatorSite): StatefulOperator {
  const { plan, host, clock } = make;
  const { gate, wake } = site;
  const [step] = makeSteps([spec], host);
  if (step?.body.kind !== 'doFn') throw new Error(`${spec.transform.uniqueName} is no DoFn`);
  const { doFn, allowedSkewMs } = step.body;
  const payload = spec.transform.spec!.payload as unknown as ParDoPayload;
  const input = mainInput(spec);
  const { allowedLatenessMs, windowCoderId } = windowingOf(plan, input);
  const keyCoder = keyCoderOf(host, input);
  const families = Object.entries(payload.timerFamilySpecs ?? {});
  const ledger = new EpochLedger();
  const coder = (id: string): Coder<unknown> => coderFromSpec(id, plan.components.coders);
  const state = new LiveState({
    cells: Object.entries(payload.stateSpecs ?? {}).map(([id, cell]) => cellSpec(id, cell, coder, make)),
    families: families.map(([id, { timeDomain }]) => ({ id, timeDomain })),
    keyCoder,
    allowedLatenessMs,
    expires: doFn.onWindowExpiration !== undefined,
    ledger,
    now: () => clock.now(),
  });
  const timers = Object.fromEntries(families.map(([id, { timeDomain }]) => [id, timeDomain]));
  const runtime = new StatefulRuntime({ step, doFn, allowedSkewMs, timers, allowedLatenessMs }, state, host, gate);
  for (const [tag, pcollection] of Object.entries(step.outputs)) {
    const sinks = (site.ports.get(pcollection) ?? []).map(portInto);
    if (sinks.length === 1) runtime.connect(tag, sinks[0]!);
    else
      runtime.connect(tag, (value, timestamp, windows, pane) => {
        for (const sink of sinks) sink(value, timestamp, windows, pane);
      });
  }
  return new StatefulOperator({
    runtime,
    state,
    ledger,
    gate,
    clock,
    wake,
    warn: (message) => host.log('warn', message, step.name),
    droppedLate: host.metrics(step.name).counter(SYSTEM_COUNTER.droppedLate),
    timeSorted: payload.requiresTimeSortedInput === true,
    coders: {
      key: keyCoder,
      element: host.coder(input),
      window: coder(windowCoderId) as Coder<BoundedWindow>,
      keyGroup: keyGroups(keyHash(keyCoder)),
    },
  });
}

function cellSpec(
  id: string,
  payload: StatePayload,
  coder: (id: string) => Coder<unknown>,
  { host }: OperatorHost,
): CellSpec {
  const { kind } = payload;
  const ttl = payload.ttlMs === undefined ? {} : { ttlMs: payload.ttlMs };
  switch (payload.kind) {
    case 'combining': {
      const { fn } = payload.combineFn.payload as unknown as { fn: UserFunctionRef };
      const combineFn = usableCombineFn(host.resolver.instantiate(fn));
      return { id, kind, coder: coder(payload.accumulatorCoderId), combineFn, ...ttl };
    }
    case 'map':
    case 'multimap':
      return { id, kind, coder: coder(payload.coderId), keyCoder: coder(payload.keyCoderId), ...ttl };
    default:
      return { id, kind, coder: coder(payload.coderId), ...ttl };
  }
}
