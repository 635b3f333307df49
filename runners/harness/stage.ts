import { BytesSource, coderFromSpec, encodeToBytes, type WindowedValue } from '../../sdk/coders/index.js';
import {
  BEAM_TRANSFORM,
  type Coder,
  type Components,
  type DoFnPayload,
  MAX_TIMESTAMP,
  MillraceError,
  type Plan,
  type SourceContext,
} from '../../sdk/model/index.js';
import {
  BATCH_CAPACITY,
  Batch,
  doFnSpec,
  type KernelHost,
  makeAsyncStep,
  makeSteps,
  OutputBuffer,
  OutputGate,
  type OutputPort,
  Segment,
  type SliceResult,
  type StepSpec,
} from '../kernel/index.js';
import type { ClaimPage } from './claim-page.js';
import { CountPort } from './count-port.js';
import {
  inputOf,
  outputOf,
  type StageGraph,
  type StageSegment,
  type StageTransform,
  stageGraph,
} from './stage-graph.js';
import {
  type AnySplittable,
  AsyncNode,
  ForwardNode,
  PairNode,
  ProcessNode,
  SegmentNode,
  SplitNode,
  type StageNode,
} from './stage-nodes.js';
import { stepOf } from './stage-steps.js';
import type { Residual } from './thread-messages.js';
import { WirePort } from './wire-port.js';

const PROCESS = BEAM_TRANSFORM.sdfProcessSizedElementAndRestrictions;

export interface StageParts {
  /** The descriptor in a plan's terms. */
  readonly components: Components;
  readonly plan: Plan;
  readonly host: KernelHost;
  /** The wire coder of an end of the stage. */
  portCoder(end: StageTransform): string;
  /** Sends encoded elements of an output. */
  send(sinkId: string, data: Uint8Array): void;
}

/** What a bundle leaves behind, beside its output. */
export interface BundleRest {
  readonly residuals: readonly Residual[];
  readonly finalisers: readonly (() => Promise<void>)[];
  /** PCollection id → elements. */
  readonly elementCounts: Readonly<Record<string, number>>;
}

interface Part {
  readonly node: StageNode;
  /** Filled by the parts before this one. */
  readonly inbox: Batch[];
}

/** A stage of an engine's, made once and run bundle after bundle: decodes, runs its parts in order, encodes. */
export class Stage {
  readonly #parts: Part[] = [];
  readonly #buffers: OutputBuffer[] = [];
  readonly #wires = new Map<string, WirePort>();
  /** By PCollection. */
  readonly #counts = new Map<string, CountPort>();
  readonly #source: BytesSource = new BytesSource(new Uint8Array());
  readonly #coder: Coder<WindowedValue<unknown>>;
  readonly #graph: StageGraph;
  readonly #blockSize: number;
  readonly #gate = new OutputGate();
  readonly #transforms = new Map<string, string>();
  #residuals: Residual[] = [];
  #finalisers: (() => Promise<void>)[] = [];
  #received = 0;

