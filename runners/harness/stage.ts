import { BytesSource, encodeToBytes } from '../../sdk/coders/index.js';
import { type Components, MAX_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';
import { BATCH_CAPACITY, Batch, loadWindowFns } from '../kernel/index.js';
import type { ClaimPage } from './claim-page.js';
import type { OngoingWork, SizedWork, SliceResult } from './splittable-steps.js';
import {
  type BuiltStage,
  buildStage,
  PROCESS,
  type StagePart,
  type StageSource,
  urnOf,
  type WorkedOn,
} from './stage-builder.js';
import { inputOf, outputOf } from './stage-graph.js';
import type { ElementSplit, Residual } from './thread-messages.js';

/** What a bundle leaves behind, beside its output. */
export interface BundleRest {
  readonly residuals: readonly Residual[];
  readonly finalisers: readonly (() => Promise<void>)[];
  /** PCollection id → elements. */
  readonly elementCounts: Readonly<Record<string, number>>;
}

/** A stage of an engine's, made once and run bundle after bundle: decodes, runs its parts in order, encodes. */
export class Stage {
  readonly #stage: BuiltStage;
  readonly #source: BytesSource = new BytesSource(new Uint8Array());
  readonly #blockSize: number;
  #residuals: Residual[] = [];
  #finalisers: (() => Promise<void>)[] = [];
  #received = 0;
  readonly #isSource: boolean;
  /** The work that is under way just now. */
  #ongoing: { readonly work: OngoingWork; readonly of: WorkedOn } | undefined;
  readonly #components: Components;

  constructor(source: StageSource) {
    this.#components = source.plan.components;
    this.#stage = buildStage(source, {
      drainBehind: (part) => this.#drainBehind(part),
      sliced: (result, of) => this.#keep(result, of),
      working: (work, of) => {
        this.#ongoing = work === undefined ? undefined : { work, of };
      },
    });
    // Restrictions are long work: one at a time, so that an engine can give the others away.
    const isSource = this.#stage.graph.parts.some(
      (part) => 'alone' in part && urnOf(part.alone) === PROCESS && inputOf(part.alone.spec) === this.#entry,
    );
    this.#blockSize = isSource ? 1 : BATCH_CAPACITY;
    this.#isSource = isSource;
  }

  async setup(): Promise<void> {
    await loadWindowFns(this.#components);
    for (const { node } of this.#stage.parts) await node.setup?.();
  }

  async begin(): Promise<void> {
    this.#residuals = [];
    this.#finalisers = [];
    this.#received = 0;
    for (const side of this.#stage.sides) side.forget();
    for (const wire of this.#stage.wires.values()) wire.count = 0;
    for (const port of this.#stage.counts.values()) port.count = 0;
    for (const { node } of this.#stage.parts) await node.startBundle?.();
  }

  /** Works through encoded input as far as the bundle reaches; what a split has given away is left. */
  async process(data: Uint8Array, page: ClaimPage): Promise<void> {
    const source = this.#source;
    source.reset(data);
    const first = this.#stage.parts[0]!;
    while (source.remaining > 0) {
      const batch = this.#decode(source);
      const granted = page.claim(batch.length);
      const isCut = granted < batch.length;
      batch.length = granted;
      if (granted > 0) {
        this.#received += granted;
        first.inbox.push(batch);
        await this.#run(0);
      }
      page.emitted = this.#emitted();
      if (isCut) return;
    }
  }

  /**
   * Cuts the element that is being worked on, so that an engine can give the residual to another worker; undefined where
   * nothing can be cut off, and in stages whose input is not the work itself.
   */
  splitElement(fractionOfRemainder: number): Omit<ElementSplit, 'firstResidual'> | undefined {
    if (!this.#isSource || this.#ongoing === undefined) return undefined;
    const { work, of } = this.#ongoing;
    const split = work.split(fractionOfRemainder);
    if (split === undefined) return undefined;
    const { primary, residual, watermark } = split;
    return {
      primary: this.#application(primary, of, undefined, 0),
      residual: this.#application(residual, of, watermark, 0),
    };
  }

  /** Fires timers that the engine says are due. */
  async fire(transformId: string, family: string, timers: Uint8Array): Promise<void> {
    const step = this.#stage.stateful.get(transformId);
    if (step === undefined || timers.length === 0) return;
    await step.node.fire(family, timers);
    await this.#drainBehind(step.part);
  }

  async finish(): Promise<BundleRest> {
    for (const { node } of this.#stage.parts) {
      await node.finishBundle?.();
      await this.#run(0);
    }
    for (const { node } of this.#stage.parts) this.#finalisers.push(...(node.takeCallbacks?.() ?? []));
    const { wires, counts, graph } = this.#stage;
    for (const wire of wires.values()) wire.flush();
    const elementCounts: Record<string, number> = { [this.#entry]: this.#received };
    for (const [id, { count }] of counts) elementCounts[id] = count;
    for (const sink of graph.sinks) elementCounts[inputOf(sink.spec)] = wires.get(sink.id)?.count ?? 0;
    return { residuals: this.#residuals, finalisers: this.#finalisers, elementCounts };
  }

  /** Every part, also when one fails; the first error is thrown in the end. */
  async teardown(): Promise<void> {
    for (const wire of this.#stage.wires.values()) wire.discard();
    let failed: { error: unknown } | undefined;
    for (const { node } of this.#stage.parts) {
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
    return this.#stage.graph.source.id;
  }

  /** The id of a transform that carries a step's name; engines want one with each counter. */
  transformOf(step: string): string {
    return this.#stage.transforms.get(step) ?? this.sourceId;
  }

  get #entry(): string {
    return outputOf(this.#stage.graph.source.spec);
  }

  /** Until the inboxes from a part on are empty: data flows from the front to the back only. */
  async #run(from: number): Promise<void> {
    const { parts, gate, buffers } = this.#stage;
    for (let i = from; i < parts.length; i++) {
      for (const buffer of buffers) buffer.flush();
      const { node, inbox } = parts[i]!;
      for (let batch = inbox.shift(); batch !== undefined; batch = inbox.shift()) {
        gate.blocked = false;
        const done = node.process(batch);
        if (done !== undefined) await done;
      }
    }
    gate.blocked = false;
  }

  #drainBehind(part: StagePart): Promise<void> {
    return this.#run(this.#stage.parts.indexOf(part) + 1);
  }

  #emitted(): number {
    let sum = 0;
    for (const { count } of this.#stage.wires.values()) sum += count;
    return sum;
  }

  #decode(source: BytesSource): Batch {
    const batch = new Batch(false, this.#blockSize);
    while (batch.length < this.#blockSize && source.remaining > 0) {
      const { value, timestamp, windows, pane } = this.#stage.coder.decode(source, true);
      batch.append(value, timestamp, windows, pane);
    }
    return batch;
  }

  #keep({ finalise, residual }: SliceResult, of: WorkedOn): void {
    if (finalise !== undefined) this.#finalisers.push(finalise);
    if (residual === undefined) return;
    this.#residuals.push(this.#application(residual.work, of, residual.watermark, residual.delayMs));
  }

  /** Work on an element, encoded as the stage's input is, so that the engine can send it again. */
  #application(
    work: SizedWork,
    { transform, splittable, batch, index }: WorkedOn,
    watermark: Timestamp | undefined,
    delayMs: number,
  ): Residual {
    const element = encodeToBytes(
      this.#stage.coder,
      {
        value: work,
        timestamp: batch.timestamps[index]!,
        windows: batch.windowsAt(index),
        pane: batch.paneAt(index),
      },
      true,
    );
    const [inputTag] = Object.keys(transform.spec.inputs);
    const outputs = watermark === undefined ? [] : Object.keys(transform.spec.outputs);
    return {
      transformId: transform.id,
      inputTag: inputTag ?? '',
      element,
      outputWatermarks: Object.fromEntries(outputs.map((tag) => [tag, Math.min(watermark!, MAX_TIMESTAMP)])),
      isBounded: splittable.isBounded,
      delayMs,
    };
  }
}
