import { keyForm, keyIdentity } from '../../../sdk/coders/index.js';
import type { BoundedWindow, Coder, StateKind, TimeDomain, Timestamp } from '../../../sdk/model/index.js';
import { type StateHost, windowExpiry } from '../../kernel/index.js';
import type { EpochLedger } from '../epoch-ledger.js';
import { TimeHeap } from '../heap.js';
import { LiveMap, LiveMultimap, LiveSet } from './keyed-cells.js';
import type { CellSpec, LiveCell, OnWritten } from './live-cell.js';
import { type LiveTimer, LiveTimers } from './live-timer.js';
import { LiveBag, LiveCombining, LiveOrderedList, LiveValue } from './plain-cells.js';
import { NO_ROW, Selection } from './selection.js';
import { StateTable, type TableLayout } from './state-table.js';

export interface LiveStateSpec {
  readonly cells: readonly CellSpec[];
  readonly families: readonly { readonly id: string; readonly timeDomain: TimeDomain }[];
  readonly keyCoder: Coder<unknown>;
  readonly allowedLatenessMs: number;
  /** Whether keys that have had a timer are told when their window expires. */
  readonly expires: boolean;
  readonly ledger: EpochLedger;
  /** Processing time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** What is written in a cell that forgets, and has to be looked at again. */
interface Forgettable {
  readonly cell: number;
  readonly table: StateTable;
  readonly row: number;
}

type AnyCell = LiveCell<unknown>;

const CELLS: Record<
  StateKind,
  new (
    spec: CellSpec,
    place: Selection,
    onWritten: OnWritten,
  ) => { use: AnyCell['use']; encode: AnyCell['encode']; decode: AnyCell['decode'] }
> = {
  value: LiveValue,
  bag: LiveBag,
  combining: LiveCombining,
  map: LiveMap,
  set: LiveSet,
  orderedList: LiveOrderedList,
  multimap: LiveMultimap,
};

/** Nothing that a key could be. */
const NO_KEY = Symbol('no key');

/**
 * State and timers as live objects: window → table of the keys. A key that has nothing left is forgotten, and a window with
 * all its keys when it expires.
 */
export class LiveState implements StateHost {
  readonly cells: Readonly<Record<string, AnyCell>>;
  readonly timers = new LiveTimers();
  /** By the last instant at which they are there. */
  readonly expiries = new TimeHeap<StateTable>();
  /** Timers by the clock are set no more: time is at its end. */
  isEnding = false;
  /** How many of these were refused. */
  refused = 0;
  private readonly place = new Selection();
  private readonly list: readonly AnyCell[];
  private readonly layout: TableLayout;
  private readonly families: ReadonlyMap<string, number>;
  /** By the ends of their windows. */
  private readonly tables = new Map<Timestamp, StateTable[]>();
  private table: StateTable | undefined;
  private window: BoundedWindow | undefined;
  private key: unknown = NO_KEY;
  private readonly forgettable = new TimeHeap<Forgettable>();
  private readonly forgets: boolean;

  constructor(private readonly spec: LiveStateSpec) {
    const { cells, families, keyCoder } = spec;
    const onWritten: OnWritten = (cell, row) => this.remember(this.list.indexOf(cell), row);
    this.list = cells.map((cell) => new CELLS[cell.kind](cell, this.place, onWritten) as AnyCell);
    this.cells = Object.fromEntries(cells.map(({ id }, i) => [id, this.list[i]!]));
    this.families = new Map(families.map(({ id }, i) => [id, i]));
    this.forgets = cells.some(({ ttlMs }) => ttlMs !== undefined);
    this.layout = {
      identity: keyIdentity(keyCoder),
      primitiveKeys: keyForm(keyCoder).primitives,
      cells: cells.map(({ ttlMs }) => ({ forgets: ttlMs !== undefined })),
      families,
    };
  }

  now(): number {
    return this.spec.now();
  }

  /** Looks at the clock, for what is forgotten: once for what is done in one go. */
  tick(): void {
    if (this.forgets) this.place.now = this.spec.now();
  }

  select(key: unknown, window: BoundedWindow): void {
    if (window !== this.window) this.enter(window);
    if (key === this.key) return;
    const { place } = this;
    if (place.isSuspect) this.leaveRow();
    const table = this.table!;
    const row = table.find(key);
    this.key = key;
    if (row >= 0) {
      place.row = row;
      return;
    }
    place.row = table.add(key, this.spec.ledger.add());
    // Nothing may be written.
    place.isSuspect = true;
  }

  /** Nothing is selected any more. */
  leave(): void {
    if (this.place.isSuspect) this.leaveRow();
    this.place.row = NO_ROW;
    this.key = NO_KEY;
  }

