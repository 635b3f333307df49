import type { AsyncOptionsSpec } from '../model/payloads.js';
import type { DurationMs } from '../model/time.js';
import { functionEntry } from './function-table.js';
import type { SpecContext, StepNode } from './graph.js';
import { PLAN_ERROR, planError } from './plan-error.js';
import type { HintOptions } from './resource-hints.js';

/** The slot of the function that says which errors are worth another attempt. */
const RETRY_IF_SLOT = 'retryIf';

/** How an asynchronous step calls its function. */
export interface AsyncOptions extends HintOptions {
  /** How many calls may be under way in one task; 16 when absent. Results that wait for an earlier one count as well. */
  readonly concurrency?: number;
  /** Whether results leave in the order of their elements (the default), or as they come. */
  readonly ordered?: boolean;
  /** After how long one attempt is given up: its signal is aborted, and what it answers later is ignored. Never, when absent. */
  readonly timeoutMs?: DurationMs;
  /** How often a call that failed or took too long is tried again; not at all, when absent. */
  readonly retry?: RetryOptions;
}

export interface RetryOptions {
  /** Calls in all, the first one included. */
  readonly attempts: number;
  /** Before the second attempt; 100 when absent. */
  readonly initialDelayMs?: DurationMs;
  /** What each delay is multiplied by for the next one; 2 when absent. */
  readonly multiplier?: number;
  /** 10,000 when absent. */
  readonly maxDelayMs?: DurationMs;
  /**
   * Share of each delay that is left to chance, so that calls which failed together do not come back together: 0.5 waits
   * between half of the delay and all of it. 0 when absent.
   */
  readonly jitter?: number;
  /**
   * Whether an error is worth another attempt; when absent, every one is. Called with what the function threw or rejected with;
   * after a time-out with a MillraceError whose code is ASYNC_TIMEOUT.
   */
  readonly retryIf?: (error: unknown) => boolean;
}

/** Checks the options; answers how they stand in the payload, once functions have their references. */
export function asyncSpec(options: AsyncOptions): (context: SpecContext, step: StepNode) => AsyncOptionsSpec {
  const spec = checked(options);
  const retryIf = options.retry?.retryIf;
  if (spec.retry === undefined || retryIf === undefined) return () => spec;
  if (typeof retryIf !== 'function') throw wrong('retry.retryIf', retryIf, 'a function');
  const { retry } = spec;
  return (context, step) => {
    const fn = context.ref(step, RETRY_IF_SLOT, functionEntry(retryIf));
    return { ...spec, retry: { ...retry, retryIf: { fn } } };
  };
}

function checked(options: AsyncOptions): AsyncOptionsSpec {
  const { concurrency = 16, ordered = true, timeoutMs, retry } = options;
  atLeast('concurrency', concurrency, 1);
  if (timeoutMs !== undefined) atLeast('timeoutMs', timeoutMs, 1);
  if (retry === undefined) return { concurrency, ordered, ...(timeoutMs !== undefined && { timeoutMs }) };
  const { attempts, initialDelayMs = 100, multiplier = 2, maxDelayMs = 10_000, jitter } = retry;
  atLeast('retry.attempts', attempts, 1);
  atLeast('retry.initialDelayMs', initialDelayMs, 0);
  atLeast('retry.maxDelayMs', maxDelayMs, 0);
  if (!Number.isFinite(multiplier) || multiplier < 1) throw wrong('retry.multiplier', multiplier, 'a number from 1 on');
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1))
    throw wrong('retry.jitter', jitter, 'a number from 0 to 1');
  return {
    concurrency,
    ordered,
    ...(timeoutMs !== undefined && { timeoutMs }),
    retry: { attempts, initialDelayMs, multiplier, maxDelayMs, ...(jitter !== undefined && { jitter }) },
  };
}

function atLeast(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw wrong(name, value, `a whole number from ${least} on`);
}

function wrong(name: string, value: unknown, expected: string): Error {
  return planError(PLAN_ERROR.argument, `${name} is ${String(value)}, not ${expected}`);
}
