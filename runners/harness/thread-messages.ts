import type { MessagePort } from 'node:worker_threads';
import type { ErrorEnvelope, LogRecord, MetricResult } from '../../sdk/model/index.js';
import type { JobDirectory } from './job-directory.js';

/** Bundles that are to be finalised and that an engine never comes back to are forgotten. */
export const FINALISERS_KEPT = 1_000;

/** What a kernel thread is started with. */
export interface KernelThreadData {
  readonly job: JobDirectory;
  readonly workerId: string;
}

/** The way of a kernel thread to the state of its bundles. */
export interface StateWay {
  readonly port: MessagePort;
  /** Counted up with each answer on the port. */
  readonly answers: SharedArrayBuffer;
}

/** From the I/O thread to a kernel thread. The input of a bundle follows in order; that of several may be mixed. */
export type ToKernel =
  | {
      readonly kind: 'bundle';
      readonly instructionId: string;
      readonly descriptorId: string;
      /** A serialised ProcessBundleDescriptor; absent when this thread has had it before. */
      readonly descriptor?: Uint8Array;
      readonly page: SharedArrayBuffer;
    }
  | {
      readonly kind: 'input';
      readonly instructionId: string;
      readonly transformId: string;
      /** Of timers: their family. */
      readonly family?: string;
      readonly data: Uint8Array;
      readonly isLast: boolean;
    }
  | { readonly kind: 'finalize'; readonly instructionId: string }
  /** Cuts the element that is being worked on; answered at once. */
  | { readonly kind: 'split'; readonly instructionId: string; readonly fractionOfRemainder: number }
  | { readonly kind: 'close' };

/** From a kernel thread. */
export type FromKernel =
  /** The thread has loaded the job and takes bundles. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'broken'; readonly error: ErrorEnvelope }
  | {
      readonly kind: 'output';
      readonly instructionId: string;
      readonly transformId: string;
      /** Of timers: their family. */
      readonly family?: string;
      readonly data: Uint8Array;
    }
  /** So many bytes of input have been worked through. */
  | { readonly kind: 'consumed'; readonly instructionId: string; readonly bytes: number }
  | { readonly kind: 'done'; readonly instructionId: string; readonly report: BundleReport }
  | { readonly kind: 'failed'; readonly instructionId: string; readonly error: ErrorEnvelope }
  | { readonly kind: 'split'; readonly instructionId: string; readonly split?: ElementSplit }
  | { readonly kind: 'finalized'; readonly instructionId: string; readonly error?: ErrorEnvelope }
  | { readonly kind: 'log'; readonly instructionId?: string; readonly record: LogRecord };

/** How a bundle went. */
export interface BundleReport {
  readonly residuals: readonly Residual[];
  /** What was added in the bundle, with the id of the transform that did. */
  readonly metrics: readonly { readonly metric: MetricResult; readonly transformId: string }[];
  /** PCollection id → elements. */
  readonly elementCounts: Readonly<Record<string, number>>;
  readonly requiresFinalization: boolean;
}

/** Work on one element that is to go on later. */
export interface Residual {
  readonly transformId: string;
  readonly inputTag: string;
  /** Encoded as the input of the transform is. */
  readonly element: Uint8Array;
  /** Output tag → no element before this instant comes of it. */
  readonly outputWatermarks: Readonly<Record<string, number>>;
  readonly isBounded: boolean;
  readonly delayMs: number;
}

/** What became of the element that was being worked on. */
export interface ElementSplit {
  readonly primary: Residual;
  readonly residual: Residual;
  /** The first element of the input that the bundle does not work on any more. */
  readonly firstResidual: number;
}
