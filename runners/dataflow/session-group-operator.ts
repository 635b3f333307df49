import {
  type BoundedWindow,
  IntervalWindow,
  ON_TIME_AND_ONLY_PANE,
  type Timestamp,
  type Windows,
} from '../../sdk/model/index.js';
import { functionError, type SnapshotReader, type SnapshotWriter } from '../kernel/index.js';
import { GroupOperator } from './group-operator.js';
import { defaultTriggerPane, type GroupSpec } from './group-spec.js';
import { TimeHeap } from './heap.js';
import { OrderedList } from './ordered-list.js';

const PART = 'session-group';
const VERSION = 1;

const FIRED = 1;
const HOLDS_ELEMENTS = 2;

interface KeySessions {
  readonly id: unknown;
  readonly key: unknown;
  /** The session of a key that has one, as most have. */
  single: Session | undefined;
  /** Of a key that has had several at a time: disjoint. */
  sessions: OrderedList<Session> | undefined;
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
      const session = this.place(this.byKey.get(id) ?? this.addKey(id, key), window);
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

  private addKey(id: unknown, key: unknown): KeySessions {
    const owner = { id, key, single: undefined, sessions: undefined };
    this.byKey.set(id, owner);
    return owner;
  }

  /** The session that the window falls into, grown by it and merged with those that it touches now. */
  private place(owner: KeySessions, window: BoundedWindow): Session {
    const { single } = owner;
    if (single === undefined) return this.placeAmong(owner, window);
    if (window.start < single.end && single.start < window.end) {
      this.grow(single, window);
      return single;
    }
    owner.sessions = new OrderedList(single);
    owner.single = undefined;
    return this.placeAmong(owner, window);
  }

  private placeAmong(owner: KeySessions, window: BoundedWindow): Session {
    const { sessions } = owner;
    const candidate = sessions?.lastBefore(window.end);
    if (sessions === undefined || candidate === undefined || candidate.end <= window.start) {
      const session = this.open(owner, window, window.maxTimestamp < this.watermark);
      if (sessions === undefined) owner.single = session;
      else sessions.add(session);
      return session;
    }
    let session = candidate;
    const others: Session[] = [];
    // Only what begins before the session can touch one before it.
    while (window.start < session.start) {
      const before = sessions.lastBefore(session.start);
      if (before === undefined || before.end <= window.start) break;
      others.push(session);
      session = before;
    }
    if (others.length > 0) this.merge(sessions, session, others.reverse());
    this.grow(session, window);
    return session;
  }

  private grow(session: Session, window: BoundedWindow): void {
    if (window.start < session.start) session.start = window.start;
    if (window.end > session.end) session.end = window.end;
    if (session.fired && session.end - 1 >= this.watermark) {
      // It has grown past the watermark: it will be on time once more.
      session.fired = false;
      this.timers.push(session.end - 1, session);
    }
  }

  /** `fired`: late from its first element on. */
  private open(owner: KeySessions, { start, end }: Pick<BoundedWindow, 'start' | 'end'>, fired: boolean): Session {
    const session: Session = {
      owner,
      start,
      end,
      accumulator: undefined,
      epoch: undefined,
      panes: 0,
      fired,
      dirty: false,
      firing: false,
      gone: false,
    };
    if (fired) this.expiries.push(end - 1 + this.latenessMs, session);
    else this.timers.push(end - 1, session);
    return session;
  }

  private merge(sessions: OrderedList<Session>, into: Session, others: readonly Session[]): void {
    const { combineFn } = this.spec;
    for (const other of others) {
      sessions.remove(other);
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
        into.epoch = this.ledger.join(into.epoch, other.epoch);
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
    const { id, sessions } = session.owner;
    sessions?.remove(session);
    if (sessions === undefined || sessions.isEmpty) this.byKey.delete(id);
  }

  protected override save(to: SnapshotWriter): void {
    const { coding } = this.spec;
    const part = to.part(PART, VERSION);
    for (const owner of this.byKey.values()) {
      const { key, single, sessions } = owner;
      const group = coding.keyGroup(key);
      for (const session of sessions ?? [single!])
        part.entry(group, (sink) => {
          coding.writeKey(key, sink);
          sink.float64(session.start);
          sink.float64(session.end);
          sink.byte((session.fired ? FIRED : 0) | (session.epoch === undefined ? 0 : HOLDS_ELEMENTS));
          sink.varint(session.panes);
          if (session.epoch !== undefined) coding.writeAccumulator(session.accumulator, sink);
        });
    }
  }

  protected override load(snapshot: SnapshotReader): void {
    const { coding, identity } = this.spec;
    for (const { from } of snapshot.part(PART, VERSION)) {
      const key = coding.readKey(from);
      const id = typeof key === 'number' ? key : identity(key);
      const owner = this.byKey.get(id) ?? this.addKey(id, key);
      const start = from.float64();
      const end = from.float64();
      const flags = from.byte();
      const session = this.open(owner, { start, end }, (flags & FIRED) !== 0);
      session.panes = from.varint();
      if ((flags & HOLDS_ELEMENTS) !== 0) {
        session.accumulator = coding.readAccumulator(from);
        session.epoch = this.ledger.add();
      }
      if (owner.sessions !== undefined) owner.sessions.add(session);
      else if (owner.single === undefined) owner.single = session;
      else {
        owner.sessions = new OrderedList(owner.single);
        owner.single = undefined;
        owner.sessions.add(session);
      }
    }
  }
}
