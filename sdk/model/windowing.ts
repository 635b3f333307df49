import type { FunctionSpec } from './plan.js';

/** How a PCollection is windowed, and when its groups fire (Beam's WindowingStrategy). */
export interface WindowingStrategySpec {
  readonly windowFn: FunctionSpec;
  readonly mergeStatus: 'NON_MERGING' | 'NEEDS_MERGE' | 'ALREADY_MERGED';
  readonly windowCoderId: string;
  readonly trigger: TriggerSpec;
  readonly accumulationMode: 'DISCARDING' | 'ACCUMULATING' | 'RETRACTING';
  readonly outputTime: 'END_OF_WINDOW' | 'LATEST_IN_PANE' | 'EARLIEST_IN_PANE';
  readonly closingBehavior: 'EMIT_ALWAYS' | 'EMIT_IF_NONEMPTY';
  readonly onTimeBehavior: 'FIRE_ALWAYS' | 'FIRE_IF_NONEMPTY';
  readonly allowedLatenessMs: number;
  readonly assignsToOneWindow: boolean;
  readonly environmentId?: string;
}

export interface FixedWindowsPayload {
  readonly sizeMs: number;
  readonly offsetMs: number;
}
export interface SlidingWindowsPayload {
  readonly sizeMs: number;
  readonly periodMs: number;
  readonly offsetMs: number;
}
export interface SessionWindowsPayload {
  readonly gapMs: number;
}

/** Payload of `millrace:window_fn:calendar:v1`. */
export interface CalendarWindowsPayload {
  readonly unit: 'days' | 'months';
  /** Units in a window: a week is 7 days, a year 12 months. */
  readonly count: number;
  /** IANA name. */
  readonly timeZone: string;
  /** When a window began, on the clock of the time zone: `2024-01-31T06:00`. Others are whole windows away. */
  readonly start: string;
}

/** The twelve kinds of Beam's trigger model. */
export type TriggerSpec =
  | { readonly kind: 'default' }
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'elementCount'; readonly count: number }
  | { readonly kind: 'afterEndOfWindow'; readonly earlyFirings?: TriggerSpec; readonly lateFirings?: TriggerSpec }
  | { readonly kind: 'afterProcessingTime'; readonly timestampTransforms: readonly TimestampTransform[] }
  | { readonly kind: 'afterSynchronizedProcessingTime' }
  | { readonly kind: 'afterAll'; readonly subtriggers: readonly TriggerSpec[] }
  | { readonly kind: 'afterAny'; readonly subtriggers: readonly TriggerSpec[] }
  | { readonly kind: 'afterEach'; readonly subtriggers: readonly TriggerSpec[] }
  | { readonly kind: 'orFinally'; readonly main: TriggerSpec; readonly finally: TriggerSpec }
  | { readonly kind: 'repeat'; readonly subtrigger: TriggerSpec };

export type TimestampTransform =
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'alignTo'; readonly periodMs: number; readonly offsetMs: number };
