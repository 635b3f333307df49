import {
  type BoundedWindow,
  type DoFn,
  type EventTimer,
  type ExpirationContext,
  MillraceError,
  NO_FIRING_PANE,
  type PaneInfo,
  type ProcessContext,
  type ProcessingTimer,
  type TimeDomain,
  type TimerContext,
  type Timestamp,
} from '../../../sdk/model/index.js';
import { declared } from '../declared.js';
import { DoFnRuntime } from '../do-fn-runtime.js';
import { functionError } from '../function-error.js';
import type { OutputGate } from '../output.js';
import type { DueTimer, StateHost } from '../state-host.js';
import type { KernelHost, Step } from '../step.js';
import { promiseBesideState } from './state-errors.js';
import { DeclaredEventTimer, DeclaredProcessingTimer, type Phase, type TimerSite } from './timers.js';

/** A DoFn with state or timers, and what it stands on. */
export interface StatefulStep {
  readonly step: Step;
  readonly doFn: DoFn<unknown, unknown>;
  readonly allowedSkewMs: number;
  /** The time domains of its timers, by id. */
  readonly timers: Readonly<Record<string, TimeDomain>>;
  /** Of the windows of its input: how long their state and timers stay after them. */
  readonly allowedLatenessMs: number;
}

/**
 * Runs one instance of a DoFn with state or timers over keyed elements. It is the context of every call, changed in place;
 * which state and timers a call sees, the host selects by the key and the window. Connect it as a {@link DoFnRuntime}.
 */
export class StatefulRuntime
  extends DoFnRuntime
  implements TimerSite, ProcessContext<unknown>, TimerContext<unknown>, ExpirationContext<unknown>
{
  override readonly state: Readonly<Record<string, unknown>>;
  override readonly timers: Readonly<Record<string, EventTimer | ProcessingTimer>>;
  readonly allowedLatenessMs: number;
  key: unknown = undefined;
  tag = '';
  firingTime: Timestamp = 0;
  phase: Phase = 'none';
  private readonly place: Step;

  constructor(
    spec: StatefulStep,
    readonly states: StateHost,
    host: KernelHost,
    gate: OutputGate,
  ) {
    super(spec.step, spec.doFn, spec.allowedSkewMs, host, gate);
    this.place = spec.step;
    this.allowedLatenessMs = spec.allowedLatenessMs;
    // As it is: what looks after names that are not declared would cost a sixth of what reading a cell does.
    this.state = states.cells;
    const timers = Object.entries(spec.timers).map(([id, domain]) => {
      const timer = domain === 'EVENT_TIME' ? new DeclaredEventTimer(id, this) : new DeclaredProcessingTimer(id, this);
      return [id, timer] as const;
    });
    this.timers = declared<EventTimer | ProcessingTimer>('timer', Object.fromEntries(timers));
  }

  /** Whether the DoFn wants to know when a window expires. */
  get expires(): boolean {
    return this.doFn.onWindowExpiration !== undefined;
  }

  /**
   * One element in one window: `element` is the KV whose key is `key`. Bundles are the caller's affair, as is where it says
   * that a call has come to its end ({@link leave}).
   */
  processKeyed(key: unknown, element: unknown, timestamp: Timestamp, window: BoundedWindow, pane: PaneInfo): void {
    this.timestamp = timestamp;
    this.window = window;
    this.pane = pane;
    this.key = key;
    this.phase = 'element';
    this.states.select(key, window);
    const result: unknown = this.doFn.process(element, this);
    if (result !== undefined && isPromise(result)) throw promiseBesideState();
  }

  /** Calls the DoFn for a timer that is due; the host has taken it down before. Errors say key, timer and step. */
  fire(timer: DueTimer): void {
    const { key, family, tag, firing } = timer;
    if (this.hasBundles) this.enter();
    this.tag = tag;
    this.firingTime = firing;
    try {
      this.open('timer', key, timer.output, timer.window);
      const result: unknown = handlersOf(this.doFn)[family]!(this);
      if (isPromise(result)) throw promiseBesideState();
    } catch (error) {
      throw this.failure(error, { key, timer: family, ...(tag !== '' && { tag }), firing });
    }
    this.leave();
  }

  /** Tells the DoFn that a window expires whose state it has for a key. */
  expire(key: unknown, window: BoundedWindow): void {
    if (this.hasBundles) this.enter();
    try {
      this.open('expiration', key, window.maxTimestamp, window);
      const result: unknown = this.doFn.onWindowExpiration?.(this);
      if (isPromise(result)) throw promiseBesideState();
    } catch (error) {
      throw this.failure(error, { key, window: [window.start, window.end] });
    }
    this.leave();
  }

  /** No call is running: whoever touches a timer now has kept it for too long. */
  leave(): void {
    this.phase = 'none';
  }

  /** What was thrown, as an error of the step. */
  failure(error: unknown, element?: unknown): Error {
    this.phase = 'none';
    const cause = isOfUndefined(error) ? this.perhapsUndeclared(error) : error;
    return functionError(cause, this.place, element === undefined ? undefined : { value: element });
  }

  /** Something was asked of undefined, which a name of state that is not declared is. */
  private perhapsUndeclared(cause: TypeError): unknown {
    const names = Object.keys(this.state);
    if (names.length === 0) return cause;
    const hint = `the step declares the state ${names.map((name) => `'${name}'`).join(', ')}, and no other`;
    return new MillraceError('FUNCTION_THREW', 'function', 'a function of the pipeline threw', { cause, hint });
  }

  private open(phase: Phase, key: unknown, timestamp: Timestamp, window: BoundedWindow): void {
    this.phase = phase;
    this.key = key;
    this.timestamp = timestamp;
    this.window = window;
    this.pane = NO_FIRING_PANE;
    this.states.select(key, window);
  }
}

type Handlers = Readonly<Record<string, (context: TimerContext<unknown>) => unknown>>;

/** With their ids, which the plan knows and the type of a DoFn in general does not. */
function handlersOf(doFn: DoFn<unknown, unknown>): Handlers {
  return (doFn.onTimer ?? {}) as Handlers;
}

function isPromise(result: unknown): boolean {
  if (!(result instanceof Promise)) return false;
  result.catch(() => {}); // reported as the undeclared promise that it is
  return true;
}

const isOfUndefined = (error: unknown): error is TypeError =>
  error instanceof TypeError && error.message.includes('of undefined');
