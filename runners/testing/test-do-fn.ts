import { buildPlan, definePipeline } from '../../sdk/index.js';
import {
  type BoundedWindow,
  type DoFn,
  type DurationMs,
  GlobalWindow,
  MAX_TIMESTAMP,
  type MetricResult,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type NoDeclarations,
  type OutputTag,
  type PaneInfo,
  type Plan,
  type ProcessContext,
  type SideInputViews,
  type Timestamp,
} from '../../sdk/model/index.js';
import { refuseUnsupported } from '../../sdk/model/unsupported.js';
import { TimestampedValue, testStream } from '../../sdk/testing/index.js';
import { checkPlan, VirtualClock } from '../dataflow/index.js';
import { LiveDataflow } from './live-dataflow.js';
import { SeeingDoFn } from './seeing-do-fn.js';

/** An element that a DoFn emitted, and where it stands. */
export interface Emitted<T = unknown> {
  /** Of the output: `main` of the main one. */
  readonly tag: string;
  readonly value: T;
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
  readonly pane: PaneInfo;
}

/** Where an element stands that is given to a DoFn; what is left out: at the beginning of time, in the global window, not fired. */
export interface ElementPlace {
  readonly timestamp?: Timestamp;
  readonly window?: BoundedWindow;
  readonly pane?: PaneInfo;
}

/** What the DoFn declares, as in `parDo`, but for its side inputs, which are given as what it sees. */
export type DoFnTestOptions<D> = Omit<D, 'sideInputs'> & {
  /** By tag. */
  readonly sideInputs?: SideInputViews<D>;
  /** The tags of further outputs. */
  readonly outputs?: readonly OutputTag<unknown>[];
  /** As in `parDo`: the DoFn asks to be told when its output is safe ({@link DoFnTester.commit}). */
  readonly requestsFinalization?: boolean;
  /** How long state and timers stay after the end of their window. */
  readonly allowedLateness?: DurationMs;
  /** Processing time; begins at 0 when absent. */
  readonly clock?: VirtualClock;
};

const STEP = 'DoFn';

/**
 * One instance of a DoFn under test, run by the same dataflow and kernel as in a pipeline. Every method answers what was
 * emitted by what it did; after a failure the instance is of no use any more.
 */
export class DoFnTester<I, O> {
  /** All that was emitted so far. */
  readonly emitted: readonly Emitted<O>[];
  readonly #dataflow: LiveDataflow;
  readonly #clock: VirtualClock;

  /** Made by {@link testDoFn}. */
  constructor(dataflow: LiveDataflow, clock: VirtualClock, emitted: readonly Emitted<O>[]) {
    this.#dataflow = dataflow;
    this.#clock = clock;
    this.emitted = emitted;
  }

  /** Gives the DoFn an element; the first one after the end of a bundle begins another. */
  process(element: I, place: ElementPlace = {}): Promise<readonly Emitted<O>[]> {
    const { timestamp = MIN_TIMESTAMP, window = GlobalWindow.INSTANCE, pane = NO_FIRING_PANE } = place;
    return this.#emittedBy(() => {
      this.#dataflow.streams[0]!.add([{ value: element, timestamp, windows: window, pane }]);
      return this.#dataflow.settle();
    });
  }

  /** Ends the bundle, if one is open. */
  finishBundle(): Promise<readonly Emitted<O>[]> {
    return this.#emittedBy(() => this.#dataflow.closeBundles());
  }

  /** A whole bundle of elements; those made by `timestamped` have timestamps. */
  processBundle(elements: readonly (I | TimestampedValue<I>)[]): Promise<readonly Emitted<O>[]> {
    return this.#emittedBy(async () => {
      await this.#dataflow.closeBundles();
      for (const element of elements) {
        if (element instanceof TimestampedValue) await this.process(element.value, { timestamp: element.timestamp });
        else await this.process(element);
      }
      await this.#dataflow.closeBundles();
    });
  }

  /** Ends the bundle, and lets event time pass: timers fire, windows expire. */
  advanceWatermark(timestamp: Timestamp): Promise<readonly Emitted<O>[]> {
    return this.#passing(() => this.#dataflow.streams[0]!.advance(timestamp));
  }

  /** Ends the bundle and all of event time. */
  advanceWatermarkToInfinity(): Promise<readonly Emitted<O>[]> {
    return this.advanceWatermark(MAX_TIMESTAMP);
  }

  /** Ends the bundle, and moves the clock: timers in processing time fire. */
  advanceProcessingTime(by: DurationMs): Promise<readonly Emitted<O>[]> {
    return this.#passing(() => this.#clock.advance(by));
  }

  /** Says that all that was emitted so far is safe: what the DoFn gave to `afterCommit` is run. */
  commit(): Promise<readonly Emitted<O>[]> {
    return this.#emittedBy(() => this.#dataflow.commit());
  }

  /** What one of the DoFn's counters has come to. */
  counter(name: string): number {
    const found = this.metrics().find((metric) => metric.kind === 'counter' && metric.name === name);
    return found?.kind === 'counter' ? found.value : 0;
  }

  /** All metrics of the DoFn. */
  metrics(): readonly MetricResult[] {
    return this.#dataflow.metrics().filter(({ step }) => step === STEP);
  }

  /** Ends the bundle and the life of the DoFn. */
  teardown(): Promise<readonly Emitted<O>[]> {
    return this.#emittedBy(async () => {
      try {
        await this.#dataflow.closeBundles();
      } finally {
        await this.#dataflow.end();
      }
    });
  }

  #passing(pass: () => void): Promise<readonly Emitted<O>[]> {
    return this.#emittedBy(async () => {
      await this.#dataflow.closeBundles();
      pass();
      await this.#dataflow.closeBundles();
    });
  }

  async #emittedBy(work: () => Promise<void>): Promise<readonly Emitted<O>[]> {
    const before = this.emitted.length;
    await work();
    return this.emitted.slice(before);
  }
}

