import {
  type ErrorEnvelope,
  type FunctionResolver,
  type MetricResult,
  MillraceError,
  thrownText,
} from '../../sdk/model/index.js';
import {
  buildTasks,
  type EdgeSpec,
  kernelHost,
  type Marker,
  MetricsRegistry,
  progressOf,
  Scheduler,
  systemClock,
  type Task,
  type TaskSet,
  withViews,
} from '../dataflow/index.js';
import { loadWindowFns } from '../kernel/index.js';
import { asEnvelope, type Calls } from './calls.js';
import { type ChannelCoder, channelCoder } from './channel-coder.js';
import { channelName, threadGraph, threadOf } from './crossings.js';
import { consoleFlushed, OpenResources } from './left-behind.js';
import { plainLog } from './plain-log.js';
import { ThreadLinks } from './thread-links.js';
import type { MainMethods, ThreadData, ThreadMethods, ThreadResult } from './thread-protocol.js';

const PROGRESS_INTERVAL_MS = 250;

/** The tasks of one thread, as the main thread drives them. */
export class ThreadTasks implements ThreadMethods {
  readonly #data: ThreadData;
  readonly #loadResolver: () => Promise<FunctionResolver>;
  readonly #links: ThreadLinks;
  readonly #scheduler: Scheduler;
  readonly #metrics = new MetricsRegistry();
  readonly #abort = new AbortController();
  #before: OpenResources | undefined;
  /** The calls to the main thread; set before the first call comes in. */
  main!: Calls<ThreadMethods, MainMethods>;
  #set: TaskSet = { tasks: [], impulses: [], sources: [], testStreams: [] };
  #ended = 0;
  #finished = 0;
  /** The barrier that is passing: how many tasks are behind it, and the oldest epoch that one of them holds. */
  #acknowledged = 0;
  #oldestHeld: number | undefined;
  #error: unknown;
  #draining = false;

  constructor(data: ThreadData, loadResolver: () => Promise<FunctionResolver>) {
    this.#data = data;
    this.#loadResolver = loadResolver;
    this.#links = new ThreadLinks(data.thread, data.links, data.mailboxes, data.spinMicroseconds);
    this.#scheduler = new Scheduler(this.#links);
  }

  async setup(): Promise<void> {
    const plan = withViews(this.#data.plan);
    this.#before = new OpenResources();
    const resolver = await this.#loadResolver();
    const host = kernelHost({
      plan,
      resolver,
      metrics: this.#metrics,
      signal: this.#abort.signal,
      log: (record) => this.main.tell('log', plainLog(record)),
    });
    this.#set = this.#build(host);
    if (this.#draining) this.drain();
    try {
      await loadWindowFns(plan.components);
      for (const task of this.#set.tasks) await task.setup();
    } catch (error) {
      this.#error = error;
      await this.#teardown();
      throw error;
    }
  }

  #build(host: ReturnType<typeof kernelHost>): TaskSet {
    const { layout, thread, form, batchCapacity } = this.#data;
    const plan = withViews(this.#data.plan);
    const graph = threadGraph(plan, layout);
    const coders = new Map<string, ChannelCoder>();
    const coderOf = (edge: EdgeSpec): ChannelCoder => {
      let coder = coders.get(edge.id);
      if (coder === undefined) {
        coder = channelCoder(plan, graph, edge);
        coders.set(edge.id, coder);
      }
      return coder;
    };
    return buildTasks({
      plan,
      graph,
      host,
      clock: systemClock,
      metrics: this.#metrics,
      ...(form !== undefined && { form }),
      ...(batchCapacity !== undefined && { batchCapacity }),
      placement: {
        parallelism: layout.parallelism,
        isLocal: (_operator, index) => threadOf(index, layout) === thread,
        sender: (edge, from, to, onSpace) => this.#links.sender(channelName(edge, from, to), coderOf(edge), onSpace),
        receiver: (edge, from, to, onFrame) =>
          this.#links.receiver(channelName(edge, from, to), coderOf(edge), onFrame),
      },
      events: {
        wake: (task) => this.#scheduler.wake(task),
        acknowledge: (_task, epoch, oldestHeld) => this.#acknowledge(epoch, oldestHeld),
        finished: () => {
          if (++this.#finished === this.#set.tasks.length) this.main.tell('finished', null);
        },
        ended: () => {
          if (++this.#ended === this.#set.tasks.length) this.#scheduler.stop();
        },
        failed: (_task: Task, error) => this.#scheduler.fail(error),
      },
    });
  }

  async run(): Promise<ThreadResult> {
    const report = setInterval(() => this.main.tell('progress', progressOf(this.#set)), PROGRESS_INTERVAL_MS);
    try {
      this.#scheduler.start(this.#set.tasks);
      await this.#scheduler.run();
      // The last markers may not have found room.
      await this.#links.flush(() => this.#abort.signal.aborted);
    } catch (error) {
      this.#fail(error);
    }
    clearInterval(report);
    const progress = progressOf(this.#set);
    await this.#teardown();
    await consoleFlushed();
    return {
      metrics: this.#metrics.results(),
      progress,
      ...(this.#error !== undefined && { error: asEnvelope(this.#error) }),
      isClean: this.#before?.isClean() === true,
    };
  }

  /** The main thread hears of the first failure at once, so that the other threads end too. */
  #fail(error: unknown): void {
    if (this.#error !== undefined || this.#abort.signal.aborted) return;
    this.#error = error;
    this.#abort.abort(error);
    this.main.tell('failed', asEnvelope(error));
  }

  async #teardown(): Promise<void> {
    for (const task of this.#set.tasks) {
      try {
        await task.teardown();
      } catch (error) {
        if (this.#error === undefined && !this.#abort.signal.aborted) this.#error = error;
        else this.main.tell('log', { level: 'warn', message: `teardown failed too: ${thrownText(error)}` });
      }
    }
  }

  #acknowledge(epoch: number, oldestHeld: number | undefined): void {
    if (oldestHeld !== undefined && (this.#oldestHeld === undefined || oldestHeld < this.#oldestHeld))
      this.#oldestHeld = oldestHeld;
    if (++this.#acknowledged < this.#set.tasks.length) return;
    this.main.tell('acknowledge', { epoch, oldestHeld: this.#oldestHeld });
    this.#acknowledged = 0;
    this.#oldestHeld = undefined;
  }

  inject(marker: Marker): void {
    for (const impulse of this.#set.impulses) impulse.inject(marker);
    for (const task of this.#set.tasks) if (task.isRoot) this.#scheduler.wake(task);
  }

  drain(): void {
    this.#draining = true;
    for (const source of this.#set.sources) source.drain();
  }

  stopping(): void {
    for (const task of this.#set.tasks) task.operator.onStop?.();
  }

  async finalise(epoch: number): Promise<void> {
    for (const { operator } of this.#set.tasks) await operator.finalise?.(epoch);
  }

  commit(epoch: number): void {
    this.#metrics.commit(epoch);
  }

  async metrics(): Promise<readonly MetricResult[]> {
    return this.#metrics.results();
  }

  abort(reason: ErrorEnvelope): void {
    this.#abort.abort(MillraceError.fromEnvelope(reason));
    this.#scheduler.stop();
    this.#links.unpark();
  }
}
