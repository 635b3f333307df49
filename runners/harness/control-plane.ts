import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { type LogRecord, MillraceError } from '../../sdk/model/index.js';
import { encodeFailure } from '../beam/failure.js';
import {
  BeamFnControl,
  type InstructionRequest,
  type InstructionResponseSchema,
  type ProcessBundleDescriptor,
  type ProcessBundleRequest,
  type ProcessBundleSplitRequest,
  RemoteGrpcPortSchema,
} from '../beam/generated/fn_control_pb.js';
import type { DuplexStream, GrpcConnection } from '../beam/grpc/connection.js';
import { Bundle, reportToBeam, residualToBeam } from './bundle.js';
import type { DataPlane } from './data-plane.js';
import type { Job } from './harness.js';
import type { KernelThread } from './kernel-thread.js';
import { ShortIds } from './short-ids.js';
import { SINK_URN, SOURCE_URN } from './stage-urns.js';
import { CacheTokens } from './state-cache.js';
import type { StatePlane } from './state-plane.js';
import { FINALISERS_KEPT } from './thread-messages.js';

/** What the control plane needs of the worker that it belongs to. */
export interface ControlHost {
  job(): Promise<Job>;
  dataPlane(endpoint: string): DataPlane;
  statePlane(endpoint: string): StatePlane;
  log(record: LogRecord, instructionId: string): void;
}

type Answer = NonNullable<MessageInitShape<typeof InstructionResponseSchema>['response']>;

/** Answers the engine's instructions; those about a running bundle do not wait for it. */
export class ControlPlane {
  readonly #connection: GrpcConnection;
  readonly #stream: DuplexStream<typeof BeamFnControl.method.control.input, typeof BeamFnControl.method.control.output>;
  readonly #host: ControlHost;
  readonly #shortIds = new ShortIds();
  readonly #descriptors = new Map<string, Promise<ProcessBundleDescriptor>>();
  readonly #running = new Map<string, Bundle>();
  /** Bundles that wait for the engine to say that their output is safe. */
  readonly #toFinalize = new Map<string, KernelThread>();

  constructor(connection: GrpcConnection, host: ControlHost, onEnd: (error?: unknown) => void) {
    this.#connection = connection;
    this.#host = host;
    this.#stream = connection.bidi(BeamFnControl.method.control);
    this.#read().then(() => onEnd(), onEnd);
  }

  close(): void {
    this.#stream.end();
  }

  async #read(): Promise<void> {
    for await (const request of this.#stream) void this.#answer(request);
  }

