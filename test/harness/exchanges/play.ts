import { readFile } from 'node:fs/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Program } from 'millrace';
import { artifactFromBeam, artifactToBeam } from '#millrace/runners/beam/artifacts.js';
import { ArtifactRetrievalService } from '#millrace/runners/beam/generated/artifacts_pb.js';
import { BeamFnControl, type InstructionRequestSchema } from '#millrace/runners/beam/generated/fn_control_pb.js';
import { BeamFnData } from '#millrace/runners/beam/generated/fn_data_pb.js';
import { BeamFnLogging } from '#millrace/runners/beam/generated/fn_logging_pb.js';
import { BeamFnState, type StateRequest, type StateResponse } from '#millrace/runners/beam/generated/fn_state_pb.js';
import { BeamFnExternalWorkerPool, ProvisionService } from '#millrace/runners/beam/generated/fn_worker_pool_pb.js';
import { GrpcConnection } from '#millrace/runners/beam/grpc/connection.js';
import { GrpcServer } from '#millrace/runners/beam/grpc/server.js';
import { startWorkerPool } from '#millrace/runners/harness/index.js';
import { writeJobFiles } from '#millrace/runners/remote/job-files.js';
import { Gates } from '../../support/services/gates.mjs';
import type { Exchange } from './exchange.js';
import { askedOf, harnessSide, keyOf } from './harness-side.js';
import type { Line, MessageLine } from './lines.js';
import { withEndpoint } from './stages.js';
import { isDescriptor, tidy } from './tidy.js';

const DEADLINE_MS = 10_000;
/** Of a worker: bundles that an engine keeps open at a time must get on with one. */
const THREADS = 1;

/**
 * Plays the engine's side of a recorded exchange to a worker pool with kernel threads, and answers what was said this time.
 * What the engine sends comes when all that it had heard before has come; state is answered by what is asked.
 */
export async function play(exchange: Exchange, program: Program): Promise<readonly Line[]> {
  const files = await writeJobFiles(program);
  const engine = new PlayedEngine(exchange, files.artifacts.map(artifactToBeam));
  const pool = await startWorkerPool({ threads: THREADS });
  const connection = new GrpcConnection(pool.endpoint);
  try {
    const url = { url: await engine.listen() };
    for (const workerId of new Set(exchange.lines.flatMap((line) => (line.from === 'function' ? [] : [line.worker]))))
      await connection.unary(BeamFnExternalWorkerPool.method.startWorker, { workerId, controlEndpoint: url });
    return await engine.play();
  } finally {
    connection.close();
    await pool.close();
    engine.close();
    await files.remove();
  }
}

type Send<M> = (message: M) => Promise<void>;
type SendControl = Send<MessageInitShape<typeof InstructionRequestSchema>>;
type SendData = Send<Extract<MessageLine, { on: 'data' }>['message']>;

class PlayedEngine {
  readonly #server = new GrpcServer();
  readonly #heard: Line[] = [];
  readonly #gates = new Gates((said) => this.#hear({ from: 'function', ...said }));
  readonly #control = new Map<string, SendControl>();
  readonly #data = new Map<string, SendData>();
  /** Input before a worker has opened its data stream, as it does for its first bundle. */
  readonly #early: Extract<MessageLine, { on: 'data' }>[] = [];
  readonly #answers: StateAnswers;
  #onHeard = (): void => undefined;
  #endpoint = '';

