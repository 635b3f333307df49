import { fromBinary } from '@bufbuild/protobuf';
import { type LogRecord, MillraceError, thrownText } from '../../sdk/model/index.js';
import { componentsFromBeam } from '../beam/from-beam.js';
import { ProcessBundleDescriptorSchema, RemoteGrpcPortSchema } from '../beam/generated/fn_control_pb.js';
import { MetricCells } from '../kernel/index.js';
import { ClaimPage } from './claim-page.js';
import type { StageInput } from './elements.js';
import { envelopeOf } from './envelope.js';
import { type JobProgram, stageHost } from './job-program.js';
import { keyedParts, type TimerEnd } from './keyed-parts.js';
import { Stage } from './stage.js';
import type { StatePort } from './state-port.js';
import {
  type BundleReport,
  type ElementSplit,
  FINALISERS_KEPT,
  type FromKernel,
  type ToKernel,
} from './thread-messages.js';

/** Output that may wait to be sent before the kernel waits too. */
const UNSENT_BYTES = 32 << 20;
/** An engine that takes nothing for so long is gone. */
const SEND_TIMEOUT_MS = 10 * 60_000;

type Finalisers = readonly (() => Promise<void>)[];

/** A stage that was made, with what belongs to the bundle that it has just now. */
interface Line {
  readonly stage: Stage;
  readonly metrics: MetricCells;
  readonly timers: readonly TimerEnd[];
  instructionId: string | undefined;
  page: ClaimPage | undefined;
}

/** A bundle under way: its messages are worked through one after the other, those of several bundles side by side. */
interface Open {
  readonly descriptorId: string;
  last: Promise<void>;
  line: Line | undefined;
  /** What of the input has not come to its end: the elements, and each family of timers. */
  readonly unended: Set<string>;
}