  constructor(private readonly make: StageParts) {
    this.#graph = stageGraph(make.components);
    this.#coder = this.#wireCoder(this.#graph.source);
    for (const sink of this.#graph.sinks)
      this.#wires.set(sink.id, new WirePort(this.#wireCoder(sink), (data) => make.send(sink.id, data)));
    this.#build();
    // Restrictions are long work: one at a time, so that an engine can give the others away.
    const first = this.#graph.parts.find((part) => 'alone' in part);
    const isSource = first !== undefined && 'alone' in first && inputOf(first.alone.spec) === this.#entry;
    this.#blockSize = isSource && first.alone.spec.spec?.urn === PROCESS ? 1 : BATCH_CAPACITY;
  }

  async setup(): Promise<void> {
    for (const { node } of this.#parts) await node.setup?.();
  }

  async begin(): Promise<void> {
    this.#residuals = [];
    this.#finalisers = [];
    this.#received = 0;
    for (const wire of this.#wires.values()) wire.count = 0;
    for (const port of this.#counts.values()) port.count = 0;
    for (const { node } of this.#parts) await node.startBundle?.();
  }

  /** Works through encoded input as far as the bundle reaches; what a split has given away is left. */
  async process(data: Uint8Array, page: ClaimPage): Promise<void> {
    const source = this.#source;
    source.reset(data);
    const first = this.#parts[0]!;
    while (source.remaining > 0) {
      const batch = this.#decode(source);
      const granted = page.claim(batch.length);
      const isCut = granted < batch.length;
      batch.length = granted;
      if (granted > 0) {
        this.#received += granted;
        first.inbox.push(batch);
        await this.#run();
      }
      page.emitted = this.#emitted();
      if (isCut) return;
    }
  }

  async finish(): Promise<BundleRest> {
    for (const { node } of this.#parts) {
      await node.finishBundle?.();
      await this.#run();
    }
    for (const wire of this.#wires.values()) wire.flush();
    const elementCounts: Record<string, number> = { [this.#entry]: this.#received };
    for (const [id, { count }] of this.#counts) elementCounts[id] = count;
    for (const sink of this.#graph.sinks) elementCounts[inputOf(sink.spec)] = this.#wires.get(sink.id)?.count ?? 0;
    return { residuals: this.#residuals, finalisers: this.#finalisers, elementCounts };
  }

  /** Every part, also when one fails; the first error is thrown in the end. */
  async teardown(): Promise<void> {
    for (const wire of this.#wires.values()) wire.discard();
    let failed: { error: unknown } | undefined;
    for (const { node } of this.#parts) {
      try {
        await node.teardown?.();
      } catch (error) {
        failed ??= { error };
      }
    }
    if (failed !== undefined) throw failed.error;
  }

  /** The id of the transform at which the input arrives. */
  get sourceId(): string {
    return this.#graph.source.id;
  }

  /** The id of the first transform that carries a step's name; engines want one with each counter. */
  transformOf(step: string): string {
    return this.#transforms.get(step) ?? this.sourceId;
  }

  get #entry(): string {
    return outputOf(this.#graph.source.spec);
  }

  /** Until all inboxes are empty: data flows from the front to the back only. */
  async #run(): Promise<void> {
    for (const { node, inbox } of this.#parts) {
      this.#flush();
      for (let batch = inbox.shift(); batch !== undefined; batch = inbox.shift()) {
        const done = node.process(batch);
        if (done !== undefined) await done;
      }
    }
    this.#flush();
  }

  #flush(): void {
    for (const buffer of this.#buffers) buffer.flush();
  }

  #emitted(): number {
    let sum = 0;
    for (const { count } of this.#wires.values()) sum += count;
    return sum;
  }

  #decode(source: BytesSource): Batch {
    const batch = new Batch(false, this.#blockSize);
    while (batch.length < this.#blockSize && source.remaining > 0) {
      const { value, timestamp, windows, pane } = this.#coder.decode(source, true);
      batch.append(value, timestamp, windows, pane);
    }
    return batch;
  }

  #wireCoder(end: StageTransform): Coder<WindowedValue<unknown>> {
    const id = this.make.portCoder(end);
    return coderFromSpec(id, this.make.components.coders) as Coder<WindowedValue<unknown>>;
  }

  /** Parts are made from the back to the front, because each needs the inboxes of those that it feeds. */
  #build(): void {
    const entries = new Map<string, readonly OutputPort[]>();
    const readers = new Map<string, OutputPort[]>();
    for (const part of [...this.#graph.parts].reverse()) {
      const inbox: Batch[] = [];
      const buffer = new OutputBuffer(false, { accept: (batch) => inbox.push(batch) > 0 }, this.#gate);
      this.#buffers.push(buffer);
      if ('segment' in part) {
        const { entry, steps, pcollections } = part.segment;
        const ports = new Map<string, readonly OutputPort[]>();
        for (const id of pcollections)
          ports.set(id, [...(readers.get(id) ?? []), ...this.#wiresOf(id), ...this.#counted(id, part.segment)]);
        const node =
          steps.length === 0
            ? new ForwardNode(ports.get(entry) ?? [])
            : new SegmentNode(this.#segment(entry, steps, ports));
        entries.set(entry, [buffer]);
        this.#parts.unshift({ node, inbox });
      } else {
        const transform = part.alone;
        const ports = Object.values(transform.spec.outputs).flatMap((id) => [
          ...(entries.get(id) ?? []),
          ...(transform.spec.spec?.urn === PROCESS ? [this.#counter(id)] : []),
        ]);
        for (const id of new Set(Object.values(transform.spec.inputs)))
          readers.set(id, [...(readers.get(id) ?? []), buffer]);
        this.#parts.unshift({ node: this.#alone(transform, ports), inbox });
      }
    }
  }

  /** What steps take whose results nothing reads is the output of the pipeline. */
  #counted(pcollection: string, { steps }: StageSegment): CountPort[] {
    const inputs = new Set(
      Object.values(this.make.components.transforms).flatMap(({ inputs }) => Object.values(inputs)),
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
    const { host, plan } = this.make;
    const specs = steps.map((step) => this.#named(stepOf(step, plan)));
    return new Segment(entry, makeSteps(specs, host), ports, this.#gate, host);
  }

  #named(spec: StepSpec): StepSpec {
    this.#transforms.set(spec.transform.uniqueName, spec.id);
    return spec;
  }

  #alone(transform: StageTransform, ports: readonly OutputPort[]): StageNode {
    const { host, plan } = this.make;
    const spec = this.#named(stepOf(transform, plan));
    const urn = transform.spec.spec?.urn;
    if (urn === BEAM_TRANSFORM.flatten) return new ForwardNode(ports);
    if (urn === BEAM_TRANSFORM.parDo) return new AsyncNode(spec, makeAsyncStep(spec, host), ports, host.signal);
    const { fn } = doFnSpec(spec).payload as unknown as DoFnPayload;
    const splittable = host.resolver.instantiate(fn) as AnySplittable;
    const name = spec.transform.uniqueName;
    const context: Omit<SourceContext, 'initialWatermark'> = {
      step: name,
      metrics: host.metrics(name),
      signal: host.signal,
      job: host.job,
      now: () => Date.now(),
      log: (level, message, fields) => host.log(level, message, name, fields),
    };
    switch (urn) {
      case BEAM_TRANSFORM.sdfPairWithRestriction:
        return new PairNode(spec, splittable, context, ports);
      case BEAM_TRANSFORM.sdfSplitAndSizeRestrictions:
        return new SplitNode(spec, splittable, context, ports);
      case PROCESS:
        return new ProcessNode(spec, splittable, context, ports, (result, batch, index) =>
          this.#keep(transform, splittable, result, batch, index),
        );
      default:
        throw new MillraceError('TRANSFORM_UNKNOWN', 'runner', `the harness has no part for ${urn}`, { step: name });
    }
  }

  /** What is left of an element, encoded as the stage's input is, so that the engine can send it again. */
  #keep(transform: StageTransform, splittable: AnySplittable, result: SliceResult, batch: Batch, index: number): void {
    if (result.finalise !== undefined) this.#finalisers.push(result.finalise);
    const { residual } = result;
    if (residual === undefined) return;
    const element = encodeToBytes(
      this.#coder,
      {
        value: residual.work,
        timestamp: batch.timestamps[index]!,
        windows: batch.windowsAt(index),
        pane: batch.paneAt(index),
      },
      true,
    );
    const [inputTag] = Object.keys(transform.spec.inputs);
    const watermark = Math.min(residual.watermark, MAX_TIMESTAMP);
    this.#residuals.push({
      transformId: transform.id,
      inputTag: inputTag ?? '',
      element,
      outputWatermarks: Object.fromEntries(Object.keys(transform.spec.outputs).map((tag) => [tag, watermark])),
      isBounded: splittable.isBounded,
      delayMs: residual.delayMs,
    });
  }
}