  async #answer(request: InstructionRequest): Promise<void> {
    const { instructionId } = request;
    try {
      await this.#stream.send({ instructionId, response: await this.#carryOut(request) });
    } catch (error) {
      const failure =
        error instanceof MillraceError
          ? error
          : new MillraceError('REMOTE_HARNESS', 'internal', 'the harness failed', { cause: error });
      await this.#stream.send({ instructionId, error: encodeFailure(failure) });
    }
  }

  async #carryOut({ instructionId, request }: InstructionRequest): Promise<Answer> {
    switch (request.case) {
      case 'processBundle':
        return await this.#process(instructionId, request.value);
      case 'processBundleProgress': {
        const infos = this.#running.get(request.value.instructionId)?.progress() ?? [];
        return { case: 'processBundleProgress', value: { monitoringData: this.#shortIds.shorten(infos) } };
      }
      case 'processBundleSplit':
        return await this.#split(request.value);
      case 'finalizeBundle':
        await this.#finalize(request.value.instructionId);
        return { case: 'finalizeBundle', value: {} };
      case 'monitoringInfos':
        return {
          case: 'monitoringInfos',
          value: { monitoringInfo: this.#shortIds.explain(request.value.monitoringInfoId) },
        };
      case 'harnessMonitoringInfos':
        return { case: 'harnessMonitoringInfos', value: {} };
      case undefined:
        throw new MillraceError(
          'REMOTE_INSTRUCTION',
          'runner',
          'an instruction of a kind that this harness does not know',
        );
    }
  }

  async #process(instructionId: string, request: ProcessBundleRequest): Promise<Answer> {
    const { processBundleDescriptorId, cacheTokens, elements: input } = request;
    const [job, descriptor] = await Promise.all([this.#host.job(), this.#descriptor(processBundleDescriptorId)]);
    const plane = this.#host.dataPlane(endpointOf(descriptor));
    const bundle = new Bundle(instructionId, descriptor, plane, this.#host.log);
    const stateEndpoint = descriptor.stateApiServiceDescriptor?.url ?? '';
    const state = stateEndpoint === '' ? undefined : this.#host.statePlane(stateEndpoint);
    state?.register(instructionId, new CacheTokens(cacheTokens));
    this.#running.set(instructionId, bundle);
    plane.register(instructionId, bundle);
    try {
      if (input !== undefined) bundle.acceptEmbedded(input);
      const thread = job.threads.pick();
      const { report, elements } = await bundle.run(thread, job.embedsOutput);
      if (report.requiresFinalization) this.#keepToFinalize(instructionId, thread);
      const infos = reportToBeam(report);
      return {
        case: 'processBundle',
        value: {
          residualRoots: report.residuals.map(residualToBeam),
          requiresFinalization: report.requiresFinalization,
          ...(elements !== undefined && { elements }),
          ...(job.shortIds ? { monitoringData: this.#shortIds.shorten(infos) } : { monitoringInfos: infos }),
        },
      };
    } finally {
      plane.unregister(instructionId);
      state?.unregister(instructionId);
      this.#running.delete(instructionId);
    }
  }

  /** Engines send a stage once for many bundles; it is fetched once. */
  #descriptor(id: string): Promise<ProcessBundleDescriptor> {
    let descriptor = this.#descriptors.get(id);
    if (descriptor === undefined) {
      descriptor = this.#connection.unary(BeamFnControl.method.getProcessBundleDescriptor, {
        processBundleDescriptorId: id,
      });
      this.#descriptors.set(id, descriptor);
    }
    return descriptor;
  }

  /** Elements that have not been begun are given away whole; where there are none, a part of the one under way is. */
  async #split({ instructionId, desiredSplits }: ProcessBundleSplitRequest): Promise<Answer> {
    const bundle = this.#running.get(instructionId);
    const desired = bundle === undefined ? undefined : desiredSplits[bundle.sourceId];
    if (bundle === undefined || desired === undefined) return { case: 'processBundleSplit', value: {} };
    const { sourceId: transformId } = bundle;
    const firstResidual = bundle.split({
      fractionOfRemainder: desired.fractionOfRemainder,
      estimatedInputElements: Number(desired.estimatedInputElements),
      allowedSplitPoints: desired.allowedSplitPoints.map(Number),
    });
    const channelSplit = (lastPrimary: number, first: number) => ({
      transformId,
      lastPrimaryElement: BigInt(lastPrimary),
      firstResidualElement: BigInt(first),
    });
    if (firstResidual !== undefined)
      return { case: 'processBundleSplit', value: { channelSplits: [channelSplit(firstResidual - 1, firstResidual)] } };
    const element = await bundle.splitElement(desired.fractionOfRemainder);
    if (element === undefined) return { case: 'processBundleSplit', value: {} };
    const primary = residualToBeam(element.primary).application;
    return {
      case: 'processBundleSplit',
      value: {
        primaryRoots: primary === undefined ? [] : [primary],
        residualRoots: [residualToBeam(element.residual)],
        // The element under way is in neither part of the input: it is in the roots.
        channelSplits: [channelSplit(element.firstResidual - 2, element.firstResidual)],
      },
    };
  }

  /** Not for ever: an engine need not come back to a bundle. */
  #keepToFinalize(instructionId: string, thread: KernelThread): void {
    this.#toFinalize.set(instructionId, thread);
    const [oldest] = this.#toFinalize.keys();
    if (this.#toFinalize.size > FINALISERS_KEPT && oldest !== undefined) this.#toFinalize.delete(oldest);
  }

  async #finalize(instructionId: string): Promise<void> {
    const thread = this.#toFinalize.get(instructionId);
    this.#toFinalize.delete(instructionId);
    await thread?.finalize(instructionId);
  }
}

/** The address of the data stream stands at the ends of the stage. */
function endpointOf(descriptor: ProcessBundleDescriptor): string {
  for (const { spec } of Object.values(descriptor.transforms)) {
    if (spec === undefined || (spec.urn !== SOURCE_URN && spec.urn !== SINK_URN)) continue;
    const url = fromBinary(RemoteGrpcPortSchema, spec.payload).apiServiceDescriptor?.url;
    if (url !== undefined && url !== '') return url;
  }
  throw new MillraceError('REMOTE_PROTOCOL', 'external', `the stage ${descriptor.id} names no data endpoint`);
}
