import {
  type BoundedWindow,
  IntervalWindow,
  ON_TIME_AND_ONLY_PANE,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import { functionError } from '../kernel/index.js';
import { GroupOperator } from './group-operator.js';
import { defaultTriggerPane, type GroupSpec } from './group-spec.js';
import { TimeHeap } from './heap.js';

interface KeySessions {
  readonly id: unknown;
  readonly key: unknown;
  /** Disjoint, in order of start. */
  readonly sessions: Session[];
}

interface Session {
  readonly owner: KeySessions;
  start: Timestamp;
  end: Timestamp;
  accumulator: unknown;
  /** Epoch of the oldest element that is held; undefined while there is no accumulator. */
  epoch: number | undefined;
  panes: number;
  /** Has fired on time and is kept for late elements. */
  fired: boolean;
  dirty: boolean;
  /** Waits to be emitted on time; what comes of it then is decided there. */
  firing: boolean;
  /** Merged into another or expired: entries in the heaps are stale. */
  gone: boolean;
}

/**
 * Grouping for session windows under the default trigger: key → its sessions in order. A timer stands at the end that a
 * session had when it was set; where the session has grown since, it is set again, so that an element costs no timer.
 */
export class SessionGroupOperator extends GroupOperator {
  private readonly byKey = new Map<unknown, KeySessions>();
  private readonly timers = new TimeHeap<Session>();
  private readonly expiries = new TimeHeap<Session>();
  private readonly firings: { session: Session; late: boolean }[] = [];
  private firingsDone = 0;
  private readonly lateSessions = new Set<Session>();
  private readonly latenessMs: number;
  private readonly accumulating: boolean;

  constructor(spec: GroupSpec) {
    super(spec);
    this.latenessMs = spec.windowing.allowedLatenessMs;
    this.accumulating = spec.windowing.accumulationMode === 'ACCUMULATING';
  }

  override fold(key: unknown, value: unknown, windows: Windows): void {
    if (!Array.isArray(windows)) this.add(windows as BoundedWindow, key, value);
    else for (const window of windows as readonly BoundedWindow[]) this.add(window, key, value);
  }

  private add(window: BoundedWindow, key: unknown, value: unknown): void {
    if (window.maxTimestamp + this.latenessMs < this.watermark) {
      this.spec.droppedLate.inc();
      return;
    }
    const { combineFn, precombined, identity, step } = this.spec;
    try {
      const id = typeof key === 'number' ? key : identity(key);
      let owner = this.byKey.get(id);
      if (owner === undefined) {
        owner = { id, key, sessions: [] };
        this.byKey.set(id, owner);
      }
      const session = this.place(owner, window);
      if (session.epoch === undefined) {
        session.epoch = this.ledger.add();
        session.accumulator = combineFn.createAccumulator();
      }
      session.accumulator = precombined
        ? combineFn.mergeAccumulators(session.accumulator, value)
        : combineFn.addInput(session.accumulator, value);
      if (session.end - 1 < this.watermark) {
        session.dirty = true;
        this.lateSessions.add(session);
      }
    } catch (error) {
      throw functionError(error, step, { value: { key, value } });
    }
  }

  /** The session that the window falls into, grown by it and merged with those that it touches now. */
  private place(owner: KeySessions, window: BoundedWindow): Session {
    const { sessions } = owner;
    let at = sessions.length - 1;
    // Nearly always the last one: input is almost in order.
    while (at >= 0 && sessions[at]!.start >= window.end) at--;
    const candidate = at >= 0 ? sessions[at]! : undefined;
    if (candidate === undefined || candidate.end <= window.start) {
      const session = this.open(owner, window);
      sessions.splice(at + 1, 0, session);
      return session;
    }
    let first = at;
    while (first > 0 && sessions[first - 1]!.end > window.start) first--;
    const session = sessions[first]!;
    if (first < at) this.merge(session, sessions.splice(first + 1, at - first));
    if (window.start < session.start) session.start = window.start;
    if (window.end > session.end) session.end = window.end;
    if (session.fired && session.end - 1 >= this.watermark) {
      // It has grown past the watermark: it will be on time once more.
      session.fired = false;
      this.timers.push(session.end - 1, session);
    }
    return session;
  }

  private open(owner: KeySessions, window: BoundedWindow): Session {
    const late = window.maxTimestamp < this.watermark;
    const { start, end } = window;
    const session: Session = {
      owner,
      start,
      end,
      accumulator: undefined,
      epoch: undefined,
      panes: 0,
      fired: late,
      dirty: false,
      firing: false,
      gone: false,
    };
    if (late) this.expiries.push(end - 1 + this.latenessMs, session);
    else this.timers.push(end - 1, session);
    return session;
  }

  private merge(into: Session, others: readonly Session[]): void {
    const { combineFn } = this.spec;
    for (const other of others) {
      other.gone = true;
      this.lateSessions.delete(other);
      into.end = Math.max(into.end, other.end);
      into.panes = Math.max(into.panes, other.panes);
      if (other.epoch === undefined) continue;
      if (into.epoch === undefined) {
        into.accumulator = other.accumulator;
        into.epoch = other.epoch;
      } else {
        into.accumulator = combineFn.mergeAccumulators(into.accumulator, other.accumulator);
        this.ledger.remove(Math.max(into.epoch, other.epoch));
        into.epoch = Math.min(into.epoch, other.epoch);
      }
    }
  }

  override onWatermark(timestamp: Timestamp): void {
    this.watermark = timestamp;
    while (this.timers.first < timestamp) {
      const session = this.timers.pop()!;
      if (session.gone || session.fired) continue;
      if (session.end - 1 >= timestamp) this.timers.push(session.end - 1, session);
      else {
        session.fired = true;
        session.firing = true;
        this.firings.push({ session, late: false });
      }
    }
    while (this.expiries.first < timestamp) this.expire(this.expiries.pop()!);
  }

  override resume(): boolean {
    if (this.lateSessions.size > 0) {
      for (const session of this.lateSessions) {
        if (session.dirty) this.firings.push({ session, late: true });
        session.dirty = false;
      }
      this.lateSessions.clear();
    }
    while (this.firingsDone < this.firings.length) {
      if (this.spec.gate.blocked) return false;
      const { session, late } = this.firings[this.firingsDone++]!;
      this.fire(session, late);
    }
    this.firings.length = 0;
    this.firingsDone = 0;
    return true;
  }

  private fire(session: Session, late: boolean): void {
    const { ports } = this.spec;
    const window = new IntervalWindow(session.start, session.end);
    const { key } = session.owner;
    const value = this.extract(session);
    const pane = this.latenessMs === 0 ? ON_TIME_AND_ONLY_PANE : defaultTriggerPane(session.panes++, late, false);
    for (const port of ports) {
      if (port.keyed) port.pushKeyed(key, value, window.maxTimestamp, window, pane);
      else port.push({ key, value }, window.maxTimestamp, window, pane);
    }
    if (!this.accumulating) this.release(session);
    if (late) return;
    session.firing = false;
    const expiry = session.end - 1 + this.latenessMs;
    if (expiry < this.watermark) this.drop(session);
    else this.expiries.push(expiry, session);
  }

  private extract(session: Session): unknown {
    const { combineFn, step } = this.spec;
    try {
      return combineFn.extractOutput(session.accumulator);
    } catch (error) {
      throw functionError(error, step, { value: { key: session.owner.key } });
    }
  }

  private release(session: Session): void {
    session.accumulator = undefined;
    if (session.epoch !== undefined) this.ledger.remove(session.epoch);
    session.epoch = undefined;
  }

  private expire(session: Session): void {
    if (session.gone || session.firing) return;
    const expiry = session.end - 1 + this.latenessMs;
    if (expiry < this.watermark && session.fired) this.drop(session);
    else if (session.fired) this.expiries.push(expiry, session);
  }

  private drop(session: Session): void {
    this.release(session);
    session.gone = true;
    const { owner } = session;
    owner.sessions.splice(owner.sessions.indexOf(session), 1);
    if (owner.sessions.length === 0) this.byKey.delete(owner.id);
  }
}
