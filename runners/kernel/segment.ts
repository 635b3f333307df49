import { MAIN_TAG, type PaneInfo, type SourceOutput, type Timestamp, type Windows } from '../../sdk/model/index.js';
import type { Batch } from './batch.js';
import { checkHandlers } from './declared.js';
import { DoFnRuntime, type Emit } from './do-fn-runtime.js';
import { functionError, notIterable, undeclaredPromise } from './function-error.js';
import type { OutputGate, OutputPort } from './output.js';
import { compileSteps } from './segment-compiled.js';
import { interpretSteps } from './segment-interpreted.js';
import type { KernelHost, Step } from './step.js';

/** Elements that the flatMaps of a segment make before whoever drives it has a look at the rest of the world. */
const TURN_ELEMENTS = 16 * 1024;

/** What is left of a result of a flatMap because the output was full, or for now. */
interface PendingIteration {
  /** What the flatMap was called with. */
  readonly element: unknown;
  readonly iterator: Iterator<unknown>;
  readonly timestamp: Timestamp;
  readonly windows: Windows;
  readonly pane: PaneInfo;
}

/** What both forms of a segment are made from: its steps, where their outputs go, and where it is just now. */
export class SegmentProgram {
  /** Of the interpreted form: index of the step whose function is running, for errors. */
  step = 0;
  /** And what that step was given, as far as it is known: an element of the batch, or one emitted inside of the segment. */
  element: unknown;
  readonly runtimes: (DoFnRuntime | undefined)[];
  readonly emits: (Emit | undefined)[] = [];
  /** By step, first come first served: a DoFn cannot be stopped between two outputs, so several may come to wait. */
  private readonly pending: PendingIteration[][] = [];
  pendingCount = 0;
  /** Elements that flatMaps have made since the last time that they stopped. */
  private made = 0;

  constructor(
    readonly input: string,
    readonly steps: readonly Step[],
    readonly ports: ReadonlyMap<string, readonly OutputPort[]>,
    readonly gate: OutputGate,
    host: KernelHost,
  ) {
    for (let i = 0; i < steps.length; i++) this.pending.push([]);
    this.runtimes = steps.map((step) =>
      step.body.kind === 'doFn'
        ? new DoFnRuntime(step, step.body.doFn, step.body.allowedSkewMs, host, gate)
        : undefined,
    );
  }

  consumersOf(pcollection: string): readonly Step[] {
    return this.steps.filter((step) => step.input === pcollection);
  }

  portsOf(pcollection: string): readonly OutputPort[] {
    return this.ports.get(pcollection) ?? [];
  }

  /** Hands the results of a flatMap on, as many as the output takes; the rest waits for `resume`. */
  iterate(
    index: number,
    result: unknown,
    element: unknown,
    timestamp: Timestamp,
    windows: Windows,
    pane: PaneInfo,
  ): void {
    const emit = this.emits[index]!;
    const pending = this.pending[index]!;
    let rest: Iterator<unknown> | undefined;
    if (Array.isArray(result) && pending.length === 0) {
      let i = 0;
      for (; i < result.length && !this.gate.blocked; i++) emit(result[i], timestamp, windows, pane);
      this.count(i);
      if (i === result.length) return;
      rest = result.slice(i).values();
    }
    if (result instanceof Promise) {
      result.catch(() => {}); // reported as the undeclared promise that it is
      throw undeclaredPromise();
    }
    if (typeof result !== 'object' || result === null || !(Symbol.iterator in result)) throw notIterable(result);
    const iterator = rest ?? (result as Iterable<unknown>)[Symbol.iterator]();
    pending.push({ element, iterator, timestamp, windows, pane });
    this.pendingCount++;
    if (pending.length === 1) this.advance(index);
  }

  /** Goes on with what was left, innermost first, so that the order of the results stays. */
  resume(): boolean {
    for (let index = this.pending.length - 1; index >= 0 && this.pendingCount > 0; index--) {
      if (this.pending[index]!.length === 0) continue;
      if (this.gate.blocked) return false;
      this.advance(index);
      // What came out may have left something further in.
      index = this.pending.length;
    }
    return this.pendingCount === 0;
  }

  /** What was thrown, as an error of the step that was running. */
  failure(error: unknown, step: number, element: unknown): unknown {
    const failed = this.steps[step];
    return failed === undefined ? error : functionError(error, failed, { value: element });
  }

  private advance(index: number): void {
    const pending = this.pending[index]!;
    const { element, iterator, timestamp, windows, pane } = pending[0]!;
    const emit = this.emits[index]!;
    this.step = index;
    this.element = element;
    try {
      while (!this.gate.blocked) {
        const next = iterator.next();
        if (next.done === true) {
          pending.shift();
          this.pendingCount--;
          return;
        }
        emit(next.value, timestamp, windows, pane);
        this.step = index;
        this.count(1);
      }
    } catch (error) {
      throw this.failure(error, this.step, this.element);
    }
  }