  setTimer(family: string, tag: string, firing: Timestamp, output: Timestamp): void {
    const { table, place } = this;
    const index = this.families.get(family)!;
    if (this.isEnding && this.spec.families[index]!.timeDomain === 'PROCESSING_TIME') {
      this.refused++;
      return;
    }
    const timer = table!.timer(index, place.row, tag) ?? table!.addTimer(index, place.row, tag);
    this.timers.set(timer, firing, output);
    if (this.spec.expires) table!.timed.add(place.row);
  }

  clearTimer(family: string, tag: string): void {
    const { table, place } = this;
    const index = this.families.get(family)!;
    const timer = table!.timer(index, place.row, tag);
    if (timer !== undefined) this.putDown(timer);
  }

  /** After a timer was cleared, or has fired and was not set again. */
  putDown(timer: LiveTimer): void {
    this.timers.clear(timer);
    if (timer.tag !== '') timer.table.forgetTimer(this.families.get(timer.family)!, timer);
    this.place.isSuspect = true;
  }

  /** Gives up all that a key of a window has. */
  forget(table: StateTable, row: number): void {
    for (const timer of table.timersOf(row)) this.timers.clear(timer);
    this.spec.ledger.remove(table.remove(row));
  }

  /** Gives up a window with all its keys. */
  drop(table: StateTable): void {
    this.leave();
    for (let row = 0; row < table.length; row++) if (table.isTaken(row)) this.forget(table, row);
    const sameEnd = this.tables.get(table.window.end)!;
    if (sameEnd.length === 1) this.tables.delete(table.window.end);
    else sameEnd.splice(sameEnd.indexOf(table), 1);
    this.table = undefined;
    this.window = undefined;
  }

  *allTables(): Generator<StateTable> {
    for (const tables of this.tables.values()) yield* tables;
  }

  /** Of a cell that is declared, by its id. */
  indexOf(id: string): number {
    return this.list.findIndex(({ spec }) => spec.id === id);
  }

  cellAt(index: number): AnyCell {
    return this.list[index]!;
  }

  /** When something may be forgotten; infinite where nothing is to be. */
  get firstForgotten(): Timestamp {
    return this.forgettable.first;
  }

  /** Forgets what was not written for too long. Nothing is selected afterwards. */
  forgetOld(): void {
    this.leave();
    this.tick();
    const { now } = this.place;
    while (this.forgettable.first <= now) {
      const time = this.forgettable.first;
      const entry = this.forgettable.pop()!;
      const { cell, table, row } = entry;
      const times = table.times[cell]!;
      if (times.queued[row] !== time) continue;
      times.queued[row] = 0;
      if (table.columns[cell]![row] === undefined) continue;
      const until = times.written[row]! + this.list[cell]!.ttlMs;
      if (until > now) {
        times.queued[row] = until;
        this.forgettable.push(until, entry);
        continue;
      }
      table.columns[cell]![row] = undefined;
      this.removeIfEmpty(table, row);
    }
  }

  /** The key that is selected has had a timer. */
  markTimed(): void {
    this.table!.timed.add(this.place.row);
  }

  /** Puts back what a cell held for the key that is selected, and when it was written. */
  restoreCell(cell: number, content: unknown, written: number): void {
    const { table, place } = this;
    table!.columns[cell]![place.row] = content;
    const times = table!.times[cell];
    if (times === undefined) return;
    times.written[place.row] = written;
    this.remember(cell, place.row);
  }

  private remember(cell: number, row: number): void {
    const table = this.table!;
    const times = table.times[cell]!;
    const until = times.written[row]! + this.list[cell]!.ttlMs;
    times.queued[row] = until;
    this.forgettable.push(until, { cell, table, row });
  }

  private leaveRow(): void {
    const { place } = this;
    place.isSuspect = false;
    if (place.row === NO_ROW) return;
    this.removeIfEmpty(this.table!, place.row);
    this.key = NO_KEY;
    place.row = NO_ROW;
  }

  private removeIfEmpty(table: StateTable, row: number): void {
    if (table.isTaken(row) && table.isEmpty(row) && !table.timed.has(row)) this.forget(table, row);
  }

  private enter(window: BoundedWindow): void {
    this.leave();
    this.window = window;
    const before = this.table;
    const table = this.find(window) ?? this.open(window);
    if (table === before) return;
    this.table = table;
    for (let i = 0; i < this.list.length; i++) this.list[i]!.use(table.columns[i]!, table.times[i]);
  }

  private find({ start, end, id }: BoundedWindow): StateTable | undefined {
    return this.tables.get(end)?.find(({ window }) => window.start === start && window.id === id);
  }

  private open(window: BoundedWindow): StateTable {
    const table = new StateTable(window, windowExpiry(window, this.spec.allowedLatenessMs), this.layout);
    const sameEnd = this.tables.get(window.end);
    if (sameEnd === undefined) this.tables.set(window.end, [table]);
    else sameEnd.push(table);
    this.expiries.push(table.expiry, table);
    return table;
  }
}
