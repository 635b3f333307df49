import type { FunctionResolver, MetricResult, Plan } from '../../sdk/model/index.js';
import {
  ALL_LOCAL,
  buildTasks,
  kernelHost,
  MetricsRegistry,
  NEVER_COMMITTED,
  planToGraph,
  Scheduler,
  type Task,
  type TaskSet,
  type VirtualClock,
} from '../dataflow/index.js';

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** The dataflow of a plan with a test stream, of which a test says what happens next while it runs. */
export class LiveDataflow {
  private readonly scheduler = new Scheduler(undefined, () => this.onQuiet());
  private readonly registry = new MetricsRegistry();
  private readonly abort = new AbortController();
  private readonly taskSet: TaskSet;
  private readonly waiters: Waiter[] = [];
  private epoch = 0;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    plan: Plan,
    resolver: FunctionResolver,
    private readonly clock: VirtualClock,
  ) {
    const { signal } = this.abort;
    this.taskSet = buildTasks({
      plan,
      graph: planToGraph(plan),
      host: kernelHost({ plan, resolver, metrics: this.registry, log: () => undefined, signal }),
      clock,
      placement: ALL_LOCAL,
      events: {
        wake: (task) => this.scheduler.wake(task),
        acknowledge: () => undefined,
        finished: () => undefined,
        ended: () => undefined,
        failed: (_task, error) => this.scheduler.fail(error),
      },
    });
  }

  /** The outputs of the test stream. */
  get streams(): TaskSet['testStreams'] {
    return this.taskSet.testStreams;
  }

  private get tasks(): readonly Task[] {
    return this.taskSet.tasks;
  }

  async start(): Promise<void> {
    for (const task of this.tasks) await task.setup();
    this.scheduler.start(this.tasks);
    void this.run();
  }

  private async run(): Promise<void> {
    try {
      await this.scheduler.run();
    } catch (error) {
      this.failure = { error };
      for (const waiter of this.waiters.splice(0)) waiter.reject(error);
    }
  }

  /** Settles when nothing more can happen before the test says what. */
  settle(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure.error);
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.scheduler.poke();
    });
  }

  /** As {@link settle}, with all bundles closed. */
  async closeBundles(): Promise<void> {
    do await this.settle();
    while (this.tasks.filter((task) => task.closeBundleNow()).length > 0);
  }

  /** A barrier goes through, and what came before it is taken for safe. */
  async commit(): Promise<void> {
    await this.closeBundles();
    const epoch = ++this.epoch;
    const { impulses, testStreams, tasks } = this.taskSet;
    for (const root of [...impulses, ...testStreams])
      root.inject({ kind: 'barrier', epoch, oldest: NEVER_COMMITTED, stop: false });
    for (const task of tasks) if (task.isRoot) this.scheduler.wake(task);
    await this.settle();
    for (const { operator } of tasks) await operator.finalise?.(epoch);
  }

  metrics(): readonly MetricResult[] {
    return this.registry.results();
  }

  async end(): Promise<void> {
    this.scheduler.stop();
    for (const task of this.tasks) await task.teardown();
  }

  private onQuiet(): boolean {
    if (this.tasks.some((task) => task.isBusy)) return false;
    const alarm = this.clock.next();
    if (alarm !== undefined && alarm <= this.clock.now()) {
      this.clock.advance(0);
      return true;
    }
    for (const waiter of this.waiters.splice(0)) waiter.resolve();
    return false;
  }
}
