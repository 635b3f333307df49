import {
  type BoundedWindow,
  type DoFn,
  GlobalWindow,
  MAIN_TAG,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type NoDeclarations,
  type OutputTag,
  type PaneInfo,
  type ProcessContext,
  type SideInputViews,
  type Timestamp,
} from '../../sdk/model/index.js';
import { TimestampedValue } from '../../sdk/testing/index.js';
import { MetricsRegistry } from '../dataflow/index.js';
import { OutputBuffer, OutputGate, type OutputPort, Segment } from '../kernel/index.js';

/** An element that a DoFn emitted, and where it stands. */
export interface Emitted<T = unknown> {
  /** Of the output: `main` of the main one. */
  readonly tag: string;
  readonly value: T;
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  readonly pane: PaneInfo;
}

/** Where an element stands that is given to a DoFn: in the global window, at the beginning of time, as no firing, where nothing is said. */
export interface ElementPlace {
  readonly timestamp?: Timestamp;
  readonly window?: BoundedWindow;
  readonly pane?: PaneInfo;
}

export interface DoFnTestOptions<D> {
  /** What the DoFn sees as its side inputs, by tag. */
  readonly sideInputs?: SideInputViews<D>;
  /** The tags of further outputs. */
  readonly outputs?: readonly OutputTag<unknown>[];
}

const STEP = 'DoFn';
const INPUT = 'input';

/** One instance of a DoFn under test, in the hands of the kernel that runs it everywhere else. */
export class DoFnTester<I, O> {
  /** All that was emitted so far. */
  readonly emitted: Emitted<O>[] = [];
  readonly #segment: Segment;
  readonly #gate = new OutputGate();
  readonly #metrics = new MetricsRegistry();
  readonly #abort = new AbortController();
  #inBundle = false;

