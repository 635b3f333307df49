import {
  type ErrorEnvelope,
  type LogLevel,
  type LogSink,
  type MetricResult,
  MillraceError,
  type PipelineHandle,
  type PipelineResult,
  type PipelineState,
  type Plan,
  type Progress,
} from '../../sdk/model/index.js';
import { afterDelay } from '../after-delay.js';
import { decodeFailure } from '../beam/failure.js';
import { JobMessage_MessageImportance, JobState_Enum } from '../beam/generated/job_pb.js';
import { metricsFromBeam } from '../beam/user-metrics.js';
import { failureOf } from './failure.js';
import type { JobClient } from './job-client.js';
import { RemoteProgress } from './progress.js';

/** What ends with the job: the pool of its own, the files, the connection. */
export type Cleanup = () => Promise<void>;

export interface RemoteJobOptions {
  readonly plan: Plan;
  readonly client: JobClient;
  readonly jobId: string;
  /** Whether the engine knows how to drain jobs. */
  readonly canDrain: boolean;
  readonly log: LogSink;
  readonly deadlineMs?: number | undefined;
  /** Settles, with a reason, when the workers are gone although the job is not done. */
  readonly workersGone?: Promise<string> | undefined;
  readonly cleanup: Cleanup;
}

/** A job that an engine runs, followed through its state and message streams. */
export class RemoteJob implements PipelineHandle {
  readonly #options: RemoteJobOptions;
  readonly #startedAt = performance.now();
  readonly #errors: string[] = [];
  readonly #result: Promise<PipelineResult>;
  readonly #progress: RemoteProgress;
  #state: PipelineState = 'STARTING';
  /** What this side asked for: engines know one kind of cancelling. */
  #asked: 'STOPPED' | 'CANCELLED' | undefined;
  #failure: MillraceError | undefined;
  #states: ReturnType<JobClient['states']> | undefined;
  /** The connection is not used any more. */
  #ended = false;
  #giveUp: NodeJS.Timeout | undefined;

  constructor(options: RemoteJobOptions) {
    this.#options = options;
    const { plan, client, jobId } = options;
    this.#progress = new RemoteProgress(plan, () => client.metrics(jobId));
    this.#result = this.#follow();
  }

  get state(): PipelineState {
    return this.#state;
  }

  /** Engines have no stop at a barrier in their Job API: the job is cancelled, and what was not acknowledged is read again. */
  stop(): void {
    this.#asked ??= 'STOPPED';
    this.#request('cancel');
  }

  drain(): void {
    const { canDrain, client } = this.#options;
    if (!canDrain)
      throw new MillraceError('REMOTE_UNSUPPORTED', 'runner', `drain: ${client.endpoint} cannot drain jobs`, {
        hint: 'the job goes on; end it with stop() or cancel(), or run it on direct or worker-threads',
      });
    this.#request('drain');
  }

  cancel(): void {
    this.#asked = 'CANCELLED';
    this.#request('cancel');
  }

  progress(): Progress {
    return this.#progress.look();
  }

  async metrics(): Promise<readonly MetricResult[]> {
    if (this.#ended) return (await this.#result).metrics;
    const { client, jobId } = this.#options;
    const results = await client.metrics(jobId);
    return metricsFromBeam(results?.attempted ?? [], results?.committed ?? []);
  }

  wait(): Promise<PipelineResult> {
    return this.#result;
  }

  #request(what: 'cancel' | 'drain'): void {
    const { client, jobId, log } = this.#options;
    client[what](jobId).catch((error: unknown) =>
      log({ level: 'error', message: `${what} was refused: ${String(error)}` }),
    );
  }

