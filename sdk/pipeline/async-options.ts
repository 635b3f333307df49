import type { AsyncOptionsSpec } from '../model/payloads.js';
import type { DurationMs } from '../model/time.js';
import { PLAN_ERROR, planError } from './plan-error.js';

/** How an asynchronous step calls its function. */
export interface AsyncOptions {
  /** How many calls may be under way in one task; 16 when absent. */
  readonly concurrency?: number;
  /** Whether results leave in the order of their elements (the default), or as they come. */
  readonly ordered?: boolean;
  /** After how long one attempt is given up; never, when absent. */
  readonly timeoutMs?: DurationMs;
  /** How often a failed call is tried again; not at all, when absent. */
  readonly retry?: RetryOptions;
}

export interface RetryOptions {
  /** Calls in all, the first one included. */
  readonly attempts: number;
  /** 100 when absent. */
  readonly initialDelayMs?: DurationMs;
  /** 2 when absent. */
  readonly multiplier?: number;
  /** 10,000 when absent. */
  readonly maxDelayMs?: DurationMs;
}

export function asyncSpec(options: AsyncOptions): AsyncOptionsSpec {
  const { concurrency = 16, ordered = true, timeoutMs, retry } = options;
  atLeast('concurrency', concurrency, 1);
  if (timeoutMs !== undefined) atLeast('timeoutMs', timeoutMs, 1);
  if (retry === undefined) return { concurrency, ordered, ...(timeoutMs !== undefined && { timeoutMs }) };
  const { attempts, initialDelayMs = 100, multiplier = 2, maxDelayMs = 10_000 } = retry;
  atLeast('retry.attempts', attempts, 1);
  atLeast('retry.initialDelayMs', initialDelayMs, 0);
  atLeast('retry.maxDelayMs', maxDelayMs, 0);
  if (!Number.isFinite(multiplier) || multiplier < 1) throw wrong('retry.multiplier', multiplier, 'a number from 1 on');
  return {
    concurrency,
    ordered,
    ...(timeoutMs !== undefined && { timeoutMs }),
    retry: { attempts, initialDelayMs, multiplier, maxDelayMs },
  };
}

function atLeast(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw wrong(name, value, `a whole number from ${least} on`);
}

function wrong(name: string, value: number, expected: string): Error {
  return planError(PLAN_ERROR.argument, `${name} is ${value}, not ${expected}`);
}
