import type { BoundedWindow, TimeDomain, Timestamp } from '../../../sdk/model/index.js';
import { own } from '../../kernel/index.js';
import { KeyIndex } from './key-index.js';
import type { WriteTimes } from './live-cell.js';
import { LiveTimer } from './live-timer.js';

/** How the tables of a step are laid out. */
export interface TableLayout {
  readonly identity: (key: unknown) => unknown;
  /** Whether keys that are primitives are equal where they are the same. */
  readonly primitiveKeys: boolean;
  /** By cell: whether its contents are forgotten after a while. */
  readonly cells: readonly { readonly forgets: boolean }[];
  /** The families of timers, in order. */
  readonly families: readonly { readonly id: string; readonly timeDomain: TimeDomain }[];
}

/** The key of a row that is free. */
const FREE = 0;

/** The state and timers of all keys in one window, as columns by row; a key has its row as long as it has anything. */
export class StateTable {
  readonly keys: unknown[] = [];
  /** By cell. */
  readonly columns: unknown[][];
  readonly times: readonly (WriteTimes | undefined)[];
  /** By row: the epoch in which the key came, FREE where there is none. */
  private readonly epochs: number[] = [];
  private readonly free: number[] = [];
  private readonly index: KeyIndex;
  /** By family, by row: the timer without a tag. */
  private readonly plain: (LiveTimer | undefined)[][];
  /** By family, by row: those with tags. */
  private readonly tagged: Map<number, Map<string, LiveTimer>>[];
  /** Rows that have had a timer, where that matters. */
  readonly timed = new Set<number>();
  /** Timers by the clock that are set. */
  clockTimers = 0;
  /** Rows that have gone through the expiration of the window. */
  expired = 0;

  constructor(
    readonly window: BoundedWindow,
    /** The last instant at which the window is there. */
    readonly expiry: Timestamp,
    private readonly layout: TableLayout,
  ) {
    this.index = new KeyIndex(layout.identity, layout.primitiveKeys);
    this.columns = layout.cells.map(() => []);
    this.times = layout.cells.map(({ forgets }) => (forgets ? { written: [], queued: [] } : undefined));
    this.plain = layout.families.map(() => []);
    this.tagged = layout.families.map(() => new Map());
  }

  /** Rows, with those that are free. */
  get length(): number {
    return this.keys.length;
  }

  find(key: unknown): number {
    return this.index.find(key);
  }

  isTaken(row: number): boolean {
    return this.epochs[row] !== FREE;
  }

  /** Gives a key that has none a row, empty. */
  add(key: unknown, epoch: number): number {
    const held = typeof key === 'string' ? own(key) : Object.is(key, -0) ? 0 : key;
    let row = this.free.pop();
    if (row === undefined) {
      row = this.keys.length;
      for (const column of this.columns) column.push(undefined);
      for (const times of this.times) {
        times?.written.push(0);
        times?.queued.push(0);
      }
      for (const timers of this.plain) timers.push(undefined);
    }
    this.keys[row] = held;
    this.epochs[row] = epoch;
    this.index.add(held, row);
    return row;
  }

  /** Whether neither a cell holds anything for a row nor a timer is set. */
  isEmpty(row: number): boolean {
    for (const column of this.columns) if (column[row] !== undefined) return false;
    if (this.plain.length === 0) return true;
    for (const timer of this.timersOf(row)) if (timer.isSet) return false;
    return true;
  }

  /** Gives a row up; its timers must be cleared. Answers the epoch in which its key came. */
  remove(row: number): number {
    const epoch = this.epochs[row]!;
    this.index.remove(this.keys[row]);
    this.keys[row] = undefined;
    this.epochs[row] = FREE;
    this.timed.delete(row);
    for (const column of this.columns) column[row] = undefined;
    for (const timers of this.plain) timers[row] = undefined;
    for (const timers of this.tagged) timers.delete(row);
    this.free.push(row);
    return epoch;
  }

  timer(family: number, row: number, tag: string): LiveTimer | undefined {
    return tag === '' ? this.plain[family]![row] : this.tagged[family]!.get(row)?.get(tag);
  }

  addTimer(family: number, row: number, tag: string): LiveTimer {
    const { id, timeDomain } = this.layout.families[family]!;
    const timer = new LiveTimer(this, row, id, tag, timeDomain);
    if (tag === '') {
      this.plain[family]![row] = timer;
      return timer;
    }
    const byTag = this.tagged[family]!.get(row);
    if (byTag === undefined) this.tagged[family]!.set(row, new Map([[tag, timer]]));
    else byTag.set(tag, timer);
    return timer;
  }

  /** Lets go of a timer that is not set any more: its tag may never come again. */
  forgetTimer(family: number, { row, tag }: LiveTimer): void {
    const byTag = this.tagged[family]!.get(row);
    if (byTag === undefined) return;
    byTag.delete(tag);
    if (byTag.size === 0) this.tagged[family]!.delete(row);
  }

  *timersOf(row: number): Generator<LiveTimer> {
    for (const timers of this.plain) {
      const timer = timers[row];
      if (timer !== undefined) yield timer;
    }
    for (const timers of this.tagged) yield* timers.get(row)?.values() ?? [];
  }
}
