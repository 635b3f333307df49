import type { JsonValue, LogSink } from '../../sdk/model/index.js';

export interface RemoteRunnerOptions {
  /** `host:port` of the engine's Job API. */
  readonly endpoint: string;
  /**
   * `host:port` of a worker pool that is already running, as the engine sees it. Without it a pool is started beside
   * this process, on loopback, for the time of the job: right for an engine on the same machine.
   */
  readonly workerPool?: string;
  /** What that pool asks for when it does not listen on loopback. */
  readonly workerPoolToken?: string;
  /** Options of the engine's own, by their Beam names in snake case: `{ parallelism: 2 }`. */
  readonly engineOptions?: Readonly<Record<string, JsonValue>>;
  /** Where the engine's messages and the worker pool's output go. */
  readonly log?: LogSink;
  /** The job is cancelled, and fails with REMOTE_TIMEOUT, when it has not ended after so long. */
  readonly deadlineMs?: number;
}