  constructor(
    private readonly exchange: Exchange,
    private readonly dependencies: ReturnType<typeof artifactToBeam>[],
  ) {
    this.#answers = new StateAnswers(exchange.lines);
    const { getProvisionInfo } = ProvisionService.method;
    const { resolveArtifacts, getArtifact } = ArtifactRetrievalService.method;
    const { control, getProcessBundleDescriptor } = BeamFnControl.method;
    this.#server
      .unary(getProvisionInfo, async () => ({
        info: { dependencies: this.dependencies, runnerCapabilities: [...exchange.capabilities] },
      }))
      .unary(resolveArtifacts, async ({ artifacts }) => ({ replacements: artifacts }))
      .serverStream(getArtifact, async ({ artifact }, send) => {
        await send({ data: await readFile(artifactFromBeam(artifact!).path) });
      })
      .unary(getProcessBundleDescriptor, async ({ processBundleDescriptorId: id }) => {
        const found = exchange.lines.filter(isDescriptor).find(({ message }) => message.id === id);
        if (found === undefined) throw new Error(`no stage ${id} is in the exchange`);
        return withEndpoint(found.message, this.#endpoint);
      })
      .bidi(BeamFnLogging.method.logging, async ({ messages }) => {
        for await (const _ of messages);
      })
      .bidi(control, async ({ messages, send, metadata }) => {
        const worker = metadata.worker_id!;
        this.#control.set(worker, send);
        this.#onHeard();
        for await (const message of messages) {
          this.#gates.hear(message);
          this.#hear({ from: 'harness', on: 'control', worker, message });
        }
      })
      .bidi(BeamFnData.method.data, async ({ messages, send, metadata }) => {
        const worker = metadata.worker_id!;
        for (const each of this.#early.filter((line) => line.worker === worker)) void send(each.message);
        this.#data.set(worker, send);
        for await (const message of messages) this.#hear({ from: 'harness', on: 'data', worker, message });
      })
      .bidi(BeamFnState.method.state, async ({ messages, send, metadata }) => {
        const worker = metadata.worker_id!;
        for await (const message of messages) {
          this.#hear({ from: 'harness', on: 'state', worker, message });
          await send(this.#answers.to(worker, message));
        }
      });
  }

  async listen(): Promise<string> {
    this.#endpoint = `127.0.0.1:${await this.#server.listen('127.0.0.1', 0)}`;
    return this.#endpoint;
  }

  close(): void {
    this.#gates.close();
    this.#server.close();
  }

  async play(): Promise<readonly Line[]> {
    const said = new Map<string, number>();
    for (const line of this.exchange.lines) {
      if (line.from === 'function') {
        const times = (said.get(line.says) ?? 0) + 1;
        said.set(line.says, times);
        await this.#until(`a function to say "${line.says}"`, () => this.#timesSaid(line.says) >= times);
      } else if (line.from === 'harness') {
        if (line.on === 'control') await this.#answered(line.message.instructionId);
      } else if (line.on === 'control') {
        await this.#until('the control stream', () => this.#control.has(line.worker));
        this.#gates.ask(line.message);
        await this.#control.get(line.worker)!(line.message);
      } else if (line.on === 'data') {
        const send = this.#data.get(line.worker);
        if (send !== undefined) await send(line.message);
        else this.#early.push(line);
      }
    }
    const { ends } = harnessSide(this.exchange.lines);
    await this.#until(`the ends of ${ends.join(', ')}`, () => {
      const heard = harnessSide(this.#heard);
      const hasFailed = (end: string) =>
        Object.entries(heard.answers).some(([id, answer]) => end.startsWith(`${id} `) && 'error' in answer.message);
      return ends.every((end) => heard.ends.includes(end) || hasFailed(end));
    });
    await this.#askForNames();
    const descriptors = this.exchange.lines.filter(isDescriptor);
    return tidy([...descriptors, ...this.#heard]).filter(
      (line) => !(line.from === 'harness' && line.on === 'control' && line.message.instructionId.startsWith(NAMES_OF)),
    );
  }

  #timesSaid(says: string): number {
    return this.#heard.filter((line) => line.from === 'function' && line.says === says).length;
  }

  #answered(instructionId: string): Promise<void> {
    return this.#until(`the answer to ${instructionId}`, () =>
      this.#heard.some(
        (line) => line.from === 'harness' && line.on === 'control' && line.message.instructionId === instructionId,
      ),
    );
  }

  /** What the short names in the answers stand for: an engine asks once for each, whenever it likes. */
  async #askForNames(): Promise<void> {
    for (const [worker, send] of this.#control) {
      const ids = new Set(
        this.#heard.flatMap((line) => {
          if (line.from !== 'harness' || line.on !== 'control' || line.worker !== worker) return [];
          const { case: kind, value } = line.message.response;
          const isNamed = kind === 'processBundle' || kind === 'processBundleProgress';
          return isNamed ? Object.keys(value.monitoringData) : [];
        }),
      );
      if (ids.size === 0) continue;
      const instructionId = `${NAMES_OF} ${worker}`;
      await send({ instructionId, request: { case: 'monitoringInfos', value: { monitoringInfoId: [...ids] } } });
      await this.#answered(instructionId);
    }
  }

  #hear(line: Line): void {
    this.#heard.push(line);
    this.#onHeard();
  }

  /** Waits until what has been heard is enough. */
  async #until(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`waited for ${what}, and heard ${JSON.stringify(harnessSide(this.#heard), undefined, 1)}`)),
        DEADLINE_MS,
      );
      this.#onHeard = () => {
        if (!isSo()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onHeard = () => undefined;
  }
}

const NAMES_OF = 'the names of the metrics of';

/** What the engine answered for state, by who asked what. */
class StateAnswers {
  /** Worker, bundle and key → what was asked and answered, in this order. */
  readonly #left = new Map<string, { readonly asked: string; readonly response: StateResponse['response'] }[]>();

  constructor(lines: readonly Line[]) {
    const responses = new Map<string, StateResponse>();
    for (const line of lines)
      if (line.from === 'engine' && line.on === 'state')
        responses.set(`${line.worker} ${line.message.id}`, line.message);
    for (const line of lines) {
      if (line.from !== 'harness' || line.on !== 'state') continue;
      const key = `${line.worker} ${keyOf(line.message)}`;
      const { response } = responses.get(`${line.worker} ${line.message.id}`)!;
      const asked = JSON.stringify(askedOf(line.message));
      this.#left.set(key, [...(this.#left.get(key) ?? []), { asked, response }]);
    }
  }

  to(worker: string, request: StateRequest): { id: string; response: StateResponse['response']; error: string } {
    const { id } = request;
    const next = this.#left.get(`${worker} ${keyOf(request)}`)?.shift();
    if (next?.asked === JSON.stringify(askedOf(request))) return { id, response: next.response, error: '' };
    const error = `${JSON.stringify(askedOf(request))} was not asked next in the recording`;
    return { id, response: { case: undefined }, error };
  }
}
