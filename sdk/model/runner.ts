import type { LogLevel } from './do-fn.js';
import type { ErrorEnvelope } from './errors.js';
import type { MetricResult } from './metrics.js';
import type { Plan } from './plan.js';
import type { FunctionResolver } from './resolver.js';
import type { Timestamp } from './time.js';

/** One thing in a plan that a runner cannot run. */
export interface Unsupported {
  /** What it is, in the model's words: `trigger afterProcessingTime`, `beam:transform:teststream:v1`, `state` … */
  readonly feature: string;
  /** Full names of the steps. */
  readonly steps: readonly string[];
}

/** Executes plans. Everything that a runner knows of a pipeline is its plan. */
export interface PipelineRunner {
  readonly name: string;
  /** Everything in the plan that this runner cannot run; empty when it can. */
  check(plan: Plan): readonly Unsupported[];
  /** Starts the plan. Refuses with one PLAN_UNSUPPORTED error before anything starts when `check` finds something. */
  run(program: Program): Promise<PipelineHandle>;
}

/** A plan and the way to its functions. */
export interface Program {
  readonly plan: Plan;
  /** Absent when the plan holds no function of the author's, or only ones found in a bundle. */
  readonly bundle?: BundleRef;
  /** For inline functions, and for runners in this process. */
  readonly resolver: FunctionResolver;
}

export interface BundleRef {
  readonly path: string;
  readonly sha256: string;
  /** The folder of the module that it was made of, where that is on this machine: packages left outside are found there. */
  readonly sourceFolder?: string;
}

export type PipelineState =
  | 'STARTING'
  | 'RUNNING'
  | 'STOPPING'
  | 'DRAINING'
  | 'DONE'
  | 'STOPPED'
  | 'DRAINED'
  | 'CANCELLED'
  | 'FAILED';

export interface PipelineHandle {
  readonly state: PipelineState;
  /** A last barrier, then the end: nothing fires early, what is open is read again by the next run. */
  stop(): void;
  /** Truncates the sources and runs time to its end, so that everything fires. Throws where an engine cannot. */
  drain(): void;
  /** Ends at once; nothing more is acknowledged. */
  cancel(): void;
  progress(): Progress;
  /** The metrics as they stand; after the end, those of the result. */
  metrics(): Promise<readonly MetricResult[]>;
  /** Settles when the pipeline has ended; rejects never: a failure is in the result. */
  wait(): Promise<PipelineResult>;
}

export interface Progress {
  readonly elementsIn: number;
  readonly elementsOut: number;
  /** Records behind the end of the sources, where known. */
  readonly lag?: number;
  readonly watermark: Timestamp;
}

export interface PipelineResult {
  readonly state: PipelineState;
  readonly error?: ErrorEnvelope;
  readonly metrics: readonly MetricResult[];
  readonly durationMs: number;
}

export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly step?: string;
  readonly fields?: Record<string, unknown>;
}
export type LogSink = (record: LogRecord) => void;

/** Counters that runners themselves report, beside the user's. */
export const SYSTEM_COUNTER = {
  /** Elements dropped because their window had expired. */
  droppedLate: 'millrace:dropped_late',
} as const;
