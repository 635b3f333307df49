import {
  allCommitted,
  type LogSink,
  type MetricResult,
  MillraceError,
  type PipelineHandle,
  type PipelineResult,
  type PipelineRunner,
  type PipelineState,
  type Plan,
  type Program,
  type Progress,
  type TestStreamPayload,
  thrownText,
} from '../../sdk/model/index.js';
import { refuseUnsupported } from '../../sdk/model/unsupported.js';
import {
  ALL_LOCAL,
  buildTasks,
  type Clock,
  checkPlan,
  type Disturbance,
  EpochCoordinator,
  kernelHost,
  MetricsRegistry,
  NEVER_COMMITTED,
  planToGraph,
  progressOf,
  Scheduler,
  systemClock,
  type Task,
  type TaskSet,
  TestStreamPlayer,
  testStreamsIn,
  VirtualClock,
  withViews,
} from '../dataflow/index.js';
import { loadWindowFns } from '../kernel/index.js';

export interface DirectRunnerOptions {
  /** Processing time; the system's clock unless a test hands in another, and a virtual one where the plan has a test stream. */
  readonly clock?: Clock;
  readonly log?: LogSink;
  /** `interpreted` runs the reference form of the stages, without generated code. */
  readonly form?: 'compiled' | 'interpreted';
  /** Elements in a full batch; smaller only to disturb tests. */
  readonly batchCapacity?: number;
  /** Tasks of each stage; more than one only to see in one thread what several would do. */
  readonly parallelism?: number;
  /** Milliseconds between two barriers. */
  readonly epochIntervalMs?: number;
  /** What a test does to the dataflow. */
  readonly disturbance?: Disturbance;
}

/** Runs plans in this process, on one thread. */
export function createDirectRunner(options: DirectRunnerOptions = {}): PipelineRunner {
  const check = (plan: Plan) => checkPlan(plan, { inlineFunctions: true, testStream: true });
  return {
    name: 'direct',
    check,
    async run(program) {
      refuseUnsupported('direct', program.plan, check(program.plan));
      return new DirectPipeline(program, options);
    },
  };
}

class DirectPipeline implements PipelineHandle {
  state: PipelineState = 'STARTING';
  private readonly scheduler: Scheduler;
  private readonly player: TestStreamPlayer | undefined;
  private readonly registry: MetricsRegistry;
  private readonly abort = new AbortController();
  private readonly taskSet: TaskSet;
  private readonly coordinator: EpochCoordinator;
  private readonly started = performance.now();
  private readonly loaded: Promise<void>;
  private readonly result: Promise<PipelineResult>;
  private readonly log: LogSink;
  /** Tasks whose setup was begun: only they are torn down. */
  private readonly prepared: Task[] = [];
  private endedTasks = 0;
  /** Epochs that are being finalised. */
  private finalising = 0;
  private drained = false;
  private cancelled = false;

  constructor(program: Program, options: DirectRunnerOptions) {
    const { resolver } = program;
    const { disturbance } = options;
    const plan = withViews(JSON.parse(JSON.stringify(program.plan)) as Plan);
    this.loaded = loadWindowFns(plan.components);
    const [testStream] = testStreamsIn(plan);
    const virtual = testStream === undefined ? undefined : virtualClock(options.clock);
    const clock = virtual ?? options.clock ?? systemClock;
    this.scheduler = new Scheduler(undefined, virtual && (() => this.player?.goOn() === true));
    const parallelism = options.parallelism ?? 1;
    this.log = options.log ?? (() => {});
    this.registry = new MetricsRegistry(() => clock.now());
    const host = kernelHost({ plan, resolver, metrics: this.registry, log: this.log, signal: this.abort.signal });
    this.taskSet = buildTasks({
      plan,
      graph: planToGraph(plan, {
        precombine: parallelism > 1,
        ...(disturbance?.unfused === true && { segmentSteps: 1 }),
      }),
      host,
      clock,
      metrics: this.registry,
      placement: { ...ALL_LOCAL, parallelism },
      ...(disturbance !== undefined && { disturbance }),
      ...(options.form !== undefined && { form: options.form }),
      ...(options.batchCapacity !== undefined && { batchCapacity: options.batchCapacity }),
      events: {
        wake: (task) => this.scheduler.wake(task),
        acknowledge: (_task, epoch, oldestHeld) => this.coordinator.acknowledge(epoch, oldestHeld),
        finished: () => this.coordinator.finished(),
        ended: () => {
          this.endedTasks++;
          if (this.endedTasks === this.taskSet.tasks.length) this.scheduler.stop();
        },
        failed: (_task, error) => this.scheduler.fail(error),
        handedOver: () => this.coordinator.hurry(),
      },
    });
    this.coordinator = new EpochCoordinator(
      this.taskSet.tasks.length,
      {
        inject: (epoch, stop) => this.inject({ kind: 'barrier', epoch, oldest: NEVER_COMMITTED, stop }),
        finalise: (epoch) => this.finalise(epoch),
        commit: (epoch) => this.registry.commit(epoch),
        stopping: () => {
          for (const task of this.taskSet.tasks) task.operator.onStop?.();
        },
        end: () => this.inject({ kind: 'end' }),
        fail: (error) => this.scheduler.fail(error),
      },
      clock,
      options.epochIntervalMs,
    );
    if (testStream !== undefined && virtual !== undefined)
      this.player = new TestStreamPlayer({
        plan,
        payload: testStream.spec!.payload as unknown as TestStreamPayload,
        clock: virtual,
        streams: this.taskSet.testStreams,
        tasks: this.taskSet.tasks,
        isBusy: () => this.finalising > 0,
      });
    this.result = this.execute();
  }

