import { MillraceError } from '../../sdk/model/index.js';
import type { AsyncStep } from './step.js';

/** Calls back once after a delay; answers how to cancel it. */
export type After = (delayMs: number, callback: () => void) => () => void;

/** One element through a declared asynchronous function: its attempts, each with a time-out, and a growing delay between. */
export async function callAsync(
  step: AsyncStep,
  element: unknown,
  signal: AbortSignal,
  after: After,
): Promise<unknown> {
  const { timeoutMs, retry } = step.options;
  const attempts = retry?.attempts ?? 1;
  let delayMs = retry?.initialDelayMs ?? 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await (timeoutMs === undefined
        ? step.fn(element, { signal, attempt })
        : timed(step, element, attempt, timeoutMs, signal, after));
    } catch (error) {
      if (attempt >= attempts || signal.aborted) throw error;
      const wait = delayMs;
      await new Promise<void>((resolve) => {
        after(wait, resolve);
      });
      delayMs = Math.min(delayMs * (retry?.multiplier ?? 1), retry?.maxDelayMs ?? Number.POSITIVE_INFINITY);
    }
  }
}

async function timed(
  step: AsyncStep,
  element: unknown,
  attempt: number,
  timeoutMs: number,
  signal: AbortSignal,
  after: After,
): Promise<unknown> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  let cancel: (() => void) | undefined;
  try {
    return await Promise.race([
      step.fn(element, { signal: controller.signal, attempt }),
      new Promise((_, reject) => {
        cancel = after(timeoutMs, () => {
          const summary = `the call took longer than ${timeoutMs} ms (attempt ${attempt})`;
          const error = new MillraceError('ASYNC_TIMEOUT', 'function', summary);
          controller.abort(error);
          reject(error);
        });
      }),
    ]);
  } finally {
    cancel?.();
    signal.removeEventListener('abort', abort);
  }
}
