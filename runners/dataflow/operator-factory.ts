import { coderFromSpec, iterableCoder, keyIdentity, valueCoder } from '../../sdk/coders/index.js';
import {
  BEAM_TRANSFORM,
  BEAM_WINDOW_FN,
  type Coder,
  type CombineFn,
  type CombinePayload,
  type DoFnContext,
  type DoFnPayload,
  HOLDS_NO_EPOCH,
  MAIN_TAG,
  type Plan,
  SYSTEM_COUNTER,
  type Windows,
} from '../../sdk/model/index.js';
import {
  type AccumulatorLayout,
  accumulatorLayout,
  BATCH_CAPACITY,
  combineFnOf,
  doFnSpec,
  type ElementOutput,
  type FailedStep,
  FoldPort,
  type KernelHost,
  type KeyTableSpec,
  keyTables,
  type MakeKeyTable,
  makeAsyncStep,
  makeSteps,
  type OutputGate,
  type OutputPort,
  Segment,
  type StepSpec,
  windowMerger,
} from '../kernel/index.js';
import { AsyncOperator } from './async-operator.js';
import { ChainOperator, type FoldOperator } from './chain-operator.js';
import type { ChainSpec } from './chains.js';
import type { Clock } from './clock.js';
import type { OperatorSpec } from './graph.js';
import { GroupCoding } from './group-coding.js';
import { collectAccumulatingValues, collectValues, type GroupSpec } from './group-spec.js';
import { ImpulseOperator } from './impulse-operator.js';
import type { Operator } from './operator.js';
import { windowingOf } from './plan-to-graph.js';
import { PrecombineOperator } from './precombine-operator.js';
import { batchOutput } from './reader-output.js';
import { SegmentOperator } from './segment-operator.js';
import { SessionGroupOperator } from './session-group-operator.js';
import { SessionPrecombineOperator } from './session-precombine-operator.js';
import { SliceGroupOperator } from './slice-group-operator.js';
import { SourceOperator } from './source-operator.js';
import { type WorkCoder, workCoder } from './source-snapshot.js';
import { type AnySplittable, SplitOperator } from './split-operator.js';
import { makeStateful } from './state/make-stateful.js';
import { TestStreamOperator } from './test-stream-operator.js';
import { TriggerGroupOperator } from './trigger-group-operator.js';
import { WindowGroupOperator } from './window-group-operator.js';

/** What operators of one thread are made from. */
export interface OperatorHost {
  readonly plan: Plan;
  readonly host: KernelHost;
  readonly clock: Clock;
  /** Tasks of an operator that runs as many. */
  readonly placement: { readonly parallelism: number };
  readonly form?: 'compiled' | 'interpreted';
  /** Elements that a source reads at a time. */
  readonly batchCapacity?: number;
}

/** Where one operator writes, and how its task is woken. */
export interface OperatorSite {
  /** By PCollection. */
  readonly ports: Ports;
  readonly gate: OutputGate;
  readonly wake: () => void;
}

export type Ports = ReadonlyMap<string, readonly OutputPort[]>;

/** Makes the operators of a chain, the last of them first; `portsOf` says where one writes outside of the chain. */
export function makeChain(
  chain: ChainSpec,
  index: number,
  make: OperatorHost,
  site: { readonly gate: OutputGate; readonly wake: () => void; portsOf(operator: OperatorSpec): Ports },
): Operator {
  const { head, folds } = chain;
  const { gate, wake, portsOf } = site;
  if (chain.segment === undefined && folds.length === 0)
    return makeOperator(head, index, make, { ports: portsOf(head), gate, wake });
  const last = chain.segment ?? head;
  const ports = new Map(portsOf(last));
  const sinks = folds.map(({ operator, edge }) => {
    const sink = makeOperator(operator, index, make, { ports: portsOf(operator), gate, wake }) as FoldOperator;
    ports.set(edge.pcollection, [...(ports.get(edge.pcollection) ?? []), new FoldPort(sink)]);
    return sink;
  });
  // A source that folds at once stands before a segment without steps.
  const steps = last.kind === 'segment' ? makeSteps(last.steps, make.host) : [];
  const entry = last.kind === 'segment' ? last.entry : last.outputs[0]!;
  const segment = new Segment(entry, steps, ports, gate, make.host, make.form);
  const source =
    head.kind === 'source' ? makeSource(head, make, site, (windows) => segment.openOutput(windows)) : undefined;
  return new ChainOperator(source, segment, sinks);
}

