import { coderFromSpec, type WindowedValue } from '../../sdk/coders/index.js';
import {
  BEAM_TRANSFORM,
  type Coder,
  type Components,
  type DoFnPayload,
  MAIN_TAG,
  MillraceError,
  type ParDoPayload,
  type Plan,
  type Timestamp,
} from '../../sdk/model/index.js';
import { mapValues } from '../beam/map-values.js';
import {
  type Batch,
  doFnSpec,
  type KernelHost,
  makeAsyncStep,
  makeSteps,
  OutputBuffer,
  OutputGate,
  type OutputPort,
  Segment,
  type StepSpec,
} from '../kernel/index.js';
import { CountPort } from './count-port.js';
import { FnSideInputs } from './fn-side-inputs.js';
import { makeStatefulNode } from './make-stateful-node.js';
import type { OngoingWork, SliceResult, StepContext } from './splittable-steps.js';
import {
  inputOf,
  isStateful,
  type StageGraph,
  type StageSegment,
  type StageTransform,
  stageGraph,
} from './stage-graph.js';
import {
  type AnySplittable,
  AsyncNode,
  type Drain,
  ForwardNode,
  PairNode,
  ProcessNode,
  SegmentNode,
  SplitNode,
  type StageNode,
  TruncateNode,
} from './stage-nodes.js';
import { stepOf } from './stage-steps.js';
import { stateBacked } from './state-backed.js';
import type { StateService } from './state-calls.js';
import { StatefulNode } from './stateful-node.js';
import { WirePort } from './wire-port.js';

export const PROCESS = BEAM_TRANSFORM.sdfProcessSizedElementAndRestrictions;
/** Batches that may wait for a part before the one that fills its inbox is stopped. */
const INBOX_BATCHES = 16;

export interface StageSource {
  /** The descriptor in a plan's terms. */
  readonly components: Components;
  readonly plan: Plan;
  readonly host: KernelHost;
  /** The wire coder of an end of the stage. */
  portCoder(end: StageTransform): string;
  /** Sends encoded elements of an output. */
  send(sinkId: string, data: Uint8Array): void;
  /** Hands timers that were set or cleared to the engine. */
  sendTimers(transformId: string, family: string, timers: Uint8Array): void;
  /** What the engine keeps for the bundle that is running. */
  readonly state: StateService;
  now(): Timestamp;
}

/** What the running stage does for its parts. */
export interface StageHooks {
  /** Works through what the parts behind this one have got. */
  drainBehind(part: StagePart): void | Promise<void>;
  /** A slice of a source's work on an element has ended. */
  sliced(result: SliceResult, of: WorkedOn): void;
  /** Work on an element is under way, or not any more. */
  working(work: OngoingWork | undefined, of: WorkedOn): void;
}

/** The element that a splittable step works on. */
export interface WorkedOn {
  readonly transform: StageTransform;
  readonly splittable: AnySplittable;
  readonly batch: Batch;
  readonly index: number;
}

export interface StagePart {
  readonly node: StageNode;
  /** Filled by the parts before this one. */
  readonly inbox: Batch[];
}

/** A stage, made: its parts in the order in which data flows, and its ends. */
export interface BuiltStage {
  readonly graph: StageGraph;
  readonly parts: readonly StagePart[];
  /** Set while an inbox is full. */
  readonly gate: OutputGate;
  readonly buffers: readonly OutputBuffer[];
  /** By the id of the sink. */
  readonly wires: ReadonlyMap<string, WirePort>;
  /** By PCollection. */
  readonly counts: ReadonlyMap<string, CountPort>;
  /** Name of a step → id of a transform that carries it. */
  readonly transforms: ReadonlyMap<string, string>;
  /** By the id of the transform. */
  readonly stateful: ReadonlyMap<string, { readonly part: StagePart; readonly node: StatefulNode }>;
  readonly sides: readonly FnSideInputs[];
  readonly coder: Coder<WindowedValue<unknown>>;
}

/** Makes the parts of a stage from the back to the front, because each needs the inboxes of those that it feeds. */
export function buildStage(source: StageSource, hooks: StageHooks): BuiltStage {
  return new StageBuilder(source, hooks).build();
}

