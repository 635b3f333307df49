import {
  type BoundedWindow,
  type DoFnPayload,
  type FunctionSpec,
  GlobalWindow,
  MILLRACE_WINDOW_FN,
  MIN_TIMESTAMP,
  MillraceError,
  type Plan,
  type Timestamp,
  type UserFunctionRef,
  type WindowFn,
  type Windows,
} from '../../sdk/model/index.js';
import { END_OF_TIME } from './end-of-time.js';
import { type FailedStep, functionError, previewElement } from './function-error.js';
import { sourceLines } from './source-lines.js';
import type { KernelHost } from './step.js';
import { WindowInterner } from './window-interner.js';

export const isCustomWindowFn = ({ urn }: FunctionSpec): boolean => urn === MILLRACE_WINDOW_FN.custom;

/**
 * A window function of the author's with what it answers looked at: the windows that leave it are intervals, or plain
 * objects of one form, and the same window of neighbouring elements is the same object.
 */
export class CustomWindows {
  private readonly interner = new WindowInterner();
  private readonly ownWindows: boolean;
  /** How far back {@link sideInputWindow} may look. */
  readonly lookbackMs: number;
  /** What an element came to that stood in several windows. */
  private last: readonly BoundedWindow[] = [];

  constructor(
    private readonly fn: WindowFn<unknown>,
    /** Whose function it is, for errors. */
    readonly step: FailedStep,
  ) {
    this.ownWindows = fn.ownWindows === true;
    this.lookbackMs = fn.sideInputLookbackMs ?? 0;
  }

  /** Of a step of the author's; with the plan alone it is the one that the function belongs to. */
  static of(
    windowFn: FunctionSpec,
    host: Pick<KernelHost, 'resolver'>,
    owner: FailedStep | Plan | undefined,
  ): CustomWindows {
    const { fn } = windowFn.payload as unknown as DoFnPayload;
    const place = owner === undefined || 'components' in owner ? windowingStep(fn, owner) : owner;
    return new CustomWindows(host.resolver.instantiate(fn) as WindowFn<unknown>, place);
  }

  /** The windows of an element; none: an empty list. */
  assign(element: unknown, timestamp: Timestamp, window: BoundedWindow): Windows {
    try {
      const answer: unknown = this.fn.assign(element, timestamp, window);
      return Array.isArray(answer) ? this.several(answer) : this.checked(answer);
    } catch (error) {
      throw functionError(error, this.step, { value: element });
    }
  }

  /** What the function merges; undefined where it does not. */
  merge(windows: readonly BoundedWindow[]): ReturnType<NonNullable<WindowFn<unknown>['merge']>> | undefined {
    try {
      return this.fn.merge?.(windows);
    } catch (error) {
      throw functionError(error, this.step);
    }
  }

  sideInputWindow(mainWindow: BoundedWindow): BoundedWindow {
    const { step, fn } = this;
    try {
      if (fn.sideInputWindow === undefined)
        throw new MillraceError(
          'WINDOW_MAPPING_UNKNOWN',
          'function',
          'a side input is in windows of your own, and nothing says which of them belongs to a window of the main input',
          { hint: 'give the window function a method sideInputWindow(mainWindow)' },
        );
      const window = this.checked(fn.sideInputWindow(mainWindow));
      // Also for NaN. What is further back may have been given up, and would be seen empty.
      if (!(mainWindow.maxTimestamp - window.maxTimestamp <= this.lookbackMs))
        throw tooFarBack(mainWindow, window, this.lookbackMs);
      return window;
    } catch (error) {
      throw functionError(error, step);
    }
  }

  /** A window that the author's function has answered, as it travels. */
  checked(answer: unknown): BoundedWindow {
    if (answer === GlobalWindow.INSTANCE && this.ownWindows) return GlobalWindow.INSTANCE;
    if (typeof answer !== 'object' || answer === null || !isWindow(answer as BoundedWindow)) throw invalid(answer);
    const { start, end, maxTimestamp, id } = answer as BoundedWindow;
    if (!this.ownWindows && (id !== undefined || maxTimestamp !== end - 1)) throw undeclared(answer);
    return this.interner.intern(start, end, maxTimestamp, id);
  }

  private several(answer: readonly unknown[]): Windows {
    if (answer.length === 1) return this.checked(answer[0]);
    let isLast = answer.length === this.last.length;
    const windows = answer.map((each, i) => {
      const window = this.checked(each);
      if (window !== this.last[i]) isLast = false;
      return window;
    });
    if (!isLast) this.last = windows;
    return this.last;
  }
}

function isWindow({ start, end, maxTimestamp, id }: BoundedWindow): boolean {
  return (
    Number.isInteger(start) &&
    Number.isInteger(end) &&
    Number.isInteger(maxTimestamp) &&
    start >= MIN_TIMESTAMP &&
    start <= maxTimestamp &&
    maxTimestamp < end &&
    end <= END_OF_TIME &&
    (id === undefined || typeof id === 'string')
  );
}

function invalid(answer: unknown): MillraceError {
  const isPromise = answer instanceof Promise;
  if (isPromise) answer.catch(() => {}); // reported as what it is
  return new MillraceError(
    'WINDOW_INVALID',
    'function',
    `the window function answered ${previewElement(answer)}, which is no window`,
    {
      hint: isPromise
        ? 'a window function is synchronous'
        : 'a window has whole numbers start <= maxTimestamp < end, and an id that is text or absent; IntervalWindow makes one',
    },
  );
}

function tooFarBack(main: BoundedWindow, side: BoundedWindow, lookbackMs: number): MillraceError {
  return new MillraceError(
    'WINDOW_MAPPING_TOO_FAR',
    'function',
    `a window that ends at ${main.maxTimestamp} was to see one of the side input that ends at ${side.maxTimestamp}, and windows are kept for ${lookbackMs} ms after their end`,
    { hint: 'say in the window function how far it looks back: readonly sideInputLookbackMs = …' },
  );
}

function undeclared(answer: object): MillraceError {
  const what = (answer as BoundedWindow).id === undefined ? 'a last instant of its own' : 'an id';
  return new MillraceError(
    'WINDOW_INVALID',
    'function',
    `the window function answered ${previewElement(answer)}, which has ${what}, and says that its windows are intervals`,
    { hint: 'declare it in the window function: readonly ownWindows = true' },
  );
}

function windowingStep(fn: UserFunctionRef, plan: Plan | undefined): FailedStep {
  const name = stepOf(fn);
  return { name, source: plan === undefined ? undefined : sourceLines(plan).get(name) };
}

/** The step that a function was given to. */
export function stepOf(ref: UserFunctionRef): string {
  if (ref.kind === 'rebuild') return ref.step;
  return ref.kind === 'inline' ? ref.token.slice(0, ref.token.lastIndexOf('#')) : '';
}