/** Makes the operator of one task. */
export function makeOperator(spec: OperatorSpec, index: number, make: OperatorHost, site: OperatorSite): Operator {
  const { host, clock } = make;
  const { gate, wake } = site;
  const ports = [...site.ports.values()].flat();
  const step = spec.steps[0]!;
  switch (spec.kind) {
    case 'impulse':
      return new ImpulseOperator(ports, index === 0);
    case 'testStream':
      return new TestStreamOperator(Object.keys(step.transform.outputs)[0]!, ports, gate, wake);
    case 'segment':
      return new SegmentOperator(
        new Segment(spec.entry, makeSteps(spec.steps, host), site.ports, gate, host, make.form),
      );
    case 'split': {
      const context = contextOf(step, host);
      return new SplitOperator(step, splittableOf(step, host), context, make.placement.parallelism, ports, wake);
    }
    case 'source':
      return makeSource(spec, make, site, readerOutput(step, site.ports));
    case 'async': {
      const { signal } = host;
      const warn = (message: string): void => host.log('warn', message, step.transform.uniqueName);
      return new AsyncOperator({ spec: step, step: makeAsyncStep(step, host), ports, gate, clock, signal, wake, warn });
    }
    case 'group':
      return groupOperator(spec, make, ports, gate);
    case 'stateful':
      return makeStateful(step, make, site);
    case 'triggerGroup': {
      const { mergeStatus, windowFn } = windowingOf(make.plan, keyedInput(spec));
      const merger = mergeStatus === 'NEEDS_MERGE' ? windowMerger(windowFn, host, make.plan) : undefined;
      return new TriggerGroupOperator({ ...groupSpecOf(spec, make, ports, gate), clock, wake, merger });
    }
    case 'precombine': {
      const combineFn = combineFnOf(step, host);
      const layout = layoutOf(step, make);
      const keyCoder = keyCoderOf(host, mainInput(step));
      const makeTable = tablesOf({ step, combineFn, inputs: 'values', layout, keyCoder }, make);
      const parts = { combineFn, step: failedStep(step), ports, gate };
      if (windowingOf(make.plan, mainInput(step)).mergeStatus !== 'NEEDS_MERGE')
        return new PrecombineOperator({ ...parts, makeTable, layout });
      return new SessionPrecombineOperator({ ...parts, identity: keyIdentity(keyCoder), table: makeTable() });
    }
  }
}

function makeSource(
  spec: OperatorSpec,
  { host, clock, plan, batchCapacity = BATCH_CAPACITY }: OperatorHost,
  { gate, wake }: Pick<OperatorSite, 'gate' | 'wake'>,
  openOutput: (windows: Windows) => ElementOutput,
): SourceOperator {
  const step = spec.steps[0]!;
  const context = { ...contextOf(step, host), job: host.job };
  const splittable = splittableOf(step, host);
  const coder = (): WorkCoder => workCoder(step, plan);
  return new SourceOperator({ step, splittable, context, coder, openOutput, gate, clock, wake, batchCapacity });
}

/** Where readers write: the main output, and the others by tag. */
function readerOutput({ transform }: StepSpec, ports: Ports): (windows: Windows) => ElementOutput {
  const tagged = new Map(Object.entries(transform.outputs).map(([tag, id]) => [tag, ports.get(id) ?? []]));
  const only = tagged.size === 1 ? [...tagged.values()][0] : undefined;
  return batchOutput(only ?? tagged.get(MAIN_TAG) ?? [], tagged);
}

function groupOperator(
  spec: OperatorSpec,
  make: OperatorHost,
  ports: readonly OutputPort[],
  gate: OutputGate,
): Operator {
  const groupSpec = groupSpecOf(spec, make, ports, gate);
  const { windowing } = groupSpec;
  if (windowing.mergeStatus === 'NEEDS_MERGE') return new SessionGroupOperator(groupSpec);
  const slices = windowing.windowFn.urn === BEAM_WINDOW_FN.sliding && windowing.allowedLatenessMs === 0;
  return slices ? new SliceGroupOperator(groupSpec) : new WindowGroupOperator(groupSpec);
}

