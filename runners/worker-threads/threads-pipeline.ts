import { availableParallelism } from 'node:os';
import {
  allCommitted,
  type ErrorEnvelope,
  type LogSink,
  MAX_TIMESTAMP,
  type MetricResult,
  MIN_TIMESTAMP,
  MillraceError,
  mergeMetrics,
  type PipelineHandle,
  type PipelineResult,
  type PipelineState,
  type Plan,
  type Program,
  type Progress,
} from '../../sdk/model/index.js';
import { EpochCoordinator, type Marker, NEVER_COMMITTED, systemClock } from '../dataflow/index.js';
import { asEnvelope } from './calls.js';
import { planLinks, type ThreadLayout, threadGraph, threadsNeeded } from './crossings.js';
import { createLink } from './link.js';
import { createMailboxes } from './mailbox.js';
import type { Thread } from './thread.js';
import type { ThreadPool } from './thread-pool.js';
import type { ThreadData, ThreadResult } from './thread-protocol.js';
import type { WorkerThreadsRunnerOptions } from './worker-threads-runner.js';

/** Bytes of the ring of each ordered pair of threads: an eighth of what a core's cache of the second level often holds. */
const RING_BYTES = 1 << 18;
/** What lies between two tasks of different threads at most, beside one batch: some eight batches of ordinary elements. */
const CREDIT_BYTES = 1 << 19;
/** How long a thread looks for work before it sleeps, where every thread has a core: less than it takes to wake it. */
const SPIN_MICROSECONDS = 20;

/** How long threads that are told to end at once may take for their teardown before they are ended. */
const ABORT_GRACE_MS = 2_000;

interface Answered {
  readonly thread: Thread;
  readonly result: unknown;
}

/** A pipeline on several threads. This thread keeps the epochs and the end; it runs no tasks. */
export class ThreadsPipeline implements PipelineHandle {
  state: PipelineState = 'STARTING';
  readonly #threads: Thread[] = [];
  readonly #pool: ThreadPool;
  readonly #progress: Progress[] = [];
  readonly #coordinator: EpochCoordinator;
  readonly #log: LogSink;
  readonly #started = performance.now();
  readonly #result: Promise<PipelineResult>;
  #error: ErrorEnvelope | undefined;
  /** Why all threads were told to end, once they were. */
  #aborted: ErrorEnvelope | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #isOver = false;
  #drained = false;
  #cancelled = false;

  constructor(program: Program, wanted: ThreadLayout, options: WorkerThreadsRunnerOptions, pool: ThreadPool) {
    this.#pool = pool;
    const plan = JSON.parse(JSON.stringify(program.plan)) as Plan;
    this.#log = options.log ?? (() => {});
    const threads = this.#start(plan, program, wanted, options);
    this.#coordinator = new EpochCoordinator(
      threads,
      {
        inject: (epoch, stop) => this.#inject({ kind: 'barrier', epoch, oldest: NEVER_COMMITTED, stop }),
        finalise: async (epoch) => {
          await Promise.all(this.#threads.map((thread) => thread.calls.call('finalise', epoch)));
        },
        commit: (epoch) => {
          for (const { calls } of this.#threads) calls.tell('commit', epoch);
        },
        stopping: () => {
          for (const { calls } of this.#threads) calls.tell('stopping', null);
        },
        end: () => this.#inject({ kind: 'end' }),
        fail: (error) => this.#fail(asEnvelope(error)),
      },
      systemClock,
      options.epochIntervalMs,
    );
    this.#result = this.#execute();
  }

  #start(plan: Plan, program: Program, wanted: ThreadLayout, options: WorkerThreadsRunnerOptions): number {
    const graph = threadGraph(plan, wanted);
    const layout = { threads: threadsNeeded(graph, wanted), parallelism: wanted.parallelism };
    const mailboxes = createMailboxes(layout.threads);
    const { ringBytes: capacity = RING_BYTES, creditBytes = CREDIT_BYTES } = options;
    const links = planLinks(graph, layout).map((link) => ({
      plan: link,
      memory: createLink({ channels: link.channels.length, capacity, creditBytes }),
    }));
    for (let thread = 0; thread < layout.threads; thread++) {
      const data: ThreadData = {
        thread,
        layout,
        plan,
        mailboxes,
        links: links.filter(({ plan: { from, to } }) => from === thread || to === thread),
        spinMicroseconds: layout.threads <= availableParallelism() ? SPIN_MICROSECONDS : 0,
        ...(program.bundle !== undefined && { bundle: program.bundle }),
        ...(options.form !== undefined && { form: options.form }),
        ...(options.batchCapacity !== undefined && { batchCapacity: options.batchCapacity }),
      };
      this.#progress.push({ elementsIn: 0, elementsOut: 0, watermark: MIN_TIMESTAMP });
      this.#threads.push(this.#thread(data));
    }
    return layout.threads;
  }

  #thread(data: ThreadData): Thread {
    const thread = this.#pool.take(data.bundle);
    thread.begin(
      data,
      {
        acknowledge: ({ epoch, oldestHeld }) => this.#coordinator.acknowledge(epoch, oldestHeld),
        finished: () => this.#coordinator.finished(),
        failed: (error: ErrorEnvelope) => this.#fail(error),
        progress: (progress: Progress) => {
          this.#progress[data.thread] = progress;
        },
        log: this.#log,
      },
      (error) => this.#fail(error.toEnvelope()),
    );
    return thread;
  }

