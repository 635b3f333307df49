import type {
  AsyncOptionsSpec,
  Coder,
  DoFn,
  FunctionResolver,
  LogLevel,
  Metrics,
  TransformSpec,
  WindowingStrategySpec,
} from '../../sdk/model/index.js';
import type { CustomWindows } from './custom-windows.js';
import type { SideInputSource } from './side-input-views.js';
import type { WindowAssigner } from './window-assign.js';

/** What the host of a kernel provides to its steps. */
export interface KernelHost {
  readonly resolver: FunctionResolver;
  /** The coder of a PCollection. */
  coder(pcollectionId: string): Coder<unknown>;
  /** The windowing of a PCollection; absent where no step asks for it. */
  windowing?(pcollectionId: string): WindowingStrategySpec | undefined;
  metrics(step: string): Metrics;
  log(level: LogLevel, message: string, step: string, fields?: Record<string, unknown>): void;
  readonly signal: AbortSignal;
  /** A stable identity of the job. */
  readonly job: string;
  /** The side inputs of a step; absent where it has none. */
  sideInputs?(step: string): SideInputSource | undefined;
}

/** A leaf transform as the kernel is given it. */
export interface StepSpec {
  readonly id: string;
  readonly transform: TransformSpec;
  /** `file:line:column` where the step was made. */
  readonly source?: string;
}

/** What a step does with one element, after its functions were found. */
export type StepBody =
  | { readonly kind: 'map'; readonly fn: (element: unknown) => unknown }
  | { readonly kind: 'filter'; readonly fn: (element: unknown) => unknown }
  | { readonly kind: 'flatMap'; readonly fn: (element: unknown) => unknown }
  | { readonly kind: 'keyBy'; readonly fn: (element: unknown) => unknown }
  | { readonly kind: 'withTimestamps'; readonly fn: (element: unknown) => unknown; readonly allowedSkewMs: number }
  | { readonly kind: 'windowInto'; readonly assigner: WindowAssigner }
  | { readonly kind: 'customWindowInto'; readonly windows: CustomWindows }
  | { readonly kind: 'doFn'; readonly doFn: DoFn<unknown, unknown>; readonly allowedSkewMs: number };

/** A step that does not run inside a segment: an operator of its own. */
export interface AsyncStep {
  readonly fn: (element: unknown, context: { readonly signal: AbortSignal; readonly attempt: number }) => unknown;
  readonly options: AsyncOptionsSpec;
  /** Whether a failed attempt is worth another one; absent: all are. */
  readonly retryIf?: (error: unknown) => unknown;
}

/** A step of a segment, ready to run. */
export interface Step {
  readonly index: number;
  readonly name: string;
  readonly source: string | undefined;
  readonly input: string;
  /** tag → PCollection id */
  readonly outputs: { readonly [tag: string]: string };
  readonly body: StepBody;
  /** Calls back when what it emitted is safe. */
  readonly requestsFinalization?: boolean;
}
