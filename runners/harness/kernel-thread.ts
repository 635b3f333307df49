import { Worker } from 'node:worker_threads';
import { type ErrorEnvelope, type LogRecord, MillraceError } from '../../sdk/model/index.js';
import type { ClaimPage } from './claim-page.js';
import type { BundleReport, FromKernel, KernelThreadData, ToKernel } from './thread-messages.js';

/** Who hears of one bundle on a kernel thread. */
export interface BundleListener {
  output(transformId: string, data: Uint8Array): void;
  consumed(bytes: number): void;
  log(record: LogRecord): void;
}

interface Running {
  readonly listener: BundleListener;
  readonly resolve: (report: BundleReport) => void;
  readonly reject: (error: MillraceError) => void;
}

/** A thread that runs the author's code, one bundle at a time. Whoever ends it rejects what it had under way. */
export class KernelThread {
  readonly #worker: Worker;
  readonly #descriptors = new Set<string>();
  readonly #finalizing = new Map<string, { resolve: () => void; reject: (error: MillraceError) => void }>();
  readonly #onLog: (record: LogRecord) => void;
  #running: Running | undefined;
  #broken: MillraceError | undefined;

  constructor(data: KernelThreadData, onLog: (record: LogRecord) => void) {
    this.#onLog = onLog;
    this.#worker = new Worker(new URL('./kernel-worker.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (message: FromKernel) => this.#receive(message));
    this.#worker.on('error', (error) =>
      this.#breakDown(new MillraceError('REMOTE_KERNEL', 'internal', 'a kernel thread broke down', { cause: error })),
    );
    this.#worker.on('exit', (code) =>
      this.#breakDown(new MillraceError('REMOTE_KERNEL', 'internal', `a kernel thread ended (exit code ${code})`)),
    );
  }

  get idle(): boolean {
    return this.#running === undefined && this.#broken === undefined;
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
      this.#running = { listener, resolve, reject };
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

  input(transformId: string, data: Uint8Array, isLast: boolean): void {
    if (this.#running !== undefined) this.#post({ kind: 'input', transformId, data, isLast });
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
    const running = this.#running;
    switch (message.kind) {
      case 'ready':
        break;
      case 'broken':
        this.#breakDown(MillraceError.fromEnvelope(message.error));
        break;
      case 'output':
        running?.listener.output(message.transformId, message.data);
        break;
      case 'consumed':
        running?.listener.consumed(message.bytes);
        break;
      case 'done':
        this.#running = undefined;
        running?.resolve(message.report);
        break;
      case 'failed':
        this.#running = undefined;
        running?.reject(MillraceError.fromEnvelope(message.error));
        break;
      case 'finalized':
        this.#finalized(message.instructionId, message.error);
        break;
      case 'log':
        if (running === undefined) this.#onLog(message.record);
        else running.listener.log(message.record);
    }
  }

  #finalized(instructionId: string, error: ErrorEnvelope | undefined): void {
    const waiting = this.#finalizing.get(instructionId);
    this.#finalizing.delete(instructionId);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(MillraceError.fromEnvelope(error));
  }

  #breakDown(error: MillraceError): void {
    this.#broken ??= error;
    const running = this.#running;
    this.#running = undefined;
    running?.reject(this.#broken);
    for (const { reject } of this.#finalizing.values()) reject(this.#broken);
    this.#finalizing.clear();
  }
}
