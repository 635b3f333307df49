import { type BoundedWindow, MAIN_TAG, type SplittableDoFn } from '../../sdk/model/index.js';
import { afterDelay } from '../after-delay.js';
import {
  AsyncCaller,
  type AsyncStep,
  type Batch,
  callAsync,
  functionError,
  type OutputPort,
  type Segment,
  type StepSpec,
} from '../kernel/index.js';
import {
  type OngoingWork,
  pairWithRestriction,
  processSized,
  type SizedWork,
  type SliceResult,
  type StepContext,
  splitAndSize,
  truncateSized,
  type Work,
} from './splittable-steps.js';

export type AnySplittable = SplittableDoFn<unknown, unknown, unknown, unknown>;

/** A part of a stage that takes batches; what it writes stands in the inboxes of others when it has returned. */
export interface StageNode {
  setup?(): void | Promise<void>;
  startBundle?(): void | Promise<void>;
  process(batch: Batch): void | Promise<void>;
  finishBundle?(): void | Promise<void>;
  /** What is to be run when the engine has made the bundle's output safe. */
  takeCallbacks?(): readonly (() => Promise<void>)[];
  teardown?(): void | Promise<void>;
}

/** Works through what the parts behind a node have got from it so far. */
export type Drain = () => void | Promise<void>;

/** A fused chain of synchronous steps; stops between two elements, or in a lazy flatMap, when much has come out. */
export class SegmentNode implements StageNode {
  constructor(
    private readonly segment: Segment,
    private readonly drain: Drain,
  ) {}

  setup(): Promise<void> {
    return this.segment.setup();
  }
  startBundle(): void | Promise<void> {
    return this.segment.startBundle();
  }
  process(batch: Batch): void | Promise<void> {
    const next = this.segment.process(batch, 0);
    if (next < batch.length || !this.segment.resume()) return this.processRest(batch, next);
  }
  private async processRest(batch: Batch, from: number): Promise<void> {
    let next = from;
    do {
      await this.drain();
      if (this.segment.resume()) next = this.segment.process(batch, next);
    } while (next < batch.length || !this.segment.resume());
  }
  finishBundle(): void | Promise<void> {
    return this.segment.finishBundle();
  }
  takeCallbacks(): readonly (() => Promise<void>)[] {
    return this.segment.takeCallbacks();
  }
  teardown(): Promise<void> {
    return this.segment.teardown();
  }
}

/** Hands elements on as they are. */
export class ForwardNode implements StageNode {
  constructor(private readonly ports: readonly OutputPort[]) {}

  process(batch: Batch): void {
    for (let i = 0; i < batch.length; i++)
      for (const port of this.ports)
        port.push(batch.valueAt(i), batch.timestamps[i]!, batch.windowsAt(i), batch.paneAt(i));
  }
}

/** A declared asynchronous map: so many calls in flight, results in order or as they come. */
export class AsyncNode implements StageNode {
  private readonly caller: AsyncCaller;

  constructor(
    spec: StepSpec,
    private readonly step: AsyncStep,
    private readonly ports: readonly OutputPort[],
    signal: AbortSignal,
  ) {
    this.caller = new AsyncCaller({ step, place: placeOf(spec), signal, after: afterDelay, random: Math.random });
  }

  async process(batch: Batch): Promise<void> {
    const { concurrency, ordered } = this.step.options;
    const results: unknown[] = [];
    let next = 0;
    const emit = (index: number, result: unknown): void => {
      for (const port of this.ports)
        port.push(result, batch.timestamps[index]!, batch.windowsAt(index), batch.paneAt(index));
    };
    const lane = async (): Promise<void> => {
      while (next < batch.length) {
        const index = next++;
        const result = await callAsync(this.caller, batch.valueAt(index)).catch((error: unknown) => {
          next = batch.length;
          throw error;
        });
        if (ordered) results[index] = result;
        else emit(index, result);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, batch.length) }, lane));
    if (ordered) for (let index = 0; index < batch.length; index++) emit(index, results[index]);
  }
}