  /** One element may come to millions: others have their turn in between, as if the output were full. */
  private count(elements: number): void {
    this.made += elements;
    if (this.made < TURN_ELEMENTS) return;
    this.made = 0;
    this.gate.blocked = true;
  }
}

export type ProcessBatch = (batch: Batch, from: number) => number;

/** Takes the elements of a source one by one, through all steps at once. */
export interface ElementOutput extends SourceOutput<unknown> {
  /** Elements taken so far. */
  count: number;
}

/** A segment made ready to run. */
export interface SegmentForm {
  readonly run: ProcessBatch;
  /** Makes an output for elements that stand in `windows`. */
  readonly openOutput: (windows: Windows) => ElementOutput;
}

/**
 * A chain (in general a tree) of steps over batches: the work of a DoFn, a map, a filter from one element to the next
 * without anything in between. Resumable: `process` answers the index of the first element that it has not taken.
 */
export class Segment {
  private readonly program: SegmentProgram;
  private readonly form: SegmentForm;
  private readonly withBundles: readonly DoFnRuntime[];
  private readonly doFns: readonly DoFnRuntime[];
  /** Those whose setup was begun: only they are torn down. */
  private readonly prepared: DoFnRuntime[] = [];

  constructor(
    input: string,
    steps: readonly Step[],
    ports: ReadonlyMap<string, readonly OutputPort[]>,
    gate: OutputGate,
    host: KernelHost,
    form: 'compiled' | 'interpreted' = 'compiled',
  ) {
    this.program = new SegmentProgram(input, steps, ports, gate, host);
    this.form = form === 'compiled' ? compileSteps(this.program, host) : interpretSteps(this.program);
    this.doFns = this.program.runtimes.filter((runtime) => runtime !== undefined);
    this.withBundles = this.doFns.filter((runtime) => runtime.hasBundles);
  }

  /** Whether bundles can be told apart from outside: only then does closing one cost anything. */
  get hasBundles(): boolean {
    return this.withBundles.length > 0;
  }

  setup(): Promise<void> {
    return this.each(this.doFns, (runtime) => {
      checkHandlers(runtime.doFn);
      this.prepared.push(runtime);
      return runtime.setup();
    });
  }

  startBundle(): void | Promise<void> {
    return this.eachNow(this.withBundles, (runtime) => runtime.startBundle());
  }

  process(batch: Batch, from: number): number {
    return this.form.run(batch, from);
  }

  /**
   * Where a source of the same task writes, in the place of batches. It is not stopped when the output is full: what a
   * source emits in one poll is bounded, and results of a flatMap wait for `resume`.
   */
  openOutput(windows: Windows): ElementOutput {
    return this.form.openOutput(windows);
  }

  /** True when nothing is left over from elements taken earlier. */
  resume(): boolean {
    return this.program.pendingCount === 0 || this.program.resume();
  }

  /** Whether one of the DoFns has as many elements as a bundle should have, however few came in. */
  get bundleFull(): boolean {
    return this.withBundles.some((runtime) => runtime.bundleFull);
  }

  /** Whether an element is not done yet. */
  get hasRest(): boolean {
    return this.program.pendingCount > 0;
  }

  finishBundle(): void | Promise<void> {
    return this.eachNow(this.withBundles, (runtime) => runtime.finishBundle());
  }

  /** What its DoFns want to have run when all that came out so far is safe. */
  takeCallbacks(): (() => Promise<void>)[] {
    return this.doFns.flatMap((runtime) => runtime.takeCallbacks());
  }

  /** Tears every DoFn down, also when one fails; the first error is thrown in the end. */
  async teardown(): Promise<void> {
    let failed: { error: unknown } | undefined;
    for (const runtime of this.prepared) {
      try {
        await runtime.teardown();
      } catch (error) {
        failed ??= { error: this.place(error, runtime) };
      }
    }
    if (failed !== undefined) throw failed.error;
  }

  private async each(
    runtimes: readonly DoFnRuntime[],
    call: (runtime: DoFnRuntime) => void | Promise<void>,
  ): Promise<void> {
    for (const runtime of runtimes) {
      try {
        await call(runtime);
      } catch (error) {
        throw this.place(error, runtime);
      }
    }
  }

  /** Like `each`, but without a promise as long as nobody returns one. */
  private eachNow(
    runtimes: readonly DoFnRuntime[],
    call: (runtime: DoFnRuntime) => void | Promise<void>,
  ): void | Promise<void> {
    for (let i = 0; i < runtimes.length; i++) {
      const runtime = runtimes[i]!;
      let answer: void | Promise<void>;
      try {
        answer = call(runtime);
      } catch (error) {
        throw this.place(error, runtime);
      }
      if (answer !== undefined) {
        return answer.then(
          () => this.each(runtimes.slice(i + 1), call),
          (error) => {
            throw this.place(error, runtime);
          },
        );
      }
    }
  }

  private place(error: unknown, runtime: DoFnRuntime): Error {
    const step = this.program.steps[this.program.runtimes.indexOf(runtime)]!;
    return functionError(error, step);
  }
}

export const isMain = (tag: string): boolean => tag === MAIN_TAG;
