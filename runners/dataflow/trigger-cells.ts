import { type BoundedWindow, IntervalWindow, sameWindow } from '../../sdk/model/index.js';
import { functionError, type TriggerState, type WindowMerger } from '../kernel/index.js';
import type { EpochLedger } from './epoch-ledger.js';
import type { GroupSpec } from './group-spec.js';
import { KeySessions } from './key-sessions.js';
import { KeyWindows } from './key-windows.js';
import { type CellOwner, TriggerCell } from './trigger-cell.js';
import type { SavedCell } from './trigger-snapshot.js';

/** What happens to cells that the keeper of their timers and triggers has to do its part in. */
export interface CellEvents {
  begin(): TriggerState;
  /** A window was opened, or has become another. */
  opened(cell: TriggerCell): void;
  /** The windows of `others` and of `into` become that of `into`, whose state is merged here. */
  joined(into: TriggerCell, others: readonly TriggerCell[]): void;
  /** The cell is kept no more. */
  removed(cell: TriggerCell): void;
}

/** The windows of every key with their accumulators; where windows merge, accumulators do. */
export class TriggerCells {
  private readonly byKey = new Map<unknown, CellOwner>();

  constructor(
    private readonly spec: Pick<GroupSpec, 'combineFn' | 'precombined' | 'identity' | 'step'>,
    private readonly merger: WindowMerger | undefined,
    private readonly ledger: EpochLedger,
    private readonly events: CellEvents,
  ) {}

  *[Symbol.iterator](): Generator<TriggerCell> {
    for (const owner of this.byKey.values()) yield* owner;
  }

  ownerOf(key: unknown): CellOwner {
    const id = typeof key === 'number' ? key : this.spec.identity(key);
    let owner = this.byKey.get(id);
    if (owner === undefined) {
      const Owner = this.merger?.joinsIntersecting === true ? KeySessions<TriggerCell> : KeyWindows<TriggerCell>;
      owner = new Owner(id, Object.is(key, -0) ? 0 : key);
      this.byKey.set(id, owner);
    }
    return owner;
  }

  /** The cell that an element of a window goes into; it may be closed. */
  cellOf(key: unknown, window: BoundedWindow): TriggerCell {
    const owner = this.ownerOf(key);
    if (owner instanceof KeySessions) return this.sessionOf(owner, window);
    const cell = owner.get(window);
    if (this.merger === undefined || owner.isEmpty) return cell ?? this.open(owner, window);
    return cell?.isClosed === false ? cell : this.merged(owner, window, this.merger);
  }

  private open(owner: CellOwner, window: BoundedWindow): TriggerCell {
    const cell = new TriggerCell(owner, window, this.events.begin());
    owner.add(cell);
    this.events.opened(cell);
    return cell;
  }

  /** As {@link merged}, of windows that merge where they have an instant in common: only those are looked at. */
  private sessionOf(owner: KeySessions<TriggerCell>, window: BoundedWindow): TriggerCell {
    const met = owner.meeting(window);
    if (met.length === 0) return owner.closedAround(window) ?? this.open(owner, window);
    const first = met[0]!.window;
    const start = Math.min(window.start, first.start);
    const end = Math.max(window.end, met.at(-1)!.window.end);
    return this.join(met, start === first.start && end === first.end ? first : new IntervalWindow(start, end));
  }

  /** Closed windows are what they are: those that are open merge, with each other and with the new one. */
  private merged(owner: KeyWindows<TriggerCell>, window: BoundedWindow, merger: WindowMerger): TriggerCell {
    const open = [...owner].filter((cell) => !cell.isClosed).sort((a, b) => inOrder(a.window, b.window));
    let target = window;
    let found: TriggerCell | undefined;
    const windows = [...open.map((cell) => cell.window), window].sort(inOrder);
    for (const { from, to } of windows.length === 1 ? [] : merger.merge(windows)) {
      const isIn = (each: BoundedWindow): boolean => from.some((other) => sameWindow(each, other));
      const members = open.filter((cell) => isIn(cell.window));
      const joined = members.length === 0 ? undefined : this.join(members, to);
      if (!isIn(window)) continue;
      target = to;
      found = joined;
    }
    return found ?? owner.get(target) ?? closedAround(owner, target, merger) ?? this.open(owner, target);
  }

