import { availableParallelism } from 'node:os';
import { type LogSink, MillraceError, type PipelineRunner, type Plan } from '../../sdk/model/index.js';
import { refuseUnsupported } from '../../sdk/model/unsupported.js';
import { checkPlan } from '../dataflow/index.js';
import { ThreadPool } from './thread-pool.js';
import { ThreadsPipeline } from './threads-pipeline.js';

export interface WorkerThreadsRunnerOptions {
  /** Worker threads; as many as the machine has cores when absent. The main thread runs no tasks. */
  readonly threads?: number;
  /** Tasks of a stage; as many as threads when absent. */
  readonly parallelism?: number;
  readonly log?: LogSink;
  /** `interpreted` runs the reference form of the stages, without generated code. */
  readonly form?: 'compiled' | 'interpreted';
  /** Elements in a full batch; smaller only to disturb tests. */
  readonly batchCapacity?: number;
  /** Bytes of the ring of each ordered pair of threads, a power of two; smaller only to disturb tests. */
  readonly ringBytes?: number;
  /** Bytes that may lie between two tasks of different threads; smaller only to disturb tests. */
  readonly creditBytes?: number;
  /** Milliseconds between two barriers. */
  readonly epochIntervalMs?: number;
  /**
   * Whether threads are kept for the next run of the same program, whose code is then loaded and compiled already; `true`
   * when absent. What modules and `globalThis` hold is kept with them, as between two runs in one thread; the pipeline is
   * built again for each run. A thread is not used again after a run that failed or was cancelled, nor when the program
   * has left something open in it, such as a timer or a socket.
   */
  readonly reuseThreads?: boolean;
}

/** Runs plans on several threads, and keeps these for the next run. */
export interface WorkerThreadsRunner extends PipelineRunner {
  /**
   * Ends the threads that no pipeline works in, and the others with their pipelines; settles when all have ended. Nothing
   * runs after it. Idle threads never keep the process alive, so it need not be called before the process ends.
   */
  close(): Promise<void>;
}

/** Runs plans on several threads of this process. */
export function createWorkerThreadsRunner(options: WorkerThreadsRunnerOptions = {}): WorkerThreadsRunner {
  const threads = options.threads ?? availableParallelism();
  const parallelism = options.parallelism ?? threads;
  requireCount('threads', threads);
  requireCount('parallelism', parallelism);
  const pool = new ThreadPool(options.reuseThreads ?? true);
  const check = (plan: Plan) => checkPlan(plan, { inlineFunctions: false });
  return {
    name: 'worker-threads',
    check,
    async run(program) {
      if (pool.isClosed) throw new MillraceError('RUNNER_CLOSED', 'options', 'the runner was closed');
      refuseUnsupported('worker-threads', program.plan, check(program.plan));
      return new ThreadsPipeline(program, { threads, parallelism }, options, pool);
    },
    close: () => pool.close(),
  };
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= 1024) return;
  throw new MillraceError('OPTION_INVALID', 'options', `${name} is a whole number from 1 to 1024, not ${value}`);
}
