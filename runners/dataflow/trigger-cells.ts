import type { BoundedWindow } from '../../sdk/model/index.js';
import { functionError, type TriggerState, type WindowMerger } from '../kernel/index.js';
import type { EpochLedger } from './epoch-ledger.js';
import type { GroupSpec } from './group-spec.js';
import { KeyWindows, sameWindow } from './key-windows.js';
import { TriggerCell } from './trigger-cell.js';
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
  private readonly byKey = new Map<unknown, KeyWindows<TriggerCell>>();

  constructor(
    private readonly spec: Pick<GroupSpec, 'combineFn' | 'precombined' | 'identity' | 'step'>,
    private readonly merger: WindowMerger | undefined,
    private readonly ledger: EpochLedger,
    private readonly events: CellEvents,
  ) {}

  *[Symbol.iterator](): Generator<TriggerCell> {
    for (const owner of this.byKey.values()) yield* owner;
  }

  ownerOf(key: unknown): KeyWindows<TriggerCell> {
    const id = typeof key === 'number' ? key : this.spec.identity(key);
    let owner = this.byKey.get(id);
    if (owner === undefined) {
      owner = new KeyWindows(id, Object.is(key, -0) ? 0 : key);
      this.byKey.set(id, owner);
    }
    return owner;
  }

  /** The cell that an element of a window goes into; it may be closed. */
  cellOf(key: unknown, window: BoundedWindow): TriggerCell {
    const owner = this.ownerOf(key);
    const cell = owner.find(window);
    if (cell !== undefined) return cell;
    if (this.merger === undefined || owner.isEmpty) return this.open(owner, window);
    return this.merged(owner, window, this.merger);
  }

  private open(owner: KeyWindows<TriggerCell>, window: BoundedWindow): TriggerCell {
    const cell = new TriggerCell(owner, window, this.events.begin());
    owner.add(cell);
    this.events.opened(cell);
    return cell;
  }

  /** Closed windows are what they are: those that are open merge, with each other and with the new one. */
  private merged(owner: KeyWindows<TriggerCell>, window: BoundedWindow, merger: WindowMerger): TriggerCell {
    // Of a key that has many sessions only these may become one with the new one: they are apart from each other.
    const open = near(owner, window, merger)
      .filter((cell) => !cell.isClosed)
      .sort((a, b) => inOrder(a.window, b.window));
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
    return found ?? owner.find(target) ?? closedAround(owner, target, merger) ?? this.open(owner, target);
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
    this.ledger.remove(Math.max(into.epoch, other.epoch));
    into.epoch = Math.min(into.epoch, other.epoch);
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

  remove(cell: TriggerCell): void {
    const { owner } = cell;
    this.release(cell);
    owner.remove(cell);
    if (owner.isEmpty) this.byKey.delete(owner.id);
    this.events.removed(cell);
  }
}

/** The windows of a key that may have to do with another one. */
function near(owner: KeyWindows<TriggerCell>, { start, end }: BoundedWindow, merger: WindowMerger): TriggerCell[] {
  if (!merger.joinsOnlyIntersecting) return [...owner];
  return owner.filter(({ window }) => window.start < end && start < window.end);
}

/** A closed window that another one would have been a part of. */
function closedAround(
  owner: KeyWindows<TriggerCell>,
  window: BoundedWindow,
  merger: WindowMerger,
): TriggerCell | undefined {
  for (const cell of near(owner, window, merger)) {
    if (!cell.isClosed) continue;
    const merged = merger.merge([cell.window, window].sort(inOrder));
    if (merged.some(({ to }) => sameWindow(to, cell.window))) return cell;
  }
  return undefined;
}

function inOrder(a: BoundedWindow, b: BoundedWindow): number {
  return a.start - b.start || a.end - b.end;
}
