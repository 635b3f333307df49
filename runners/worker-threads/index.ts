/** Runs plans on several threads of one process. */
export {
  createWorkerThreadsRunner,
  type WorkerThreadsRunner,
  type WorkerThreadsRunnerOptions,
} from './worker-threads-runner.js';