/** The bundles of one kernel thread. Each has a stage of its own, which serves again when the bundle is done. */
export class BundleRunner {
  /** Serialised, by id. */
  readonly #descriptors = new Map<string, Uint8Array>();
  readonly #idle = new Map<string, Line[]>();
  readonly #open = new Map<string, Open>();
  readonly #toFinalise = new Map<string, Finalisers>();
  /** Stages that have failed. */
  readonly #tearingDown = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  constructor(
    private readonly program: JobProgram,
    private readonly post: (message: FromKernel, transfer?: readonly ArrayBuffer[]) => void,
    private readonly state: Pick<StatePort, 'call' | 'callNow'>,
  ) {}

  receive(message: Exclude<ToKernel, { kind: 'close' }>): void {
    switch (message.kind) {
      case 'bundle': {
        const { instructionId, descriptorId, descriptor } = message;
        if (descriptor !== undefined) this.#descriptors.set(descriptorId, descriptor);
        this.#open.set(instructionId, { descriptorId, last: Promise.resolve(), line: undefined, unended: new Set() });
        this.#next(instructionId, (open) => this.#begin(open, instructionId, message.page));
        break;
      }
      case 'input': {
        const { instructionId } = message;
        this.#next(instructionId, (open) => this.#input(open, instructionId, message));
        break;
      }
      case 'split':
        this.#split(message.instructionId, message.fractionOfRemainder);
        break;
      case 'finalize':
        void this.#finalise(message.instructionId);
    }
  }

  async close(): Promise<void> {
    this.#abort.abort(new MillraceError('REMOTE_STOPPED', 'runner', 'the worker is stopped'));
    const open = [...this.#open.values()].flatMap(({ line }) => line ?? []);
    for (const { stage } of [...open, ...[...this.#idle.values()].flat()]) await this.#tearDown(stage, undefined);
    await Promise.all(this.#tearingDown);
  }

  /** Work for a bundle, behind what it has already. What comes for one that has failed is dropped. */
  #next(instructionId: string, work: (open: Open) => Promise<void>): void {
    const open = this.#open.get(instructionId);
    if (open === undefined) return;
    open.last = open.last.then(async () => {
      if (this.#open.get(instructionId) !== open) return;
      try {
        await work(open);
      } catch (error) {
        this.#fail(open, instructionId, error);
      }
    });
  }

  async #begin(open: Open, instructionId: string, page: SharedArrayBuffer): Promise<void> {
    const known = this.#idle.get(open.descriptorId)?.pop();
    const line = known ?? this.#makeLine(open.descriptorId);
    open.line = line;
    line.instructionId = instructionId;
    line.page = new ClaimPage(page);
    if (known === undefined) await line.stage.setup();
    open.unended.add(endOf({ transformId: line.stage.sourceId }));
    for (const end of line.timers) open.unended.add(endOf(end));
    await line.stage.begin();
  }

  #makeLine(descriptorId: string): Line {
    const descriptor = fromBinary(
      ProcessBundleDescriptorSchema,
      this.#descriptors.get(descriptorId) ?? new Uint8Array(),
    );
    const components = componentsFromBeam(descriptor);
    const metrics = new MetricCells(Date.now);
    const log = (record: LogRecord) => this.#log(line.instructionId, record);
    const endpoint = descriptor.stateApiServiceDescriptor?.url ?? '';
    const stage = new Stage({
      components,
      plan: this.program.plan,
      host: stageHost(this.program, components, metrics, this.#abort.signal, log),
      portCoder: ({ id }) =>
        fromBinary(RemoteGrpcPortSchema, descriptor.transforms[id]?.spec?.payload ?? new Uint8Array()).coderId,
      send: (sinkId, data) => this.#send(line, sinkId, undefined, data),
      sendTimers: (transformId, family, timers) => this.#send(line, transformId, family, timers),
      state: {
        call: (calls) => this.state.call(endpoint, line.instructionId ?? '', calls),
        callNow: (calls) => this.state.callNow(endpoint, line.instructionId ?? '', calls),
      },
      now: () => Date.now(),
    });
    const { timers } = keyedParts(descriptor);
    const line: Line = { stage, metrics, timers, instructionId: undefined, page: undefined };
    return line;
  }

  async #input(open: Open, instructionId: string, input: StageInput): Promise<void> {
    const { line } = open;
    const { transformId, family, data, isLast } = input;
    if (line?.page === undefined) return;
    if (family !== undefined) await line.stage.fire(transformId, family, data);
    else if (transformId === line.stage.sourceId) await line.stage.process(data, line.page);
    else return;
    this.post({ kind: 'consumed', instructionId, bytes: data.length });
    if (!isLast) return;
    open.unended.delete(endOf(input));
    if (open.unended.size > 0) return;
    const { residuals, finalisers, elementCounts } = await line.stage.finish();
    if (finalisers.length > 0) this.#keepFinalisers(instructionId, finalisers);
    const report: BundleReport = {
      residuals,
      elementCounts,
      metrics: line.metrics.take().map((metric) => ({ metric, transformId: line.stage.transformOf(metric.step) })),
      requiresFinalization: finalisers.length > 0,
    };
    this.#open.delete(instructionId);
    line.instructionId = undefined;
    line.page = undefined;
    this.#idle.set(open.descriptorId, [...(this.#idle.get(open.descriptorId) ?? []), line]);
    this.post({ kind: 'done', instructionId, report });
  }

  /** Between two polls of the work, because this thread does one thing at a time. */
  #split(instructionId: string, fractionOfRemainder: number): void {
    const { stage, page } = this.#open.get(instructionId)?.line ?? {};
    let split: ElementSplit | undefined;
    try {
      const element = page === undefined ? undefined : stage?.splitElement(fractionOfRemainder);
      if (element !== undefined) {
        page!.split((begun) => begun);
        split = { ...element, firstResidual: page!.begun };
      }
    } catch (error) {
      this.#log(instructionId, { level: 'warn', message: `a split failed: ${thrownText(error)}` });
    }
    this.post({ kind: 'split', instructionId, ...(split !== undefined && { split }) });
  }

  #send({ instructionId, page }: Line, transformId: string, family: string | undefined, data: Uint8Array): void {
    if (instructionId === undefined || page === undefined) return;
    page.addUnsent(data.length);
    const output = { transformId, data, ...(family !== undefined && { family }) };
    this.post({ kind: 'output', instructionId, ...output }, [data.buffer as ArrayBuffer]);
    // A thread that has other bundles must not wait: what takes the output may wait for one of them.
    if (this.#open.size > 1) return;
    if (!page.waitUntilSent(UNSENT_BYTES, SEND_TIMEOUT_MS))
      throw new MillraceError('REMOTE_TIMEOUT', 'external', 'the engine takes no output');
  }

  /** A stage that failed is torn down, not used again. What it failed with does not wait for that, which may take its time. */
  #fail(open: Open, instructionId: string, error: unknown): void {
    this.#open.delete(instructionId);
    this.post({ kind: 'failed', instructionId, error: envelopeOf(error) });
    if (open.line === undefined) return;
    const tornDown = this.#tearDown(open.line.stage, instructionId).finally(() => this.#tearingDown.delete(tornDown));
    this.#tearingDown.add(tornDown);
  }

  async #tearDown(stage: Stage, instructionId: string | undefined): Promise<void> {
    try {
      await stage.teardown();
    } catch (error) {
      this.#log(instructionId, { level: 'warn', message: `teardown failed: ${thrownText(error)}` });
    }
  }

  #log(instructionId: string | undefined, record: LogRecord): void {
    this.post({ kind: 'log', ...(instructionId !== undefined && { instructionId }), record });
  }

  #keepFinalisers(instructionId: string, finalisers: Finalisers): void {
    this.#toFinalise.set(instructionId, finalisers);
    const [oldest] = this.#toFinalise.keys();
    if (this.#toFinalise.size > FINALISERS_KEPT && oldest !== undefined) this.#toFinalise.delete(oldest);
  }

  async #finalise(instructionId: string): Promise<void> {
    const finalisers = this.#toFinalise.get(instructionId) ?? [];
    this.#toFinalise.delete(instructionId);
    const failed: unknown[] = [];
    // Each of them, also behind one that fails.
    for (const run of finalisers) await run().catch((error: unknown) => failed.push(error));
    const error = failed.length > 0 ? { error: envelopeOf(failed[0]) } : {};
    this.post({ kind: 'finalized', instructionId, ...error });
  }
}

const endOf = ({ transformId, family }: { readonly transformId: string; readonly family?: string }): string =>
  family === undefined ? transformId : `${transformId}\0${family}`;
