import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { artifactToBeam, BUNDLE_ARTIFACT, PLAN_ARTIFACT } from '#millrace/runners/beam/artifacts.js';
import { ArtifactRetrievalService } from '#millrace/runners/beam/generated/artifacts_pb.js';
import {
  BeamFnControl,
  type InstructionResponse,
  type ProcessBundleDescriptorSchema,
} from '#millrace/runners/beam/generated/fn_control_pb.js';
import { BeamFnData, type Elements, ElementsSchema } from '#millrace/runners/beam/generated/fn_data_pb.js';
import { BeamFnLogging } from '#millrace/runners/beam/generated/fn_logging_pb.js';
import { ProvisionService } from '#millrace/runners/beam/generated/fn_worker_pool_pb.js';
import { GrpcServer } from '#millrace/runners/beam/grpc/server.js';

export interface WorkerEngineOptions {
  /** What the engine says that it can do. */
  readonly capabilities?: readonly string[];
  /** The files of the job; none when absent. */
  readonly plan?: object;
  readonly bundle?: string;
  /** What is answered for any stage. */
  readonly descriptor?: (endpoint: string) => MessageInitShape<typeof ProcessBundleDescriptorSchema>;
}

/** The engine's side of workers: hands out instructions, keeps who asked for what, and what came by the data stream. */
export class WorkerEngine {
  readonly server = new GrpcServer();
  readonly workerIds: (string | undefined)[] = [];
  /** What workers have sent by the data stream. */
  readonly received: Elements[] = [];
  readonly #answers = new Map<string, (response: InstructionResponse) => void>();
  readonly #control: Promise<(instruction: Parameters<WorkerEngine['ask']>[0]) => Promise<void>>;
  readonly #files = new Map<string, Buffer>();
  #dataOpened: (send: (elements: Elements) => Promise<void>) => void = () => undefined;
  readonly #data = new Promise<(elements: Elements) => Promise<void>>((resolve) => {
    this.#dataOpened = resolve;
  });
  endpoint = '';

  constructor({ capabilities = [], plan, bundle, descriptor = () => ({}) }: WorkerEngineOptions = {}) {
    if (plan !== undefined) this.#files.set(PLAN_ARTIFACT, Buffer.from(JSON.stringify(plan)));
    if (bundle !== undefined) this.#files.set(BUNDLE_ARTIFACT, readFileSync(bundle));
    this.#control = new Promise((resolve) => {
      this.server
        .unary(ProvisionService.method.getProvisionInfo, async (_, { metadata }) => {
          this.workerIds.push(metadata.worker_id);
          return { info: { runnerCapabilities: [...capabilities] } };
        })
        .unary(ArtifactRetrievalService.method.resolveArtifacts, async () => ({
          replacements: [...this.#files].map(([name, bytes]) =>
            artifactToBeam({ name, path: name, sha256: createHash('sha256').update(bytes).digest('hex') }),
          ),
        }))
        .serverStream(ArtifactRetrievalService.method.getArtifact, async ({ artifact }, send) => {
          const payload = Buffer.from(artifact?.typePayload ?? []).toString('latin1');
          const [, bytes] = [...this.#files].find(([name]) => payload.includes(name)) ?? [];
          if (bytes !== undefined) await send({ data: bytes });
        })
        .unary(BeamFnControl.method.getProcessBundleDescriptor, async (_, { metadata }) => {
          this.workerIds.push(metadata.worker_id);
          return descriptor(this.endpoint);
        })
        .bidi(BeamFnLogging.method.logging, async ({ messages, metadata }) => {
          this.workerIds.push(metadata.worker_id);
          for await (const _ of messages);
        })
        .bidi(BeamFnData.method.data, async ({ messages, send }) => {
          this.#dataOpened((elements) => send(elements));
          for await (const elements of messages) this.received.push(elements);
        })
        .bidi(BeamFnControl.method.control, async ({ messages, send, metadata }) => {
          this.workerIds.push(metadata.worker_id);
          resolve((instruction) => send(instruction as Parameters<typeof send>[0]));
          for await (const response of messages) this.#answers.get(response.instructionId)?.(response);
        });
    });
  }

  async listen(): Promise<void> {
    this.endpoint = `127.0.0.1:${await this.server.listen('127.0.0.1', 0)}`;
  }

  /** Sends an instruction and answers what comes back for it. */
  async ask(instruction: { readonly instructionId: string; readonly request?: object }): Promise<InstructionResponse> {
    const answer = new Promise<InstructionResponse>((resolve) => this.#answers.set(instruction.instructionId, resolve));
    await (await this.#control)(instruction);
    return await answer;
  }

  /** By the data stream, which a worker opens with its first bundle. */
  async send(elements: MessageInitShape<typeof ElementsSchema>): Promise<void> {
    await (await this.#data)(create(ElementsSchema, elements));
  }
}
