import type { BoundedWindow, Timestamp } from '../../sdk/model/index.js';
import { OrderedList } from './ordered-list.js';

/** What is kept of a window that grows when another one meets it; that of a closed one stays as it is. */
interface Session {
  readonly window: BoundedWindow;
  readonly start: Timestamp;
  readonly isClosed: boolean;
}

/**
 * What is kept of the windows of one key where those that have an instant in common become one. So those that are open are
 * disjoint, and one is found by its place among them. Of the closed ones, which are there to drop what falls into them, only
 * those are kept that no other covers: then their ends are in the order of their starts, and the same search finds them.
 */
export class KeySessions<C extends Session> {
  private readonly open = new OrderedList<C>();
  private closed: OrderedList<C> | undefined;

  constructor(
    readonly id: unknown,
    readonly key: unknown,
  ) {}

  get isEmpty(): boolean {
    return this.open.isEmpty && (this.closed?.isEmpty ?? true);
  }

  /** Those open windows that have an instant in common with one, in their order. */
  meeting(window: BoundedWindow): C[] {
    const met: C[] = [];
    let last = this.open.lastBefore(window.end);
    while (last !== undefined && last.window.end > window.start) {
      met.push(last);
      // One that starts no later than the window is the first that can meet it.
      last = last.start > window.start ? this.open.lastBefore(last.start) : undefined;
    }
    return met.reverse();
  }

  /** A closed window that a window lies in. */
  closedAround(window: BoundedWindow): C | undefined {
    const last = this.closed?.lastUpTo(window.start);
    return last !== undefined && last.window.end >= window.end ? last : undefined;
  }

  add(cell: C): void {
    if (cell.isClosed) this.closedList().add(cell);
    else this.open.add(cell);
  }

  remove(cell: C): void {
    if (cell.isClosed) this.closed!.remove(cell);
    else this.open.remove(cell);
  }

  /** A window that was open is closed now: answers those closed ones that it covers, or itself where it is covered. */
  close(cell: C): C[] {
    this.open.remove(cell);
    const { window } = cell;
    const list = this.closedList();
    const isCovered = this.closedAround(window) !== undefined;
    const covered: C[] = [];
    let last = isCovered ? undefined : list.lastBefore(window.end);
    for (; last !== undefined && last.start >= window.start; last = list.lastBefore(last.start))
      if (last.window.end <= window.end) covered.push(last);
    // Those that start alike are not there at the same time.
    for (const each of covered) list.remove(each);
    if (!isCovered) list.add(cell);
    return isCovered ? [cell] : covered;
  }

  private closedList(): OrderedList<C> {
    this.closed ??= new OrderedList<C>();
    return this.closed;
  }

  *[Symbol.iterator](): Generator<C> {
    yield* this.open;
    if (this.closed !== undefined) yield* this.closed;
  }
}