  private join(cells: readonly TriggerCell[], to: BoundedWindow): TriggerCell {
    const [into, ...others] = cells as readonly [TriggerCell, ...TriggerCell[]];
    if (others.length === 0 && sameWindow(into.window, to)) return into;
    const { owner } = into;
    for (const other of others) {
      this.mergeAccumulator(into, other);
      into.fresh += other.fresh;
      owner.remove(other);
    }
    owner.remove(into);
    into.window = to;
    owner.add(into);
    this.events.joined(into, others);
    for (const other of others) this.events.removed(other);
    this.events.opened(into);
    return into;
  }

  private mergeAccumulator(into: TriggerCell, other: TriggerCell): void {
    if (other.epoch === undefined) return;
    if (into.epoch === undefined) {
      into.accumulator = other.accumulator;
      into.epoch = other.epoch;
      return;
    }
    const { combineFn, step } = this.spec;
    try {
      into.accumulator = combineFn.mergeAccumulators(into.accumulator, other.accumulator);
    } catch (error) {
      throw functionError(error, step, { value: { key: into.owner.key } });
    }
    into.epoch = this.ledger.join(into.epoch, other.epoch);
  }

  /** Takes an element, or the accumulator of some, into a cell. */
  fold(cell: TriggerCell, value: unknown): void {
    const { combineFn, precombined, step } = this.spec;
    try {
      if (cell.epoch === undefined) {
        cell.accumulator = combineFn.createAccumulator();
        cell.epoch = this.ledger.add();
      }
      cell.accumulator = precombined
        ? combineFn.mergeAccumulators(cell.accumulator, value)
        : combineFn.addInput(cell.accumulator, value);
    } catch (error) {
      throw functionError(error, step, { value: { key: cell.owner.key, value } });
    }
  }

  /** What the elements of a cell come to; where it has none, what none come to. */
  extract(cell: TriggerCell): unknown {
    const { combineFn, step } = this.spec;
    try {
      return combineFn.extractOutput(cell.epoch === undefined ? combineFn.createAccumulator() : cell.accumulator);
    } catch (error) {
      throw functionError(error, step, { value: { key: cell.owner.key } });
    }
  }

  /** Lets go of the elements. */
  release(cell: TriggerCell): void {
    cell.accumulator = undefined;
    if (cell.epoch !== undefined) this.ledger.remove(cell.epoch);
    cell.epoch = undefined;
  }

  /** A cell as it was written down: its elements count as of now. */
  restore({ key, window, trigger, accumulator, fresh, panes, ended }: SavedCell): TriggerCell {
    const cell = new TriggerCell(this.ownerOf(key), window, trigger);
    if (accumulator !== undefined) {
      cell.accumulator = accumulator.value;
      cell.epoch = this.ledger.add();
    }
    cell.fresh = fresh;
    cell.ended = ended;
    Object.assign(cell.panes, panes);
    cell.owner.add(cell);
    return cell;
  }

  /** The trigger of a cell has finished: what comes for its window from now on is dropped. */
  close(cell: TriggerCell): void {
    cell.trigger = undefined;
    const { owner } = cell;
    if (!(owner instanceof KeySessions)) return;
    for (const covered of owner.close(cell)) this.discard(covered);
  }

  remove(cell: TriggerCell): void {
    cell.owner.remove(cell);
    this.discard(cell);
  }

  private discard(cell: TriggerCell): void {
    const { owner } = cell;
    this.release(cell);
    if (owner.isEmpty) this.byKey.delete(owner.id);
    this.events.removed(cell);
  }
}

/** A closed window that another one would have been a part of. */
function closedAround(
  owner: KeyWindows<TriggerCell>,
  window: BoundedWindow,
  merger: WindowMerger,
): TriggerCell | undefined {
  for (const cell of owner) {
    if (!cell.isClosed) continue;
    const merged = merger.merge([cell.window, window].sort(inOrder));
    if (merged.some(({ to }) => sameWindow(to, cell.window))) return cell;
  }
  return undefined;
}

function inOrder(a: BoundedWindow, b: BoundedWindow): number {
  return a.start - b.start || a.end - b.end;
}
