import { type BoundedWindow, GLOBAL_WINDOW_MAX_TIMESTAMP, type Timestamp } from '../../sdk/model/index.js';

interface Windowed {
  readonly window: BoundedWindow;
}

/** What is kept of the windows of one key. */
export class KeyWindows<C extends Windowed> {
  /** By end: a key that has many windows has few of one end. */
  private readonly byEnd = new Map<Timestamp, C[]>();

  constructor(
    readonly id: unknown,
    readonly key: unknown,
  ) {}

  get isEmpty(): boolean {
    return this.byEnd.size === 0;
  }

  find(window: BoundedWindow): C | undefined {
    return this.byEnd.get(window.end)?.find((cell) => sameWindow(cell.window, window));
  }

  add(cell: C): void {
    const { end } = cell.window;
    const same = this.byEnd.get(end);
    if (same === undefined) this.byEnd.set(end, [cell]);
    else same.push(cell);
  }

  remove(cell: C): void {
    const { end } = cell.window;
    const same = this.byEnd.get(end)!;
    if (same.length === 1) this.byEnd.delete(end);
    else same.splice(same.indexOf(cell), 1);
  }

  filter(predicate: (cell: C) => boolean): C[] {
    const found: C[] = [];
    for (const cells of this.byEnd.values()) for (const cell of cells) if (predicate(cell)) found.push(cell);
    return found;
  }

  *[Symbol.iterator](): Generator<C> {
    for (const cells of this.byEnd.values()) yield* cells;
  }
}

export function sameWindow(a: BoundedWindow, b: BoundedWindow): boolean {
  return a === b || (a.start === b.start && a.end === b.end && a.id === b.id);
}

/** The last instant at which a window takes elements: no later than that of the global window, or it would never come. */
export function expiryOf(window: BoundedWindow, latenessMs: number): Timestamp {
  return Math.min(window.maxTimestamp + latenessMs, GLOBAL_WINDOW_MAX_TIMESTAMP);
}
