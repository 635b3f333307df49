import { ArtifactStagingService } from '#millrace/runners/beam/generated/artifacts_pb.js';
import type { ArtifactInformation } from '#millrace/runners/beam/generated/environment_pb.js';
import {
  JobMessage_MessageImportance,
  JobService,
  JobState_Enum,
  type PrepareJobRequest,
} from '#millrace/runners/beam/generated/job_pb.js';
import type { MonitoringInfo } from '#millrace/runners/beam/generated/metrics_pb.js';
import { GrpcServer } from '#millrace/runners/beam/grpc/server.js';

export interface FakeEngineScript {
  /** Whether the engine asks in what forms it can have an artifact, before it asks for its bytes. */
  readonly resolve?: boolean;
  /** Asked for in place of the job's own artifacts. */
  readonly stray?: ArtifactInformation;
  /** The states that the job goes through; when the last is not terminal, `cancel` is waited for. */
  readonly states?: readonly JobState_Enum[];
  readonly errors?: readonly string[];
  readonly metrics?: readonly MonitoringInfo[];
  /** Whether the engine knows how to drain. */
  readonly drains?: boolean;
}

const TERMINAL: ReadonlySet<JobState_Enum> = new Set([JobState_Enum.DONE, JobState_Enum.FAILED]);

/** The job side of an engine, played from a script: what a client sent is kept for the test. */
export class FakeEngine {
  readonly artifacts = new Map<string, string>();
  readonly tokens: string[] = [];
  prepared: PrepareJobRequest | undefined;
  endpoint = '';
  readonly #server = new GrpcServer();
  readonly #cancelled: Promise<JobState_Enum>;
  #dependencies: ArtifactInformation[] = [];

  static async start(script: FakeEngineScript = {}): Promise<FakeEngine> {
    const engine = new FakeEngine(script);
    engine.endpoint = `127.0.0.1:${await engine.#server.listen('127.0.0.1', 0)}`;
    return engine;
  }

  private constructor(script: FakeEngineScript) {
    let cancel = () => {};
    this.#cancelled = new Promise((resolve) => {
      cancel = () => resolve(JobState_Enum.CANCELLED);
    });
    let drain = () => {};
    const drained = new Promise<JobState_Enum>((resolve) => {
      drain = () => resolve(JobState_Enum.DRAINED);
    });
    const states = script.states ?? [JobState_Enum.RUNNING, JobState_Enum.DONE];
    this.#server
      .unary(JobService.method.prepare, async (request) => {
        this.prepared = request;
        const environments = Object.values(request.pipeline?.components?.environments ?? {});
        this.#dependencies = environments.flatMap(({ dependencies }) => dependencies);
        return {
          preparationId: 'prepared',
          stagingSessionToken: 'token',
          artifactStagingEndpoint: { url: this.endpoint },
        };
      })
      .unary(JobService.method.run, async () => ({ jobId: 'job' }))
      .unary(JobService.method.cancel, async () => {
        cancel();
        return { state: JobState_Enum.CANCELLING };
      })
      .unary(JobService.method.getJobMetrics, async () => ({ metrics: { attempted: [...(script.metrics ?? [])] } }))
      .serverStream(JobService.method.getStateStream, async (_, send) => {
        for (const state of states) await send({ state });
        if (states.some((state) => TERMINAL.has(state))) return;
        await send({ state: await Promise.race([this.#cancelled, drained]) });
      })
      .serverStream(JobService.method.getMessageStream, async (_, send) => {
        const importance = JobMessage_MessageImportance.JOB_MESSAGE_ERROR;
        for (const messageText of script.errors ?? [])
          await send({ response: { case: 'messageResponse', value: { messageText, importance } } });
      })
      .bidi(ArtifactStagingService.method.reverseArtifactRetrievalService, async ({ messages, send }) => {
        const answers = messages[Symbol.asyncIterator]();
        const next = async () => {
          const { value, done } = await answers.next();
          if (done === true) throw new Error('the client ended the staging');
          this.tokens.push(value.stagingToken);
          return value;
        };
        await next();
        for (const artifact of script.stray === undefined ? this.#dependencies : [script.stray]) {
          if (script.resolve === true) {
            await send({ request: { case: 'resolveArtifact', value: { artifacts: [artifact] } } });
            await next();
          }
          await send({ request: { case: 'getArtifact', value: { artifact } } });
          let text = '';
          for (;;) {
            const { response, isLast } = await next();
            if (response.case === 'getArtifactResponse') text += Buffer.from(response.value.data).toString();
            if (isLast) break;
          }
          this.artifacts.set(Buffer.from(artifact.rolePayload).toString().slice(2), text);
        }
      });
    if (script.drains === true)
      this.#server.unary(JobService.method.drain, async ({ jobId }) => {
        if (jobId !== 'job') throw new Error(`there is no job '${jobId}'`);
        drain();
        return { state: JobState_Enum.DRAINING };
      });
  }

  close(): void {
    this.#server.close();
  }
}
