import { type JsonObject, MillraceError } from '../../sdk/model/index.js';
import {
  type JobMessagesResponse,
  JobService,
  type JobStateEvent,
  type MetricResults,
} from '../beam/generated/job_pb.js';
import type { Pipeline } from '../beam/generated/pipeline_pb.js';
import { GrpcConnection, type IncomingStream } from '../beam/grpc/connection.js';

/** What an engine answers to a job that it has accepted, but not started. */
export interface PreparedJob {
  readonly preparationId: string;
  readonly stagingEndpoint: string;
  readonly stagingToken: string;
}

/** Preparing may translate the whole pipeline, running may wait for a cluster. */
const PREPARE_TIMEOUT_MS = 60_000;

/** Beam's Job API, call by call. */
export class JobClient {
  readonly #connection: GrpcConnection;

  constructor(readonly endpoint: string) {
    this.#connection = new GrpcConnection(endpoint);
  }

  /** REMOTE_UNREACHABLE within seconds where nobody answers. */
  ready(): Promise<void> {
    return this.#connection.ready();
  }

  async prepare(jobName: string, pipeline: Pipeline, pipelineOptions: JsonObject): Promise<PreparedJob> {
    const prepared = await this.#connection.unary(
      JobService.method.prepare,
      { jobName, pipeline, pipelineOptions: structuredClone(pipelineOptions) as Record<string, never> },
      PREPARE_TIMEOUT_MS,
    );
    return {
      preparationId: prepared.preparationId,
      stagingEndpoint: prepared.artifactStagingEndpoint?.url ?? this.endpoint,
      stagingToken: prepared.stagingSessionToken,
    };
  }

  /** Answers the id of the job. */
  async run({ preparationId, stagingToken }: PreparedJob): Promise<string> {
    const request = { preparationId, retrievalToken: stagingToken };
    return (await this.#connection.unary(JobService.method.run, request, PREPARE_TIMEOUT_MS)).jobId;
  }

  states(jobId: string): IncomingStream<JobStateEvent> {
    return this.#connection.serverStream(JobService.method.getStateStream, { jobId });
  }

  messages(jobId: string): IncomingStream<JobMessagesResponse> {
    return this.#connection.serverStream(JobService.method.getMessageStream, { jobId });
  }

  async metrics(jobId: string): Promise<MetricResults | undefined> {
    return (await this.#connection.unary(JobService.method.getJobMetrics, { jobId })).metrics;
  }

  async cancel(jobId: string): Promise<void> {
    await this.#connection.unary(JobService.method.cancel, { jobId });
  }

  /** Whether the engine knows how to drain jobs: most do not, and say so whatever the job. */
  async canDrain(): Promise<boolean> {
    try {
      await this.drain('');
      return true;
    } catch (error) {
      return !(error instanceof MillraceError && error.code === 'REMOTE_UNSUPPORTED');
    }
  }

  async drain(jobId: string): Promise<void> {
    await this.#connection.unary(JobService.method.drain, { jobId });
  }

  close(): void {
    this.#connection.close();
  }
}