/**
 * Runs a DoFn without a pipeline of its own: elements are given to it and time is moved, and what it emits is answered with
 * where it stands. State and timers are declared as in `parDo`, side inputs are given as plain values.
 *
 * ```ts
 * const tester = await testDoFn(new Sessions(), { timers: { gap: eventTimer() } });
 * await tester.process({ key: 'ada', value: '/' }, { timestamp: 5 });
 * expect(await tester.advanceWatermark(20)).toMatchObject([{ value: 'ada left', timestamp: 15 }]);
 * ```
 */
export async function testDoFn<I, O, D = NoDeclarations>(
  doFn: DoFn<I, O, D>,
  ...[options]: NoDeclarations extends DoFnTestOptions<D>
    ? [options?: DoFnTestOptions<D>]
    : [options: DoFnTestOptions<D>]
): Promise<DoFnTester<I, O>> {
  const given: DoFnTestOptions<NoDeclarations> = options ?? {};
  const { sideInputs, outputs = [], allowedLateness = 0, clock = new VirtualClock(), ...declared } = given;
  const plain = doFn as unknown as DoFn<I, O>;
  const tested = sideInputs === undefined ? plain : (new SeeingDoFn(plain, sideInputs) as DoFn<I, O>);
  const emitted: Emitted<O>[] = [];
  const definition = definePipeline({
    name: 'test-do-fn',
    build: (p) => {
      const made = p.apply('Elements', testStream<I>()).parDo(STEP, () => tested, { ...declared, outputs });
      for (const [tag, collection] of Object.entries(made))
        collection.parDo(`Emitted ${tag}`, () => new EmittedFn(tag, emitted as Emitted[]));
    },
  });
  const { plan, resolver } = buildPlan(definition, { inline: true });
  refuseUnsupported('direct', plan, checkPlan(plan, { inlineFunctions: true, testStream: true }));
  const dataflow = new LiveDataflow(withLateness(plan, allowedLateness), resolver, clock);
  await dataflow.start();
  return new DoFnTester(dataflow, clock, emitted);
}

/** Writes down what comes to an output. */
class EmittedFn implements DoFn<unknown, never> {
  constructor(
    readonly tag: string,
    readonly emitted: Emitted[],
  ) {}

  process(value: unknown, { timestamp, window, pane }: ProcessContext<never>): void {
    this.emitted.push({ tag: this.tag, value, timestamp, window, pane });
  }
}

function withLateness(plan: Plan, allowedLatenessMs: DurationMs): Plan {
  const strategies = Object.entries(plan.components.windowingStrategies);
  const windowingStrategies = Object.fromEntries(strategies.map(([id, spec]) => [id, { ...spec, allowedLatenessMs }]));
  return { ...plan, components: { ...plan.components, windowingStrategies } };
}
