import type {
  BoundedWindow,
  CommitCallback,
  DoFn,
  DoFnContext,
  EventTimer,
  FinishBundleContext,
  LogLevel,
  Metrics,
  OutputTag,
  PaneInfo,
  ProcessContext,
  ProcessingTimer,
  Timestamp,
  Windows,
} from '../../sdk/model/index.js';
import { GlobalWindow, MAIN_TAG, NO_FIRING_PANE, thrownText } from '../../sdk/model/index.js';
import { declared } from './declared.js';
import {
  badTimestamp,
  finalizationUndeclared,
  isTimestamp,
  noWindow,
  timestampSkew,
  undeclaredPromise,
  unknownTag,
} from './function-error.js';
import type { OutputGate } from './output.js';
import { sideInputViews } from './side-input-views.js';
import type { KernelHost, Step } from './step.js';

/** A bundle is closed when it has this many elements. */
export const BUNDLE_ELEMENTS = 10_000;

/** Takes an element that a step emits. */
export type Emit = (value: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo) => void;

const NOWHERE: Emit = () => {};
const NO_STATE = declared<unknown>('state', {});
const NO_TIMERS = declared<EventTimer | ProcessingTimer>('timer', {});

/** Runs one DoFn instance: it is the context of every one of its calls, changed in place between elements. */
export class DoFnRuntime implements ProcessContext<unknown> {
  readonly step: string;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  timestamp: Timestamp = 0;
  window: BoundedWindow = GlobalWindow.INSTANCE;
  pane: PaneInfo = NO_FIRING_PANE;
  readonly state: Readonly<Record<string, unknown>> = NO_STATE;
  readonly timers: Readonly<Record<string, EventTimer | ProcessingTimer>> = NO_TIMERS;
  readonly sideInputs: Readonly<Record<string, unknown>>;
  /** A field, because the compiled form of a segment puts a function of its own in its place. */
  output: (value: unknown) => void = (value) => {
    this.emitMain(value, this.timestamp, this.window, this.pane);
  };
  private emitMain: Emit = NOWHERE;
  private readonly emits = new Map<string, Emit>();
  private readonly tags: ReadonlySet<string>;
  readonly hasBundles: boolean;
  private inBundle = 0;
  private readonly requestsFinalization: boolean;
  private callbacks: CommitCallback[] = [];

  constructor(
    step: Step,
    readonly doFn: DoFn<unknown, unknown>,
    readonly allowedSkewMs: number,
    private readonly host: KernelHost,
    private readonly gate: OutputGate,
  ) {
    this.hasBundles = doFn.startBundle !== undefined || doFn.finishBundle !== undefined;
    this.step = step.name;
    this.requestsFinalization = step.requestsFinalization === true;
    this.metrics = host.metrics(step.name);
    this.signal = host.signal;
    this.tags = new Set(Object.keys(step.outputs));
    this.sideInputs = sideInputViews(host.sideInputs?.(step.name), this);
  }

  /** Says where an output goes; outputs that nothing reads go nowhere. */
  connect(tag: string, emit: Emit): void {
    if (tag === MAIN_TAG) this.emitMain = emit;
    this.emits.set(tag, emit);
  }

  process(element: unknown, timestamp: Timestamp, windows: Windows, pane: PaneInfo): void {
    this.timestamp = timestamp;
    this.pane = pane;
    if (this.hasBundles) this.enter();
    if (!Array.isArray(windows)) {
      this.window = windows as BoundedWindow;
      this.call(element);
      return;
    }
    for (const window of windows as readonly BoundedWindow[]) {
      this.timestamp = timestamp;
      this.pane = pane;
      this.window = window;
      this.call(element);
    }
  }

  /** What stands in front of this step may make many elements of one: the bundle is to be closed before there are more. */
  enter(): void {
    if (++this.inBundle === BUNDLE_ELEMENTS) this.gate.blocked = true;
  }

  private call(element: unknown): void {
    const result: unknown = this.doFn.process(element, this);
    if (result instanceof Promise) {
      result.catch(() => {}); // reported as the undeclared promise that it is
      throw undeclaredPromise();
    }
  }

  // Fields, so that they can be taken out of the context by destructuring.
  readonly outputWithTimestamp = (value: unknown, timestamp: Timestamp): void => {
    if (!isTimestamp(timestamp)) throw badTimestamp(timestamp);
    if (timestamp < this.timestamp - this.allowedSkewMs)
      throw timestampSkew(this.timestamp, timestamp, this.allowedSkewMs);
    this.emitMain(value, timestamp, this.window, this.pane);
  };

  readonly outputTagged = <T>(tag: OutputTag<T>, value: T): void => {
    this.tagged(tag.name)(value, this.timestamp, this.window, this.pane);
  };

  readonly afterCommit = (callback: CommitCallback): void => {
    if (!this.requestsFinalization) throw finalizationUndeclared();
    this.callbacks.push(callback);
  };

  /** What is to be run when all that came out so far is safe; a callback that fails spoils nothing for the others. */
  takeCallbacks(): (() => Promise<void>)[] {
    const { callbacks } = this;
    if (callbacks.length === 0) return [];
    this.callbacks = [];
    return callbacks.map((callback) => async () => {
      try {
        await callback();
      } catch (error) {
        this.log('warn', `a callback after the commit threw: ${thrownText(error)}`);
      }
    });
  }

  readonly log = (level: LogLevel, message: string, fields?: Record<string, unknown>): void => {
    this.host.log(level, message, this.step, fields);
  };

  setup(): void | Promise<void> {
    return this.doFn.setup?.(this as DoFnContext);
  }

  startBundle(): void | Promise<void> {
    this.inBundle = 0;
    return this.doFn.startBundle?.(this as DoFnContext);
  }

  finishBundle(): void | Promise<void> {
    return this.doFn.finishBundle?.(this.finishContext);
  }

  teardown(): void | Promise<void> {
    return this.doFn.teardown?.();
  }

  get bundleFull(): boolean {
    return this.inBundle >= BUNDLE_ELEMENTS;
  }

  private tagged(name: string): Emit {
    const emit = this.emits.get(name);
    if (emit !== undefined) return emit;
    if (this.tags.has(name)) return NOWHERE;
    throw unknownTag(name, [...this.tags]);
  }

  private readonly finishContext: FinishBundleContext<unknown> = (() => {
    const runtime = this;
    return {
      get step() {
        return runtime.step;
      },
      get metrics() {
        return runtime.metrics;
      },
      get signal() {
        return runtime.signal;
      },
      log: (level, message, fields) => runtime.log(level, message, fields),
      afterCommit: (callback) => runtime.afterCommit(callback),
      output: (value, timestamp, window) => runtime.emitMain(value, instant(timestamp), place(window), NO_FIRING_PANE),
      outputTagged: (tag, value, timestamp, window) =>
        runtime.tagged(tag.name)(value, instant(timestamp), place(window), NO_FIRING_PANE),
    };
  })();
}

function instant(given: unknown): Timestamp {
  if (!isTimestamp(given)) throw badTimestamp(given);
  return given;
}

/** At the end of a bundle no element says where its outputs stand. */
function place(given: unknown): BoundedWindow {
  if (typeof given !== 'object' || given === null || !('maxTimestamp' in given)) throw noWindow(given);
  return given as BoundedWindow;
}
