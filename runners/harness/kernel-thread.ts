import { MessageChannel, Worker } from 'node:worker_threads';
import { type ErrorEnvelope, type LogRecord, MillraceError } from '../../sdk/model/index.js';
import type { ClaimPage } from './claim-page.js';
import type { StageInput } from './elements.js';
import type { StateAsk, StatePage } from './state-calls.js';
import { serveState } from './state-port.js';
import type {
  BundleReport,
  ElementSplit,
  FromKernel,
  KernelThreadData,
  StateWay,
  ToKernel,
} from './thread-messages.js';

/** Who hears of one bundle on a kernel thread. */
export interface BundleListener {
  /** With the family of timers, where it is such. */
  output(transformId: string, family: string | undefined, data: Uint8Array): void;
  consumed(bytes: number): void;
  log(record: LogRecord): void;
}

interface Running {
  readonly listener: BundleListener;
  readonly resolve: (report: BundleReport) => void;
  readonly reject: (error: MillraceError) => void;
}

/** What a kernel thread needs of the worker that it belongs to. */
export interface KernelThreadHost {
  log(record: LogRecord): void;
  /** Asks an engine for state. */
  state(ask: StateAsk): Promise<readonly StatePage[]>;
}

/** A thread that runs the author's code. Whoever ends it rejects what it had under way. */
export class KernelThread {
  readonly #worker: Worker;
  readonly #descriptors = new Set<string>();
  readonly #finalizing = new Map<string, { resolve: () => void; reject: (error: MillraceError) => void }>();
  readonly #host: KernelThreadHost;
  readonly #running = new Map<string, Running>();
  /** Who asked for a split, in the order in which the thread answers. */
  readonly #splitting: ((split: ElementSplit | undefined) => void)[] = [];
  #broken: MillraceError | undefined;

  constructor(data: KernelThreadData, host: KernelThreadHost) {
    this.#host = host;
    const { port1, port2 } = new MessageChannel();
    const state: StateWay = { port: port2, answers: new SharedArrayBuffer(4) };
    serveState(port1, state.answers, (ask) => host.state(ask));
    this.#worker = new Worker(new URL('./kernel-worker.js', import.meta.url), {
      workerData: { ...data, state },
      transferList: [port2],
    });
    this.#worker.on('message', (message: FromKernel) => this.#receive(message));
    this.#worker.on('error', (error) =>
      this.#breakDown(new MillraceError('REMOTE_KERNEL', 'internal', 'a kernel thread broke down', { cause: error })),
    );
    this.#worker.on('exit', (code) =>
      this.#breakDown(new MillraceError('REMOTE_KERNEL', 'internal', `a kernel thread ended (exit code ${code})`)),
    );
  }

  /** Bundles under way. */
  get load(): number {
    return this.#running.size;
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /** Starts a bundle; its input follows by {@link input}. The descriptor crosses once for each stage. */
  run(
    instructionId: string,
    descriptorId: string,
    descriptor: Uint8Array,
    page: ClaimPage,
    listener: BundleListener,
  ): Promise<BundleReport> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) {
        reject(this.#broken);
        return;
      }
      this.#running.set(instructionId, { listener, resolve, reject });
      const isNew = !this.#descriptors.has(descriptorId);
      this.#descriptors.add(descriptorId);
      this.#post({
        kind: 'bundle',
        instructionId,
        descriptorId,
        ...(isNew && { descriptor }),
        page: page.buffer,
      });
    });
  }

  input(instructionId: string, input: StageInput): void {
    if (this.#running.has(instructionId)) this.#post({ kind: 'input', instructionId, ...input });
  }

  /** Cuts the element that a bundle works on; undefined where that cannot be done. */
  split(instructionId: string, fractionOfRemainder: number): Promise<ElementSplit | undefined> {
    if (!this.#running.has(instructionId)) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#splitting.push(resolve);
      this.#post({ kind: 'split', instructionId, fractionOfRemainder });
    });
  }

  finalize(instructionId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finalizing.set(instructionId, { resolve, reject });
      this.#post({ kind: 'finalize', instructionId });
    });
  }

  /** Lets the author's instances tear down; ends the thread when that takes too long. */
  async close(graceMs: number): Promise<void> {
    if (this.#broken !== undefined) return;
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#post({ kind: 'close' });
    const timer = setTimeout(() => void this.#worker.terminate(), graceMs);
    await ended;
    clearTimeout(timer);
  }

  #post(message: ToKernel): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromKernel): void {
    switch (message.kind) {
      case 'ready':
        break;
      case 'broken':
        this.#breakDown(MillraceError.fromEnvelope(message.error));
        break;
      case 'output':
        this.#running.get(message.instructionId)?.listener.output(message.transformId, message.family, message.data);
        break;
      case 'consumed':
        this.#running.get(message.instructionId)?.listener.consumed(message.bytes);
        break;
      case 'done':
        this.#end(message.instructionId)?.resolve(message.report);
        break;
      case 'failed':
        this.#end(message.instructionId)?.reject(MillraceError.fromEnvelope(message.error));
        break;
      case 'split':
        this.#splitting.shift()?.(message.split);
        break;
      case 'finalized':
        this.#finalized(message.instructionId, message.error);
        break;
      case 'log': {
        const running = this.#running.get(message.instructionId ?? '');
        if (running === undefined) this.#host.log(message.record);
        else running.listener.log(message.record);
      }
    }
  }

  #end(instructionId: string): Running | undefined {
    const running = this.#running.get(instructionId);
    this.#running.delete(instructionId);
    return running;
  }

  #finalized(instructionId: string, error: ErrorEnvelope | undefined): void {
    const waiting = this.#finalizing.get(instructionId);
    this.#finalizing.delete(instructionId);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(MillraceError.fromEnvelope(error));
  }

  #breakDown(error: MillraceError): void {
    this.#broken ??= error;
    for (const { reject } of this.#running.values()) reject(this.#broken);
    this.#running.clear();
    for (const resolve of this.#splitting.splice(0)) resolve(undefined);
    for (const { reject } of this.#finalizing.values()) reject(this.#broken);
    this.#finalizing.clear();
  }
}
