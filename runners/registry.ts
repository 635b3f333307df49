import { MillraceError } from '../sdk/model/errors.js';
import type { JsonValue } from '../sdk/model/json.js';
import type { LogSink, PipelineRunner } from '../sdk/model/runner.js';
import { closest } from '../sdk/pipeline/closest.js';

/** What a user may set for a runner; which of them one understands is in its {@link RunnerEntry}. */
export interface RunnerSettings {
  readonly threads?: number;
  readonly parallelism?: number;
  readonly epochIntervalMs?: number;
  readonly form?: 'compiled' | 'interpreted';
  /** `host:port` of an engine's Job API. */
  readonly endpoint?: string;
  /** `host:port` of a worker pool, as the engine sees it. */
  readonly workerPool?: string;
  readonly workerPoolToken?: string;
  readonly engineOptions?: Readonly<Record<string, JsonValue>>;
  readonly deadlineMs?: number;
}

export interface RunnerEntry {
  readonly name: string;
  readonly description: string;
  readonly accepts: readonly (keyof RunnerSettings)[];
  /** Settings without which it cannot start. */
  readonly requires?: readonly (keyof RunnerSettings)[];
  /** Loads the runner; nothing of it is loaded before. */
  create(settings: RunnerSettings & { readonly log: LogSink }): Promise<PipelineRunner>;
}

export const RUNNERS: readonly RunnerEntry[] = [
  {
    name: 'direct',
    description: 'this process, one thread',
    accepts: ['epochIntervalMs', 'form'],
    create: async (settings) => (await import('./direct/direct-runner.js')).createDirectRunner(settings),
  },
  {
    name: 'worker-threads',
    description: 'this process, every core',
    accepts: ['threads', 'parallelism', 'epochIntervalMs', 'form'],
    // Who runs once has no use for threads that are kept.
    create: async (settings) =>
      (await import('./worker-threads/index.js')).createWorkerThreadsRunner({ ...settings, reuseThreads: false }),
  },
  {
    name: 'remote',
    description: "an engine that speaks Beam's Job API",
    accepts: ['endpoint', 'workerPool', 'workerPoolToken', 'engineOptions', 'deadlineMs'],
    requires: ['endpoint'],
    create: async ({ endpoint = '', ...settings }) =>
      (await import('./remote/index.js')).createRemoteRunner({ endpoint, ...settings }),
  },
];

/** @throws MillraceError RUNNER_UNKNOWN */
export function findRunner(name: string, runners: readonly RunnerEntry[] = RUNNERS): RunnerEntry {
  const found = runners.find((runner) => runner.name === name);
  if (found !== undefined) return found;
  const names = runners.map((runner) => runner.name);
  const guess = closest(name, names);
  throw new MillraceError('RUNNER_UNKNOWN', 'options', `there is no runner '${name}'`, {
    hint: `${guess === undefined ? '' : `did you mean ${guess}? `}the runners are ${names.join(', ')}`,
  });
}
