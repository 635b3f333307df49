import type {
  BoundedWindow,
  DoFnContext,
  PaneInfo,
  SplittableDoFn,
  Timestamp,
  Windows,
} from '../../sdk/model/index.js';
import { type Batch, functionError, type OutputPort, type StepSpec } from '../kernel/index.js';
import type { Operator } from './operator.js';

export type AnySplittable = SplittableDoFn<unknown, unknown, unknown, unknown>;

/** An element of a splittable DoFn with a piece of the work on it. */
export interface SourceWork {
  readonly element: unknown;
  readonly restriction: unknown;
}

/** Pairs elements with their restrictions, cut into about as many pieces as there are tasks. */
export class SplitOperator implements Operator {
  /** Windows of the element for which the split is under way. */
  private underWay = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly step: StepSpec,
    private readonly splittable: AnySplittable,
    private readonly context: DoFnContext,
    private readonly parts: number,
    private readonly ports: readonly OutputPort[],
    private readonly wake: () => void,
  ) {}

  async setup(): Promise<void> {
    try {
      await this.splittable.setup?.(this.context);
    } catch (error) {
      throw this.place(error);
    }
  }

  process(batch: Batch, from: number): number {
    const element = batch.valueAt(from);
    const windows = batch.windowsAt(from);
    for (const window of Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows]) {
      this.underWay++;
      void this.split(element, batch.timestamps[from]!, window, batch.paneAt(from));
    }
    return from + 1;
  }

  get isBusy(): boolean {
    return this.underWay > 0;
  }

  /** False while a split is under way. */
  resume(): boolean {
    if (this.failure !== undefined) throw this.failure.error;
    return this.underWay === 0;
  }

  private async split(element: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): Promise<void> {
    try {
      const restriction = await this.splittable.initialRestriction(element);
      const pieces = (await this.splittable.split?.(element, restriction, this.parts)) ?? [restriction];
      for (const piece of pieces) {
        const work: SourceWork = { element, restriction: piece };
        for (const port of this.ports) port.push(work, timestamp, windows, pane);
      }
    } catch (error) {
      this.failure = { error: this.place(error, { value: element }) };
    }
    this.underWay--;
    this.wake();
  }

  /** A split is over before a barrier comes, so that nothing is held at one. */
  snapshot(): void {}

  restore(): void {}

  async teardown(): Promise<void> {
    await this.splittable.teardown?.();
  }

  private place(error: unknown, element?: { readonly value: unknown }): Error {
    return functionError(error, { name: this.step.transform.uniqueName, source: this.step.source }, element);
  }
}