  private async finalise(epoch: number): Promise<void> {
    this.finalising++;
    try {
      for (const { operator } of this.taskSet.tasks) await operator.finalise?.(epoch);
    } finally {
      this.finalising--;
      this.scheduler.poke();
    }
  }

  private async execute(): Promise<PipelineResult> {
    let failure: unknown;
    try {
      await this.loaded;
      for (const task of this.taskSet.tasks) {
        this.prepared.push(task);
        await task.setup();
      }
      this.scheduler.start(this.taskSet.tasks);
      if (this.state === 'STARTING') this.state = 'RUNNING';
      this.coordinator.start();
      if (this.taskSet.tasks.length > 0) await this.scheduler.run();
    } catch (error) {
      failure = error;
      this.abort.abort(error);
    }
    this.coordinator.close();
    for (const task of this.prepared) {
      try {
        await task.teardown();
      } catch (error) {
        if (failure === undefined) failure = error;
        else this.log({ level: 'warn', message: `teardown failed too: ${thrownText(error)}` });
      }
    }
    return this.finish(failure);
  }

  private finish(failure: unknown): PipelineResult {
    const durationMs = performance.now() - this.started;
    const metrics = this.registry.results();
    if (this.cancelled) {
      this.state = 'CANCELLED';
      return { state: this.state, metrics, durationMs };
    }
    if (failure !== undefined) {
      this.state = 'FAILED';
      const error =
        failure instanceof MillraceError
          ? failure
          : new MillraceError('RUNNER_FAILED', 'internal', 'the runner failed', { cause: failure });
      return { state: this.state, error: error.toEnvelope(), metrics, durationMs };
    }
    this.state = this.coordinator.ending === 'stop' ? 'STOPPED' : this.drained ? 'DRAINED' : 'DONE';
    // What a stop leaves open is read again.
    const isWhole = this.state !== 'STOPPED' || this.coordinator.holdsNothing;
    return { state: this.state, metrics: isWhole ? allCommitted(metrics) : metrics, durationMs };
  }

  private inject(marker: Parameters<TaskSet['impulses'][number]['inject']>[0]): void {
    for (const root of [...this.taskSet.impulses, ...this.taskSet.testStreams]) root.inject(marker);
    for (const task of this.taskSet.tasks) if (task.isRoot) this.scheduler.wake(task);
  }

  stop(): void {
    if (this.isOver) return;
    this.state = 'STOPPING';
    this.coordinator.stop();
  }

  drain(): void {
    if (this.isOver || this.state === 'STOPPING') return;
    this.state = 'DRAINING';
    this.drained = true;
    for (const source of this.taskSet.sources) source.drain();
    this.player?.drain();
  }

  cancel(): void {
    if (this.isOver) return;
    this.cancelled = true;
    this.abort.abort(new MillraceError('PIPELINE_CANCELLED', 'runner', 'the pipeline was cancelled'));
    this.scheduler.stop();
  }

  private get isOver(): boolean {
    return ['DONE', 'STOPPED', 'DRAINED', 'CANCELLED', 'FAILED'].includes(this.state);
  }

  progress(): Progress {
    return progressOf(this.taskSet);
  }

  async metrics(): Promise<readonly MetricResult[]> {
    return this.isOver ? (await this.result).metrics : this.registry.results();
  }

  wait(): Promise<PipelineResult> {
    return this.result;
  }
}

/** The clock of a plan with a test stream, which moves it. */
function virtualClock(given: Clock | undefined): VirtualClock {
  if (given === undefined) return new VirtualClock();
  if (given instanceof VirtualClock) return given;
  throw new MillraceError('RUNNER_CLOCK', 'options', 'the plan has a test stream, which cannot move the clock given', {
    hint: 'give a VirtualClock, or none',
  });
}