class StageBuilder {
  readonly #graph: StageGraph;
  /** By the name of the step. */
  readonly #sides: ReadonlyMap<string, FnSideInputs>;
  readonly #host: KernelHost;
  readonly #gate = new OutputGate();
  readonly #parts: StagePart[] = [];
  readonly #buffers: OutputBuffer[] = [];
  readonly #wires = new Map<string, WirePort>();
  readonly #counts = new Map<string, CountPort>();
  readonly #transforms = new Map<string, string>();
  readonly #stateful = new Map<string, { readonly part: StagePart; readonly node: StatefulNode }>();
  /** Entry of a segment → the way into it. */
  readonly #entries = new Map<string, OutputPort>();
  /** PCollection → the ways into the steps that stand alone and read it. */
  readonly #readers = new Map<string, OutputPort[]>();

  constructor(
    private readonly source: StageSource,
    private readonly hooks: StageHooks,
  ) {
    this.#graph = stageGraph(source.components);
    this.#sides = this.#sideInputs();
    this.#host = { ...source.host, sideInputs: (step) => this.#sides.get(step) };
  }

  build(): BuiltStage {
    for (const sink of this.#graph.sinks)
      this.#wires.set(sink.id, new WirePort(this.#wireCoder(sink), (data) => this.source.send(sink.id, data)));
    for (const part of [...this.#graph.parts].reverse()) {
      if ('segment' in part) this.#addSegment(part.segment);
      else this.#addAlone(part.alone);
    }
    return {
      graph: this.#graph,
      parts: this.#parts,
      gate: this.#gate,
      buffers: this.#buffers,
      wires: this.#wires,
      counts: this.#counts,
      transforms: this.#transforms,
      stateful: this.#stateful,
      sides: [...this.#sides.values()],
      coder: this.#wireCoder(this.#graph.source),
    };
  }

  #sideInputs(): Map<string, FnSideInputs> {
    const { components, plan, state, host } = this.source;
    const sides = new Map<string, FnSideInputs>();
    for (const [id, spec] of Object.entries(components.transforms)) {
      const { sideInputs = {} } = (spec.spec?.payload ?? {}) as unknown as Partial<ParDoPayload>;
      if (Object.keys(sideInputs).length === 0) continue;
      const { uniqueName } = stepOf({ id, spec }, plan).transform;
      sides.set(uniqueName, new FnSideInputs({ id, spec }, uniqueName, components, plan, state, host));
    }
    return sides;
  }

  #wireCoder(end: StageTransform): Coder<WindowedValue<unknown>> {
    const id = this.source.portCoder(end);
    const { components, state } = this.source;
    return coderFromSpec(id, components.coders, stateBacked(state)) as Coder<WindowedValue<unknown>>;
  }

  #addSegment(segment: StageSegment): void {
    const { entry, steps, pcollections } = segment;
    const ports = new Map<string, readonly OutputPort[]>();
    for (const id of pcollections)
      ports.set(id, [...(this.#readers.get(id) ?? []), ...this.#wiresOf(id), ...this.#counted(id, segment)]);
    const into = this.#add((drain) =>
      steps.length === 0
        ? new ForwardNode(ports.get(entry) ?? [])
        : new SegmentNode(this.#segment(entry, steps, ports), drain),
    );
    this.#entries.set(entry, into);
  }

  #addAlone(transform: StageTransform): void {
    const { inputs, outputs } = transform.spec;
    const into = isStatefulStep(transform)
      ? this.#addStateful(transform)
      : this.#add((drain) => {
          const tagged = mapValues(outputs, (id) => this.#behind(id, transform));
          return this.#alone(transform, tagged, drain);
        });
    for (const id of new Set(Object.values(inputs))) this.#readers.set(id, [...(this.#readers.get(id) ?? []), into]);
  }

  #addStateful(transform: StageTransform): OutputPort {
    const { source } = this;
    const spec = this.#named(stepOf(transform, source.plan));
    const ports = Object.entries(spec.transform.outputs).map(
      ([tag, id]) => [tag, this.#behind(id, transform)] as const,
    );
    const into = this.#add((drain) =>
      makeStatefulNode({
        spec,
        components: source.components,
        plan: source.plan,
        host: this.#host,
        ports: new Map(ports),
        gate: this.#gate,
        drain,
        service: source.state,
        sendTimers: (family, timers) => source.sendTimers(transform.id, family, timers),
        now: source.now,
      }),
    );
    const [part] = this.#parts;
    if (part?.node instanceof StatefulNode) this.#stateful.set(transform.id, { part, node: part.node });
    return into;
  }

  /** The ways behind a step that stands alone. */
  #behind(pcollection: string, transform: StageTransform): OutputPort[] {
    const into = this.#entries.get(pcollection);
    const counted = urnOf(transform) === PROCESS ? [this.#counter(pcollection)] : [];
    return [...(into === undefined ? [] : [into]), ...counted];
  }

