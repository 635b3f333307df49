import { type AsyncContext, MillraceError } from '../../sdk/model/index.js';
import { type FailedStep, functionError } from './function-error.js';
import type { AsyncStep } from './step.js';

/** Calls back once after a delay; answers how to cancel it. */
export type After = (delayMs: number, callback: () => void) => () => void;

export interface AsyncCallerParts {
  readonly step: AsyncStep;
  readonly place: FailedStep;
  /** Given to the function; once it is aborted nobody waits for results any more. */
  readonly signal: AbortSignal;
  readonly after: After;
  /** From 0 up to 1: spreads the delays before attempts. */
  readonly random: () => number;
}

/** What all calls of one step have in common. */
export class AsyncCaller {
  /** Of steps whose attempts have no time-out: one for all calls, by number of the attempt. */
  private readonly contexts: AsyncContext[] = [];

  constructor(readonly parts: AsyncCallerParts) {}

  contextOf(attempt: number): AsyncContext {
    let context = this.contexts[attempt];
    if (context === undefined) {
      context = Object.freeze({ signal: this.parts.signal, attempt });
      this.contexts[attempt] = context;
    }
    return context;
  }

  /** How long to wait after a failed attempt; undefined when it was the last one. A `retryIf` that throws is not caught. */
  delayAfter(attempt: number, error: unknown): number | undefined {
    const { step, signal, random } = this.parts;
    const { retry } = step.options;
    if (retry === undefined || attempt >= retry.attempts || signal.aborted) return undefined;
    if (step.retryIf !== undefined && !step.retryIf(error)) return undefined;
    const { initialDelayMs, multiplier, maxDelayMs, jitter = 0 } = retry;
    const delayMs = Math.min(initialDelayMs * multiplier ** (attempt - 1), maxDelayMs);
    return jitter === 0 ? delayMs : delayMs * (1 - jitter * random());
  }

  /** What a call failed with, as an error that names the step, the element, and of several attempts which one. */
  failure(cause: unknown, attempt: number, element: unknown): MillraceError {
    const { place, step } = this.parts;
    const error = functionError(cause, place, { value: element });
    const attempts = step.options.retry?.attempts ?? 1;
    if (attempts === 1 || error === cause) return error;
    return new MillraceError(error.code, error.kind, `${error.summary} (attempt ${attempt} of ${attempts})`, error);
  }
}

/**
 * One element through an asynchronous function: its attempts, each with a time-out, and a growing delay before the next.
 * Serves again for another element when it has ended, so that a call costs no more than its promise.
 */
export abstract class AsyncCall {
  element: unknown;
  /** What the function answered, unless there is an error. */
  result: unknown;
  error: MillraceError | undefined;
  /** Is under way: an attempt, or the delay before one. */
  open = false;
  private attempt = 0;
  private timed: TimedAttempt | undefined;
  private cancelDelay: (() => void) | undefined;

  constructor(private readonly caller: AsyncCaller) {}

  /** Has got its result or its error; inside of `start` already where the function did not need to wait. */
  protected abstract onEnd(): void;

  /** Waits for time to pass before the next attempt. */
  get isDelayed(): boolean {
    return this.cancelDelay !== undefined;
  }

  start(element: unknown): void {
    this.element = element;
    this.open = true;
    this.attempt = 1;
    this.begin();
  }

  /** Gives the call up: it does not end any more, whatever comes. */
  abandon(reason: unknown): void {
    this.open = false;
    this.cancelDelay?.();
    this.cancelDelay = undefined;
    this.timed?.abandon(reason);
    this.timed = undefined;
  }

  private begin(): void {
    const { step, after, signal } = this.caller.parts;
    const { timeoutMs } = step.options;
    if (timeoutMs === undefined) {
      invoke(step, this.element, this.caller.contextOf(this.attempt), this.settle, this.refuse);
      return;
    }
    const timed = new TimedAttempt(this.attempt, signal, this.settle, this.refuse);
    this.timed = timed;
    invoke(step, this.element, timed, timed.settle, timed.refuse);
    timed.expireAfter(timeoutMs, after);
  }

