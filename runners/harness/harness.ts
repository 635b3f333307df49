import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LogRecord, type LogSink, MillraceError } from '../../sdk/model/index.js';
import { ProvisionService, type StartWorkerRequest } from '../beam/generated/fn_worker_pool_pb.js';
import { GrpcConnection } from '../beam/grpc/connection.js';
import { ControlPlane } from './control-plane.js';
import { DataPlane } from './data-plane.js';
import { fetchJob } from './job-directory.js';
import { KernelThreads } from './kernel-threads.js';
import { LogPlane } from './log-plane.js';
import { StatePlane } from './state-plane.js';

export interface HarnessOptions {
  readonly threads?: number | undefined;
  readonly log: LogSink;
  /** The engine has hung up: it is gone, or is done with this worker. */
  readonly onAbandoned: () => void;
}

/** Longer than kernel threads may take. */
const STOP_TIMEOUT_MS = 5_000;
const SHORT_IDS = 'beam:protocol:monitoring_info_short_ids:v1';
const EMBEDDED_OUTPUT = 'beam:protocol:control_response_elements_embedding:v1';

/**
 * One worker of one job: connects to the engine at once, and gets the job's files meanwhile. What fails before the first
 * bundle is the error of that bundle, because that is what engines pass on to whoever waits for the job.
 */
export class Harness {
  readonly #log: LogSink;
  readonly #connections = new Map<string, GrpcConnection>();
  readonly #planes = new Map<string, DataPlane>();
  readonly #statePlanes = new Map<string, StatePlane>();
  readonly #control: ControlPlane;
  readonly #logs: LogPlane;
  readonly workerId: string;
  readonly #job: Promise<Job>;
  #stopped = false;

  constructor(request: StartWorkerRequest, options: HarnessOptions) {
    this.workerId = request.workerId;
    this.#log = options.log;
    const control = this.#connection(request.controlEndpoint?.url ?? '');
    this.#logs = new LogPlane(
      this.#connection(request.loggingEndpoint?.url ?? control.endpoint),
      this.#lost('logging'),
    );
    this.#job = this.#prepare(request, options.threads ?? availableParallelism());
    // Reported by the first bundle; a worker may also be stopped before it has one.
    this.#job.catch(() => undefined);
    this.#control = new ControlPlane(
      control,
      {
        job: () => this.#job,
        dataPlane: (endpoint) => this.#dataPlane(endpoint),
        statePlane: (endpoint) => this.#statePlane(endpoint),
        log: (record, instructionId) => this.#passOn(record, instructionId),
      },
      (error) => {
        if (error !== undefined) this.#lost('control')(error);
        if (!this.#stopped) options.onAbandoned();
      },
    );
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#control.close();
    for (const plane of [...this.#planes.values(), ...this.#statePlanes.values()]) plane.close();
    const ended = this.#job.then(endJob, () => undefined);
    // Files that are still on their way, from an engine that is perhaps gone, are not waited for.
    await Promise.race([ended, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    await this.#logs.close();
    for (const connection of this.#connections.values()) connection.close();
  }

  async #prepare(request: StartWorkerRequest, threads: number): Promise<Job> {
    const provision = this.#connection(request.provisionEndpoint?.url ?? request.controlEndpoint?.url ?? '');
    const { info } = await provision.unary(ProvisionService.method.getProvisionInfo, {});
    const artifacts = info?.artifactEndpoint?.url ?? request.artifactEndpoint?.url ?? provision.endpoint;
    const directory = await mkdtemp(join(tmpdir(), 'millrace-worker-'));
    try {
      const job = await fetchJob(this.#connection(artifacts), info?.dependencies ?? [], directory);
      this.#log({ level: 'debug', message: `worker ${this.workerId} has the files of its job` });
      return {
        directory,
        shortIds: info?.runnerCapabilities.includes(SHORT_IDS) ?? false,
        embedsOutput: info?.runnerCapabilities.includes(EMBEDDED_OUTPUT) ?? false,
        threads: new KernelThreads({ job, workerId: this.workerId }, threads, {
          log: (record) => this.#passOn(record),
          state: ({ endpoint, instructionId, calls }) => this.#statePlane(endpoint).call(instructionId, calls),
        }),
      };
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** To the engine, and to whoever runs the pool: some engines keep what workers log to themselves. */
  #passOn(record: LogRecord, instructionId?: string): void {
    this.#logs.log(record, instructionId);
    this.#log(record);
  }

  /** One data stream for each address. */
  #dataPlane(endpoint: string): DataPlane {
    let plane = this.#planes.get(endpoint);
    if (plane === undefined) {
      plane = new DataPlane(this.#connection(endpoint), this.#lost('data'));
      this.#planes.set(endpoint, plane);
    }
    return plane;
  }

  /** One stream of state for each address. */
  #statePlane(endpoint: string): StatePlane {
    let plane = this.#statePlanes.get(endpoint);
    if (plane === undefined) {
      plane = new StatePlane(this.#connection(endpoint), this.#lost('state'));
      this.#statePlanes.set(endpoint, plane);
    }
    return plane;
  }

  #connection(endpoint: string): GrpcConnection {
    let connection = this.#connections.get(endpoint);
    if (connection === undefined) {
      connection = new GrpcConnection(endpoint, { metadata: { worker_id: this.workerId } });
      this.#connections.set(endpoint, connection);
    }
    return connection;
  }

  #lost(stream: string): (error: unknown) => void {
    return (error) => {
      if (this.#stopped) return;
      const reason = error instanceof MillraceError ? error.summary : String(error);
      this.#log({ level: 'warn', message: `worker ${this.workerId} lost its ${stream} stream: ${reason}` });
    };
  }
}

/** What a worker has when its job's files are there. */
export interface Job {
  readonly directory: string;
  /** Whether the engine understands short names of metrics. */
  readonly shortIds: boolean;
  /** Whether the engine takes little output with the response to a bundle. */
  readonly embedsOutput: boolean;
  readonly threads: KernelThreads;
}

async function endJob({ threads, directory }: Job): Promise<void> {
  await threads.close();
  await rm(directory, { recursive: true, force: true });
}