  /** Puts a part in front of the others; answers the way into it. */
  #add(make: (drain: Drain) => StageNode): OutputPort {
    const inbox: Batch[] = [];
    const part: StagePart = { node: make(() => this.hooks.drainBehind(part)), inbox };
    this.#parts.unshift(part);
    const buffer = new OutputBuffer(false, { accept: (batch) => inbox.push(batch) < INBOX_BATCHES }, this.#gate);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** What steps take whose results nothing reads is the output of the pipeline. */
  #counted(pcollection: string, { steps }: StageSegment): CountPort[] {
    const inputs = new Set(
      Object.values(this.source.components.transforms).flatMap(({ inputs }) => Object.values(inputs)),
    );
    const isLast = ({ spec }: StageTransform) => !Object.values(spec.outputs).some((id) => inputs.has(id));
    return steps.some((step) => inputOf(step.spec) === pcollection && isLast(step)) ? [this.#counter(pcollection)] : [];
  }

  #counter(pcollection: string): CountPort {
    let port = this.#counts.get(pcollection);
    if (port === undefined) {
      port = new CountPort();
      this.#counts.set(pcollection, port);
    }
    return port;
  }

  #wiresOf(pcollection: string): OutputPort[] {
    return this.#graph.sinks
      .filter(({ spec }) => inputOf(spec) === pcollection)
      .map(({ id }) => this.#wires.get(id) as WirePort);
  }

  #segment(
    entry: string,
    steps: readonly StageTransform[],
    ports: ReadonlyMap<string, readonly OutputPort[]>,
  ): Segment {
    const { plan } = this.source;
    const host = this.#host;
    const specs = steps.map((step) => this.#named(stepOf(step, plan)));
    return new Segment(entry, makeSteps(specs, host), ports, this.#gate, host);
  }

  #named(spec: StepSpec): StepSpec {
    this.#transforms.set(spec.transform.uniqueName, spec.id);
    return spec;
  }

  #alone(transform: StageTransform, outputs: Readonly<Record<string, readonly OutputPort[]>>, drain: Drain): StageNode {
    const ports = Object.values(outputs).flat();
    const { plan } = this.source;
    const host = this.#host;
    const spec = this.#named(stepOf(transform, plan));
    const urn = urnOf(transform);
    if (urn === BEAM_TRANSFORM.flatten) return new ForwardNode(ports);
    if (urn === BEAM_TRANSFORM.parDo) return new AsyncNode(spec, makeAsyncStep(spec, host), ports, host.signal);
    const { fn } = doFnSpec(spec).payload as unknown as DoFnPayload;
    const splittable = host.resolver.instantiate(fn) as AnySplittable;
    const name = spec.transform.uniqueName;
    const context: StepContext = {
      step: name,
      metrics: host.metrics(name),
      signal: host.signal,
      job: host.job,
      now: this.source.now,
      log: (level, message, fields) => host.log(level, message, name, fields),
    };
    switch (urn) {
      case BEAM_TRANSFORM.sdfPairWithRestriction:
        return new PairNode(spec, splittable, context, ports);
      case BEAM_TRANSFORM.sdfSplitAndSizeRestrictions:
        return new SplitNode(spec, splittable, context, ports);
      case BEAM_TRANSFORM.sdfTruncateSizedRestrictions:
        return new TruncateNode(spec, splittable, context, ports);
      case PROCESS: {
        // The only output is the main one, whatever an engine calls it.
        const entries = Object.entries(outputs);
        const tagged = entries.length === 1 ? [[MAIN_TAG, ports] as const] : entries;
        return new ProcessNode(spec, splittable, context, new Map(tagged), drain, {
          sliced: (result, batch, index) => this.hooks.sliced(result, { transform, splittable, batch, index }),
          working: (work, batch, index) => this.hooks.working(work, { transform, splittable, batch, index }),
        });
      }
      default:
        throw new MillraceError('TRANSFORM_UNKNOWN', 'runner', `the harness has no part for ${urn}`, { step: name });
    }
  }
}

export const urnOf = ({ spec }: StageTransform): string | undefined => spec.spec?.urn;

function isStatefulStep(transform: StageTransform): boolean {
  return (
    urnOf(transform) === BEAM_TRANSFORM.parDo && isStateful(transform.spec.spec?.payload as unknown as ParDoPayload)
  );
}