  private readonly settle = (result: unknown): void => {
    if (!this.open) return;
    this.timed = undefined;
    this.result = result;
    this.end();
  };

  private readonly refuse = (cause: unknown): void => {
    if (!this.open) return;
    this.timed = undefined;
    let error = cause;
    try {
      const delayMs = this.caller.delayAfter(this.attempt, cause);
      if (delayMs !== undefined) {
        this.cancelDelay = this.caller.parts.after(delayMs, this.again);
        return;
      }
    } catch (thrown) {
      error = thrown;
    }
    this.error = this.caller.failure(error, this.attempt, this.element);
    this.end();
  };

  private readonly again = (): void => {
    const { signal } = this.caller.parts;
    this.cancelDelay = undefined;
    if (signal.aborted) {
      this.refuse(signal.reason);
      return;
    }
    this.attempt++;
    this.begin();
  };

  private end(): void {
    this.open = false;
    this.onEnd();
  }
}

/** An attempt that has only so much time, as its function sees it. After that, what the function does goes nowhere. */
class TimedAttempt implements AsyncContext {
  private isOver = false;
  private controller: AbortController | undefined;
  private abortReason: unknown;
  private cancelTimer: (() => void) | undefined;

  constructor(
    readonly attempt: number,
    private readonly jobSignal: AbortSignal,
    private readonly onSettled: (result: unknown) => void,
    private readonly onRefused: (error: unknown) => void,
  ) {}

  /** Made when it is asked for: most functions never do. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      const reason = this.abortReason ?? (this.jobSignal.aborted ? this.jobSignal.reason : undefined);
      if (reason !== undefined) this.controller.abort(reason);
    }
    return this.controller.signal;
  }

  readonly settle = (result: unknown): void => {
    if (this.isOver) return;
    this.close();
    this.onSettled(result);
  };

  readonly refuse = (error: unknown): void => {
    if (this.isOver) return;
    this.close();
    this.onRefused(error);
  };

  expireAfter(timeoutMs: number, after: After): void {
    if (this.isOver) return;
    this.cancelTimer = after(timeoutMs, () => {
      const error = new MillraceError('ASYNC_TIMEOUT', 'function', `the call took longer than ${timeoutMs} ms`);
      this.abandon(error);
      this.onRefused(error);
    });
  }

  abandon(reason: unknown): void {
    this.close();
    this.abortReason = reason;
    this.controller?.abort(reason);
  }

  private close(): void {
    this.isOver = true;
    this.cancelTimer?.();
  }
}

/** Calls the function; what it answers may be a promise, anything like one, or the result itself. */
function invoke(
  { fn }: AsyncStep,
  element: unknown,
  context: AsyncContext,
  settle: (result: unknown) => void,
  refuse: (error: unknown) => void,
): void {
  let answer: unknown;
  let isPromise: boolean;
  try {
    answer = fn(element, context);
    isPromise = answer instanceof Promise || isThenable(answer);
  } catch (error) {
    refuse(error);
    return;
  }
  // A promise is taken as it is; what is only like one is wrapped, so that it settles once and never at once.
  if (isPromise) Promise.resolve(answer).then(settle, refuse);
  else settle(answer);
}

function isThenable(value: unknown): boolean {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

/** A call that somebody waits for. */
class AwaitedCall extends AsyncCall {
  private resolve: (result: unknown) => void = () => {};
  private reject: (error: unknown) => void = () => {};

  run(element: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.start(element);
    });
  }

  protected onEnd(): void {
    if (this.error !== undefined) this.reject(this.error);
    else this.resolve(this.result);
  }
}

/** One call as a promise of its result. */
export function callAsync(caller: AsyncCaller, element: unknown): Promise<unknown> {
  return new AwaitedCall(caller).run(element);
}
