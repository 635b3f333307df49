import {
  type BoundedWindow,
  type DoFn,
  type DoFnContext,
  GlobalWindow,
  MIN_TIMESTAMP,
  NO_FIRING_PANE,
  type PaneInfo,
  type ProcessContext,
  type SourceContext,
  type SplittableDoFn,
  type Timestamp,
} from 'millrace';
import { noMetrics } from '../support/kernel-host.js';

/** A runner of one step without a runner: what a DoFn or a source is promised, and nothing more. */
export function contextFor(controller = new AbortController()): DoFnContext & { readonly logs: string[] } {
  const logs: string[] = [];
  return {
    step: 'test',
    metrics: noMetrics,
    log: (level, message, fields) => logs.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`),
    signal: controller.signal,
    logs,
  };
}

export interface Emitted<O> {
  readonly value: O;
  readonly timestamp: Timestamp;
  readonly window: BoundedWindow;
}

/** Drives a DoFn through its life. */
export class Driver<I, O> {
  readonly emitted: Emitted<O>[] = [];
  readonly context: ReturnType<typeof contextFor>;

  constructor(
    readonly fn: DoFn<I, O>,
    private readonly controller = new AbortController(),
  ) {
    this.context = contextFor(controller);
  }

  get values(): O[] {
    return this.emitted.map((element) => element.value);
  }

  async setup(): Promise<this> {
    await this.fn.setup?.(this.context);
    return this;
  }

  async bundle(
    elements: Iterable<I>,
    at: { window?: BoundedWindow; pane?: PaneInfo; timestamp?: Timestamp } = {},
  ): Promise<void> {
    const window = at.window ?? GlobalWindow.INSTANCE;
    const timestamp = at.timestamp ?? MIN_TIMESTAMP;
    const emit = (value: O, when: Timestamp, where: BoundedWindow) =>
      this.emitted.push({ value, timestamp: when, window: where });
    const context: ProcessContext<O> = {
      ...this.context,
      timestamp,
      window,
      pane: at.pane ?? NO_FIRING_PANE,
      output: (value) => emit(value, timestamp, window),
      outputWithTimestamp: (value, when) => emit(value, when, window),
      outputTagged: () => undefined,
      state: {},
      timers: {},
      sideInputs: {},
      afterCommit: () => undefined,
    };
    await this.fn.startBundle?.(this.context);
    for (const element of elements) this.fn.process(element, context);
    const { afterCommit } = context;
    await this.fn.finishBundle?.({ ...this.context, output: emit, outputTagged: () => undefined, afterCommit });
  }

  /** What a host does when the pipeline fails: abort, then tear down. */
  async abort(): Promise<void> {
    this.controller.abort();
    await this.fn.teardown?.();
  }
}

export interface ReadOptions<R> {
  /** Elements a poll may emit, by default 1000; a list is used in turn. */
  readonly budgets?: readonly number[];
  /** Splits the restriction after this many polls, at this fraction; the residual is read afterwards. */
  readonly splits?: readonly { readonly afterPolls: number; readonly fraction: number }[];
  readonly onSplit?: (primary: R, residual: R) => void;
}

/** Reads all of a restriction as a runner would, residuals of splits too, and lists what came out. */
export async function readAll<I, O, R, P>(
  fn: SplittableDoFn<I, O, R, P>,
  element: I,
  restriction: R,
  options: ReadOptions<R> = {},
): Promise<O[]> {
  const out: O[] = [];
  const work = [restriction];
  const splits = [...(options.splits ?? [])];
  const context: SourceContext = {
    ...contextFor(),
    initialWatermark: MIN_TIMESTAMP,
    timestamp: MIN_TIMESTAMP,
    window: GlobalWindow.INSTANCE,
    job: 'test',
    now: () => 0,
  };
  await fn.setup?.(context);
  for (let next = work.shift(); next !== undefined; next = work.shift()) {
    const tracker = fn.newTracker(next);
    const reader = await fn.open(element, tracker, context);
    try {
      for (let polls = 0; ; polls++) {
        const split = splits[0];
        if (split?.afterPolls === polls) {
          splits.shift();
          const residual = tracker.trySplit(split.fraction);
          if (residual !== undefined) {
            work.push(residual);
            options.onSplit?.(tracker.currentRestriction(), residual);
          }
        }
        const budget = options.budgets?.[polls % options.budgets.length] ?? 1000;
        const result = reader.poll({ emit: (value) => out.push(value) }, budget);
        if (result === 'done') break;
        if (typeof result === 'object' && result.kind === 'wakeWhen') await result.promise;
      }
      tracker.checkDone();
    } finally {
      await reader.close();
    }
  }
  await fn.teardown?.();
  return out;
}
