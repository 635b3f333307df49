/** `millrace/runners`: programs are loaded and run from code. The remote runner is loaded when it is asked for. */
export { createDirectRunner, type DirectRunnerOptions } from './direct/direct-runner.js';
export { type BundleOptions, bundleModule, type ModuleBundle } from './program/bundle.js';
export { type LoadedProgram, type LoadRequest, loadProgram } from './program/load.js';
export { findRunner, RUNNERS, type RunnerEntry, type RunnerSettings } from './registry.js';
export {
  createWorkerThreadsRunner,
  type WorkerThreadsRunner,
  type WorkerThreadsRunnerOptions,
} from './worker-threads/index.js';
