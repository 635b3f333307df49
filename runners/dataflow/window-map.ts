import { type BoundedWindow, sameWindow, type Timestamp } from '../../sdk/model/index.js';

/** What is kept for windows, found by their bounds and id. */
export class WindowMap<T extends { readonly window: BoundedWindow }> {
  /** By end: mostly one window each. */
  private readonly byEnd = new Map<Timestamp, T[]>();

  get isEmpty(): boolean {
    return this.byEnd.size === 0;
  }

  get(window: BoundedWindow): T | undefined {
    return this.byEnd.get(window.end)?.find((each) => sameWindow(each.window, window));
  }

  add(entry: T): void {
    const sameEnd = this.byEnd.get(entry.window.end);
    if (sameEnd === undefined) this.byEnd.set(entry.window.end, [entry]);
    else sameEnd.push(entry);
  }

  remove(entry: T): void {
    const sameEnd = this.byEnd.get(entry.window.end);
    if (sameEnd === undefined || !sameEnd.includes(entry)) return;
    if (sameEnd.length === 1) this.byEnd.delete(entry.window.end);
    else sameEnd.splice(sameEnd.indexOf(entry), 1);
  }

  *[Symbol.iterator](): Generator<T> {
    for (const sameEnd of this.byEnd.values()) yield* sameEnd;
  }
}
