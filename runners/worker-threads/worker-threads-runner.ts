import { availableParallelism } from 'node:os';
import { type LogSink, MillraceError, type PipelineRunner, type Plan } from '../../sdk/model/index.js';
import { checkPlan, unsupportedError } from '../dataflow/index.js';
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
}

/** Runs plans on several threads of this process. */
export function createWorkerThreadsRunner(options: WorkerThreadsRunnerOptions = {}): PipelineRunner {
  const threads = options.threads ?? availableParallelism();
  const parallelism = options.parallelism ?? threads;
  requireCount('threads', threads);
  requireCount('parallelism', parallelism);
  const check = (plan: Plan) => checkPlan(plan, { runner: 'worker-threads', inlineFunctions: false });
  return {
    name: 'worker-threads',
    check,
    async run(program) {
      const unsupported = check(program.plan);
      if (unsupported.length > 0) throw unsupportedError('worker-threads', unsupported);
      return new ThreadsPipeline(program, { threads, parallelism }, options);
    },
  };
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= 1024) return;
  throw new MillraceError('OPTION_INVALID', 'options', `${name} is a whole number from 1 to 1024, not ${value}`);
}