function groupSpecOf(
  spec: OperatorSpec,
  make: OperatorHost,
  ports: readonly OutputPort[],
  gate: OutputGate,
): GroupSpec {
  const { plan, host } = make;
  const step = spec.steps[0]!;
  const input = keyedInput(spec);
  const windowing = windowingOf(plan, input);
  const combines = step.transform.spec!.urn === BEAM_TRANSFORM.combinePerKey;
  const collect = windowing.accumulationMode === 'ACCUMULATING' ? collectAccumulatingValues : collectValues;
  const combineFn = combines ? combineFnOf(step, host) : (collect as unknown as AnyCombineFn);
  const precombined = input !== mainInput(step);
  const inputs = precombined ? 'accumulators' : 'values';
  const keyCoder = keyCoderOf(host, input);
  const valueCoderOfInput = host.coder(input).components[1] as Coder<unknown>;
  const accumulatorCoder = combines
    ? (declaredAccumulator(step, plan) ?? valueCoder())
    : iterableCoder(valueCoderOfInput);
  return {
    combineFn,
    makeTable: tablesOf({ step, combineFn, inputs, layout: layoutOf(step, make), keyCoder }, make),
    coding: new GroupCoding(keyCoder, accumulatorCoder as Coder<unknown>),
    step: failedStep(step),
    precombined,
    identity: keyIdentity(keyCoder),
    windowing,
    ports,
    gate,
    droppedLate: host.metrics(step.transform.uniqueName).counter(SYSTEM_COUNTER.droppedLate),
    holdsNoEpoch: step.transform.annotations?.[HOLDS_NO_EPOCH] === true,
  };
}

type AnyCombineFn = CombineFn<unknown, unknown, unknown>;

/** How the accumulators of a step are kept, by what they are declared to be. */
function layoutOf(step: StepSpec, { plan }: OperatorHost): AccumulatorLayout {
  return accumulatorLayout(declaredAccumulator(step, plan));
}

function declaredAccumulator(step: StepSpec, plan: Plan): Coder<unknown> | undefined {
  const { accumulatorCoderId } = (step.transform.spec!.payload ?? {}) as Partial<CombinePayload>;
  return accumulatorCoderId === undefined ? undefined : coderFromSpec(accumulatorCoderId, plan.components.coders);
}

type TableParts = Pick<KeyTableSpec, 'combineFn' | 'inputs' | 'layout' | 'keyCoder'> & { readonly step: StepSpec };

function tablesOf({ step, ...parts }: TableParts, { host, form = 'compiled' }: OperatorHost): MakeKeyTable {
  return keyTables({ ...parts, step: failedStep(step), form, owner: host });
}

function failedStep({ transform, source }: StepSpec): FailedStep {
  return { name: transform.uniqueName, source };
}

function splittableOf(step: StepSpec, host: KernelHost): AnySplittable {
  const { fn } = doFnSpec(step).payload as unknown as DoFnPayload;
  return host.resolver.instantiate(fn) as AnySplittable;
}

function contextOf(step: StepSpec, host: KernelHost): DoFnContext {
  const name = step.transform.uniqueName;
  return {
    step: name,
    metrics: host.metrics(name),
    signal: host.signal,
    log: (level, message, fields) => host.log(level, message, name, fields),
  };
}

/** The coder of the keys of a keyed PCollection. */
export function keyCoderOf(host: KernelHost, pcollection: string): Coder<unknown> {
  return host.coder(pcollection).components[0] as Coder<unknown>;
}

export function mainInput(step: StepSpec): string {
  return step.transform.inputs[MAIN_TAG] ?? Object.values(step.transform.inputs)[0]!;
}

/** The PCollection of the plan whose keys a grouping groups by: of a combine that is done in two steps, the first one's. */
export function keyedInput(group: OperatorSpec): string {
  return group.grouped ?? mainInput(group.steps[0]!);
}
