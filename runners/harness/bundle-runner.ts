import { fromBinary } from '@bufbuild/protobuf';
import { type ErrorEnvelope, type LogRecord, MillraceError } from '../../sdk/model/index.js';
import { componentsFromBeam } from '../beam/from-beam.js';
import { ProcessBundleDescriptorSchema, RemoteGrpcPortSchema } from '../beam/generated/fn_control_pb.js';
import { ClaimPage } from './claim-page.js';
import { Counters } from './counters.js';
import { type JobProgram, stageHost } from './job-program.js';
import { Stage } from './stage.js';
import type { BundleReport, FromKernel, ToKernel } from './thread-messages.js';

/** Output that may wait to be sent before the kernel waits too. */
const UNSENT_BYTES = 32 << 20;
/** An engine that takes nothing for so long is gone. */
const SEND_TIMEOUT_MS = 10 * 60_000;
/** Finalisers of bundles that the engine never comes back to are forgotten. */
const FINALISERS_KEPT = 1_000;

type Finalisers = readonly (() => Promise<void>)[];

/** The bundles of one kernel thread, one at a time: each message is worked through before the next one. */
export class BundleRunner {
  readonly #stages = new Map<string, { readonly stage: Stage; readonly sourceId: string }>();
  readonly #toFinalise = new Map<string, Finalisers>();
  readonly #counters = new Counters();
  readonly #abort = new AbortController();
  #current: { readonly descriptorId: string; readonly instructionId: string; readonly page: ClaimPage } | undefined;

  constructor(
    private readonly program: JobProgram,
    private readonly post: (message: FromKernel, transfer?: readonly ArrayBuffer[]) => void,
  ) {}

  async receive(message: ToKernel): Promise<void> {
    switch (message.kind) {
      case 'bundle':
        await this.#guarded(() => this.#begin(message));
        break;
      case 'input':
        await this.#guarded(() => this.#input(message.transformId, message.data, message.isLast));
        this.post({ kind: 'consumed', bytes: message.data.length });
        break;
      case 'finalize':
        await this.#finalise(message.instructionId);
        break;
      case 'close':
        await this.#close();
    }
  }

  async #begin(message: Extract<ToKernel, { kind: 'bundle' }>): Promise<void> {
    const { descriptorId, instructionId } = message;
    this.#current = { descriptorId, instructionId, page: new ClaimPage(message.page) };
    this.#counters.take();
    if (message.descriptor !== undefined) this.#descriptors.set(descriptorId, message.descriptor);
    let known = this.#stages.get(descriptorId);
    if (known === undefined) {
      known = this.#makeStage(descriptorId);
      this.#stages.set(descriptorId, known);
      await known.stage.setup();
    }
    await known.stage.begin();
  }

  /** Serialised, because a stage that failed is made again from the start. */
  readonly #descriptors = new Map<string, Uint8Array>();

  #makeStage(descriptorId: string): { stage: Stage; sourceId: string } {
    const descriptor = fromBinary(ProcessBundleDescriptorSchema, this.#descriptors.get(descriptorId)!);
    const components = componentsFromBeam(descriptor);
    const log = (record: LogRecord) => this.post({ kind: 'log', record });
    const stage = new Stage({
      components,
      plan: this.program.plan,
      host: stageHost(this.program, components, this.#counters, this.#abort.signal, log),
      portCoder: ({ id }) =>
        fromBinary(RemoteGrpcPortSchema, descriptor.transforms[id]?.spec?.payload ?? new Uint8Array()).coderId,
      send: (sinkId, data) => this.#send(sinkId, data),
    });
    return { stage, sourceId: stage.sourceId };
  }

  async #input(transformId: string, data: Uint8Array, isLast: boolean): Promise<void> {
    const current = this.#current;
    const known = current === undefined ? undefined : this.#stages.get(current.descriptorId);
    // What still comes for a bundle that has failed is dropped.
    if (current === undefined || known === undefined || transformId !== known.sourceId) return;
    await known.stage.process(data, current.page);
    if (!isLast) return;
    const { residuals, finalisers, elementCounts } = await known.stage.finish();
    if (finalisers.length > 0) this.#keepFinalisers(current.instructionId, finalisers);
    const report: BundleReport = {
      residuals,
      elementCounts,
      counters: this.#counters
        .take()
        .map((counter) => ({ ...counter, transformId: known.stage.transformOf(counter.step) })),
      requiresFinalization: finalisers.length > 0,
    };
    this.#current = undefined;
    this.post({ kind: 'done', report });
  }

  #send(transformId: string, data: Uint8Array): void {
    const page = this.#current?.page;
    if (page === undefined) return;
    page.addUnsent(data.length);
    this.post({ kind: 'output', transformId, data }, [data.buffer as ArrayBuffer]);
    if (!page.waitUntilSent(UNSENT_BYTES, SEND_TIMEOUT_MS))
      throw new MillraceError('REMOTE_TIMEOUT', 'external', 'the engine takes no output');
  }

  /** A stage that failed is torn down, not used again. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const current = this.#current;
      this.#current = undefined;
      const known = current === undefined ? undefined : this.#stages.get(current.descriptorId);
      if (current !== undefined) this.#stages.delete(current.descriptorId);
      try {
        await known?.stage.teardown();
      } catch (second) {
        this.post({ kind: 'log', record: { level: 'warn', message: `teardown failed: ${String(second)}` } });
      }
      this.post({ kind: 'failed', error: envelopeOf(error) });
    }
  }

  #keepFinalisers(instructionId: string, finalisers: Finalisers): void {
    this.#toFinalise.set(instructionId, finalisers);
    const [oldest] = this.#toFinalise.keys();
    if (this.#toFinalise.size > FINALISERS_KEPT && oldest !== undefined) this.#toFinalise.delete(oldest);
  }

  async #finalise(instructionId: string): Promise<void> {
    const finalisers = this.#toFinalise.get(instructionId) ?? [];
    this.#toFinalise.delete(instructionId);
    try {
      for (const run of finalisers) await run();
      this.post({ kind: 'finalized', instructionId });
    } catch (error) {
      this.post({ kind: 'finalized', instructionId, error: envelopeOf(error) });
    }
  }

  async #close(): Promise<void> {
    this.#abort.abort(new MillraceError('REMOTE_STOPPED', 'runner', 'the worker is stopped'));
    for (const { stage } of this.#stages.values()) {
      try {
        await stage.teardown();
      } catch (error) {
        this.post({ kind: 'log', record: { level: 'warn', message: `teardown failed: ${String(error)}` } });
      }
    }
  }
}

export function envelopeOf(error: unknown): ErrorEnvelope {
  const known =
    error instanceof MillraceError
      ? error
      : new MillraceError('REMOTE_HARNESS', 'internal', 'the harness failed', { cause: error });
  return known.toEnvelope();
}