  /** Ends the job because of something on this side; an engine that does not follow is not waited for. */
  #abort(failure: MillraceError): void {
    this.#failure ??= failure;
    this.#request('cancel');
    this.#giveUp ??= setTimeout(() => this.#states?.cancel(), CANCEL_TIMEOUT_MS);
  }

  async #follow(): Promise<PipelineResult> {
    const { client, jobId, deadlineMs, workersGone, cleanup } = this.#options;
    const stopTimer =
      deadlineMs === undefined
        ? undefined
        : afterDelay(deadlineMs, () => {
            this.#abort(
              new MillraceError('REMOTE_TIMEOUT', 'external', `the job has not ended after ${deadlineMs / 1_000} s`),
            );
          });
    let done = false;
    workersGone?.then((reason) => {
      if (!done) this.#abort(new MillraceError('REMOTE_POOL', 'runner', `the worker pool ended: ${reason}`));
    });
    let error: ErrorEnvelope | undefined;
    const messages = client.messages(jobId);
    const heard = this.#readMessages(messages);
    let end: PipelineState = 'FAILED';
    let metrics: PipelineResult['metrics'] = [];
    try {
      end = await this.#readStates();
      const settled = setTimeout(() => messages.cancel(), MESSAGES_AFTER_END_MS);
      await heard;
      clearTimeout(settled);
      metrics = await this.#readMetrics();
    } catch (cause) {
      messages.cancel();
      this.#failure ??=
        cause instanceof MillraceError
          ? cause
          : new MillraceError('REMOTE_PROTOCOL', 'external', String(cause), { cause });
    } finally {
      done = true;
      this.#ended = true;
      stopTimer?.();
      clearTimeout(this.#giveUp);
      await heard;
      await cleanup();
    }
    if (this.#failure !== undefined) end = 'FAILED';
    if (end === 'FAILED') error = (this.#failure ?? failureOf(this.#errors)).toEnvelope();
    this.#state = end;
    const durationMs = performance.now() - this.#startedAt;
    return { state: end, ...(error !== undefined && { error }), metrics, durationMs };
  }

  async #readStates(): Promise<PipelineState> {
    const states = this.#options.client.states(this.#options.jobId);
    this.#states = states;
    for await (const { state } of states) {
      const known = STATES[state];
      if (known === undefined) continue;
      if (known.terminal) {
        states.cancel();
        return known.state === 'CANCELLED' ? (this.#asked ?? 'CANCELLED') : known.state;
      }
      this.#state = known.state;
    }
    throw new MillraceError('REMOTE_PROTOCOL', 'external', 'the engine ended the stream of states before the job');
  }

  async #readMessages(messages: ReturnType<JobClient['messages']>): Promise<void> {
    try {
      for await (const { response } of messages) {
        if (response.case !== 'messageResponse') continue;
        const { importance, messageText } = response.value;
        if (importance === JobMessage_MessageImportance.JOB_MESSAGE_ERROR) this.#errors.push(messageText);
        // A worker's failure is in the result; here it would stand in the engine's wrapping, and twice.
        if (decodeFailure(messageText) !== undefined) continue;
        this.#options.log({ level: LEVELS[importance] ?? 'info', message: messageText });
      }
    } catch (error) {
      this.#options.log({ level: 'warn', message: `the engine's messages broke off: ${String(error)}` });
    }
  }

  async #readMetrics(): Promise<PipelineResult['metrics']> {
    const results = await this.#options.client.metrics(this.#options.jobId);
    this.#progress.end(results);
    return metricsFromBeam(results?.attempted ?? [], results?.committed ?? []);
  }
}

/** Engines close the stream of messages at the job's end; one that does not is not waited for. */
const MESSAGES_AFTER_END_MS = 2_000;
const CANCEL_TIMEOUT_MS = 10_000;

const STATES: Readonly<Partial<Record<JobState_Enum, { state: PipelineState; terminal: boolean }>>> = {
  [JobState_Enum.STARTING]: { state: 'STARTING', terminal: false },
  [JobState_Enum.STOPPED]: { state: 'STARTING', terminal: false },
  [JobState_Enum.RUNNING]: { state: 'RUNNING', terminal: false },
  [JobState_Enum.UPDATING]: { state: 'RUNNING', terminal: false },
  [JobState_Enum.DRAINING]: { state: 'DRAINING', terminal: false },
  [JobState_Enum.CANCELLING]: { state: 'STOPPING', terminal: false },
  [JobState_Enum.DONE]: { state: 'DONE', terminal: true },
  [JobState_Enum.UPDATED]: { state: 'DONE', terminal: true },
  [JobState_Enum.DRAINED]: { state: 'DRAINED', terminal: true },
  [JobState_Enum.CANCELLED]: { state: 'CANCELLED', terminal: true },
  [JobState_Enum.FAILED]: { state: 'FAILED', terminal: true },
};

const LEVELS: Readonly<Partial<Record<JobMessage_MessageImportance, LogLevel>>> = {
  [JobMessage_MessageImportance.JOB_MESSAGE_DEBUG]: 'debug',
  [JobMessage_MessageImportance.JOB_MESSAGE_DETAILED]: 'debug',
  [JobMessage_MessageImportance.JOB_MESSAGE_BASIC]: 'info',
  [JobMessage_MessageImportance.JOB_MESSAGE_WARNING]: 'warn',
  [JobMessage_MessageImportance.JOB_MESSAGE_ERROR]: 'error',
};