  /** Made by {@link testDoFn}. */
  constructor(doFn: DoFn<I, O, never>, outputs: readonly OutputTag<unknown>[]) {
    const tags = [MAIN_TAG, ...outputs.map(({ name }) => name)];
    const ports = new Map(tags.map((tag) => [tag, [this.#port(tag)]]));
    const host = {
      resolver: { resolve: noReference, instantiate: noReference },
      coder: noReference,
      metrics: (step: string) => this.#metrics.forStep(step),
      log: () => undefined,
      signal: this.#abort.signal,
      job: 'test',
    };
    const step = {
      index: 0,
      name: STEP,
      source: undefined,
      input: INPUT,
      outputs: Object.fromEntries(tags.map((tag) => [tag, tag])),
      body: { kind: 'doFn' as const, doFn: doFn as unknown as DoFn<unknown, unknown>, allowedSkewMs: 0 },
      requestsFinalization: true,
    };
    this.#segment = new Segment(INPUT, [step], ports, this.#gate, host);
  }

  /** Calls the DoFn's `setup`; {@link testDoFn} has done it. */
  setup(): Promise<void> {
    return this.#segment.setup();
  }

  /** Begins a bundle; where this is left out, the first element does it. */
  async startBundle(): Promise<void> {
    if (this.#inBundle) return;
    this.#inBundle = true;
    await this.#segment.startBundle();
  }

  /** Gives the DoFn an element; answers what it emitted for it. */
  async process(element: I, place: ElementPlace = {}): Promise<readonly Emitted<O>[]> {
    const { timestamp = MIN_TIMESTAMP, window = GlobalWindow.INSTANCE, pane = NO_FIRING_PANE } = place;
    await this.startBundle();
    return this.#emittedBy(() => {
      const batches = new OutputBuffer(
        false,
        {
          accept: (batch) => {
            this.#segment.process(batch, 0);
            return true;
          },
        },
        new OutputGate(),
      );
      batches.push(element, timestamp, window, pane);
      batches.flush();
    });
  }

  /** Ends the bundle, if one is open; answers what was emitted by that. */
  async finishBundle(): Promise<readonly Emitted<O>[]> {
    if (!this.#inBundle) return [];
    this.#inBundle = false;
    return await this.#emittedBy(() => this.#segment.finishBundle());
  }

  /** A whole bundle of elements; those made by `timestamped` have timestamps. Answers what was emitted in it. */
  async processBundle(elements: readonly (I | TimestampedValue<I>)[]): Promise<readonly Emitted<O>[]> {
    const before = this.emitted.length;
    await this.finishBundle();
    for (const element of elements) {
      if (element instanceof TimestampedValue) await this.process(element.value, { timestamp: element.timestamp });
      else await this.process(element);
    }
    await this.finishBundle();
    return this.emitted.slice(before);
  }

  /** Says that all that was emitted so far is safe: what the DoFn gave to `afterCommit` is run. */
  async commit(): Promise<void> {
    for (const callback of this.#segment.takeCallbacks()) await callback();
  }

  /** What one of the DoFn's counters has come to. */
  counter(name: string): number {
    return this.#metrics.results().find((counter) => counter.name === name)?.value ?? 0;
  }

  /** Ends the bundle and the life of the DoFn. */
  async teardown(): Promise<readonly Emitted<O>[]> {
    const last = await this.finishBundle();
    await this.#segment.teardown();
    return last;
  }

  async #emittedBy(work: () => void | Promise<void>): Promise<readonly Emitted<O>[]> {
    const before = this.emitted.length;
    await work();
    this.#gate.blocked = false;
    return this.emitted.slice(before);
  }

  #port(tag: string): OutputPort {
    const push: OutputPort['push'] = (value, timestamp, windows, pane) => {
      const all = Array.isArray(windows) ? (windows as readonly BoundedWindow[]) : [windows as BoundedWindow];
      for (const window of all) this.emitted.push({ tag, value: value as O, timestamp, window, pane });
    };
    return { keyed: false, push, pushKeyed: noReference, flush: () => undefined };
  }
}

/**
 * Runs a DoFn without a pipeline: `const tester = await testDoFn(new MyDoFn())`, then elements are given to it, and what it
 * emits is answered with where it stands. What it would see as side inputs is given as plain values.
 */
export async function testDoFn<I, O, D = NoDeclarations>(
  doFn: DoFn<I, O, D>,
  options: DoFnTestOptions<D> = {},
): Promise<DoFnTester<I, O>> {
  const { sideInputs, outputs = [] } = options;
  const seeing = sideInputs === undefined ? doFn : new SeeingDoFn(doFn, sideInputs);
  const tester = new DoFnTester<I, O>(seeing as unknown as DoFn<I, O, never>, outputs);
  await tester.setup();
  return tester;
}

/** Shows a DoFn side inputs that are values. */
class SeeingDoFn<I, O, D> implements DoFn<I, O, D> {
  declare readonly startBundle?: NonNullable<DoFn<I, O, D>['startBundle']>;
  declare readonly finishBundle?: NonNullable<DoFn<I, O, D>['finishBundle']>;
  #seen: ProcessContext<O, D> | undefined;

  constructor(
    readonly doFn: DoFn<I, O, D>,
    readonly sideInputs: SideInputViews<D>,
  ) {
    // Left out where the DoFn leaves them out: whether there are bundles shows in them.
    if (doFn.startBundle !== undefined) this.startBundle = doFn.startBundle.bind(doFn);
    if (doFn.finishBundle !== undefined) this.finishBundle = doFn.finishBundle.bind(doFn);
  }

  setup(context: Parameters<NonNullable<DoFn<I, O, D>['setup']>>[0]): void | Promise<void> {
    return this.doFn.setup?.(context);
  }

  process(element: I, context: ProcessContext<O, D>): unknown {
    // One context serves all elements; everything but the side inputs is found on it.
    this.#seen ??= Object.create(context, { sideInputs: { value: this.sideInputs } }) as ProcessContext<O, D>;
    return this.doFn.process(element, this.#seen);
  }

  teardown(): void | Promise<void> {
    return this.doFn.teardown?.();
  }
}

function noReference(): never {
  throw new Error('a DoFn under test has no plan');
}