  #inject(marker: Marker): void {
    for (const { calls } of this.#threads) calls.tell('inject', marker);
  }

  async #execute(): Promise<PipelineResult> {
    const ready = await this.#callAll('setup');
    if (this.state === 'STARTING') this.state = 'RUNNING';
    // What was aborted meanwhile runs too: to be torn down.
    const running = this.#callAll('run', ready);
    if (this.#aborted === undefined) {
      this.#coordinator.start();
      if (this.state === 'STOPPING') this.#coordinator.stop();
    }
    const answers = await running;
    const results = answers.map(({ result }) => result as ThreadResult);
    this.#coordinator.close();
    for (const { error } of results) if (error !== undefined) this.#fail(error);
    this.#isOver = true;
    clearTimeout(this.#killTimer);
    await this.#giveBack(answers);
    return this.#finish(results);
  }

  /** Threads are used again only after a pipeline that has ended well, and if it has left nothing open in them. */
  async #giveBack(answers: readonly Answered[]): Promise<void> {
    const clean = new Set(answers.filter(({ result }) => (result as ThreadResult).isClean).map(({ thread }) => thread));
    const well = this.#aborted === undefined;
    await Promise.all(this.#threads.map((thread) => this.#pool.give(thread, well && clean.has(thread))));
  }

  /** Calls all threads, or those that answered before; a thread that cannot answer has failed and is left out. */
  async #callAll(method: 'setup' | 'run', before?: readonly Answered[]): Promise<Answered[]> {
    const threads = before?.map(({ thread }) => thread) ?? this.#threads;
    const answers = await Promise.all(
      threads.map(async (thread) => {
        try {
          return { thread, result: await thread.calls.call(method, null) };
        } catch (error) {
          this.#fail(asEnvelope(error));
          return undefined;
        }
      }),
    );
    return answers.filter((answer) => answer !== undefined);
  }

  /** The first failure ends all threads. */
  #fail(error: ErrorEnvelope): void {
    if (this.#aborted !== undefined || this.#isOver) return;
    this.#error = error;
    this.#abort(error);
  }

  #abort(reason: ErrorEnvelope): void {
    this.#aborted = reason;
    this.#coordinator.close();
    for (const { calls } of this.#threads) calls.tell('abort', reason);
    this.#killTimer = setTimeout(() => {
      for (const thread of this.#threads) thread.kill();
    }, ABORT_GRACE_MS);
  }

  #finish(results: readonly ThreadResult[]): PipelineResult {
    for (const [thread, { progress }] of results.entries()) this.#progress[thread] = progress;
    if (this.#cancelled) this.state = 'CANCELLED';
    else if (this.#error !== undefined) this.state = 'FAILED';
    else this.state = this.#coordinator.ending === 'stop' ? 'STOPPED' : this.#drained ? 'DRAINED' : 'DONE';
    const metrics = mergeMetrics(results.map((result) => result.metrics));
    // What a stop leaves open is read again.
    const isStopped = this.state === 'STOPPED' && this.#coordinator.holdsNothing;
    const isWhole = this.state === 'DONE' || this.state === 'DRAINED' || isStopped;
    return {
      state: this.state,
      metrics: isWhole ? allCommitted(metrics) : metrics,
      durationMs: performance.now() - this.#started,
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }

  stop(): void {
    if (this.#isEnding) return;
    const started = this.state !== 'STARTING';
    this.state = 'STOPPING';
    if (started) this.#coordinator.stop();
  }

  drain(): void {
    if (this.#isEnding || this.state === 'STOPPING') return;
    this.state = 'DRAINING';
    this.#drained = true;
    for (const { calls } of this.#threads) calls.tell('drain', null);
  }

  cancel(): void {
    if (this.#isEnding) return;
    this.#cancelled = true;
    this.#abort(new MillraceError('PIPELINE_CANCELLED', 'runner', 'the pipeline was cancelled').toEnvelope());
  }

  get #isEnding(): boolean {
    return this.#isOver || this.#aborted !== undefined;
  }

  progress(): Progress {
    let elementsIn = 0;
    let elementsOut = 0;
    let watermark = MAX_TIMESTAMP;
    let lag: number | undefined;
    for (const each of this.#progress) {
      elementsIn += each.elementsIn;
      elementsOut += each.elementsOut;
      watermark = Math.min(watermark, each.watermark);
      if (each.lag !== undefined) lag = (lag ?? 0) + each.lag;
    }
    return { elementsIn, elementsOut, watermark, ...(lag !== undefined && { lag }) };
  }

  async metrics(): Promise<readonly MetricResult[]> {
    if (this.#isEnding) return (await this.#result).metrics;
    const asked = this.#threads.map(({ calls }) => calls.call('metrics', null));
    const ended = this.#result.then(({ metrics }) => metrics);
    // A thread that ends meanwhile does not answer: then the result does.
    return Promise.race([Promise.all(asked).then(mergeMetrics, () => ended), ended]);
  }

  wait(): Promise<PipelineResult> {
    return this.#result;
  }
}