/** One of the steps that an engine makes of a splittable DoFn. */
abstract class SplittableNode implements StageNode {
  constructor(
    protected readonly spec: StepSpec,
    protected readonly splittable: AnySplittable,
    protected readonly context: StepContext,
    protected readonly ports: readonly OutputPort[],
  ) {}

  async setup(): Promise<void> {
    try {
      await this.splittable.setup?.(this.context);
    } catch (error) {
      throw functionError(error, placeOf(this.spec));
    }
  }

  async process(batch: Batch): Promise<void> {
    for (let i = 0; i < batch.length; i++) {
      try {
        await this.element(batch, i);
      } catch (error) {
        throw functionError(error, placeOf(this.spec), { value: this.authorsElement(batch.valueAt(i)) });
      }
    }
  }

  async teardown(): Promise<void> {
    await this.splittable.teardown?.();
  }

  protected abstract element(batch: Batch, index: number): Promise<void>;
  protected abstract authorsElement(value: unknown): unknown;
}

export class PairNode extends SplittableNode {
  protected async element(batch: Batch, i: number): Promise<void> {
    const work = await pairWithRestriction(this.splittable, batch.valueAt(i));
    const windows = batch.windowsAt(i);
    // Work is done for each window of its own.
    for (const window of Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows])
      for (const port of this.ports) port.push(work, batch.timestamps[i]!, window, batch.paneAt(i));
  }

  protected authorsElement(value: unknown): unknown {
    return value;
  }
}

/** Pieces that an engine is offered for parallel work; it does not say how many it could use. */
const PIECES = 4;

export class SplitNode extends SplittableNode {
  protected async element(batch: Batch, i: number): Promise<void> {
    for (const piece of await splitAndSize(this.splittable, batch.valueAt(i) as Work, PIECES))
      for (const port of this.ports) port.push(piece, batch.timestamps[i]!, batch.windowsAt(i), batch.paneAt(i));
  }

  protected authorsElement(value: unknown): unknown {
    return (value as Work).key;
  }
}

/** Cuts work short because the pipeline is drained. */
export class TruncateNode extends SplittableNode {
  protected async element(batch: Batch, i: number): Promise<void> {
    const left = truncateSized(this.splittable, batch.valueAt(i) as SizedWork);
    if (left === undefined) return;
    for (const port of this.ports) port.push(left, batch.timestamps[i]!, batch.windowsAt(i), batch.paneAt(i));
  }

  protected authorsElement(value: unknown): unknown {
    return (value as SizedWork).key.key;
  }
}

const SLICE = { elements: 10_000, ms: 500 };

export interface SliceListener {
  /** What is left of an element, and what is to be done when the engine has made the output safe. */
  sliced(result: SliceResult, batch: Batch, index: number): void;
  /** Work on an element is under way, or not any more. */
  working(work: OngoingWork | undefined, batch: Batch, index: number): void;
}

export class ProcessNode extends SplittableNode {
  constructor(
    spec: StepSpec,
    splittable: AnySplittable,
    context: StepContext,
    private readonly tagged: ReadonlyMap<string, readonly OutputPort[]>,
    private readonly drain: Drain,
    private readonly listener: SliceListener,
  ) {
    super(spec, splittable, context, tagged.get(MAIN_TAG) ?? []);
  }

  protected async element(batch: Batch, i: number): Promise<void> {
    const { ports, tagged, drain } = this;
    const place = { timestamp: batch.timestamps[i]!, windows: batch.windowsAt(i), pane: batch.paneAt(i) };
    const working = (work: OngoingWork | undefined): void => this.listener.working(work, batch, i);
    const target = { ports, tagged, drain, working, ...place };
    const work = batch.valueAt(i) as SizedWork;
    this.listener.sliced(await processSized(this.splittable, work, this.context, SLICE, target), batch, i);
  }

  protected authorsElement(value: unknown): unknown {
    return (value as SizedWork).key.key;
  }
}

const placeOf = (spec: StepSpec) => ({ name: spec.transform.uniqueName, source: spec.source });
