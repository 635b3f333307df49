import { type BoundedWindow, sameWindow, type Timestamp } from '../../sdk/model/index.js';

/** Windows of one place are looked through. */
const placeOf = ({ id, end }: BoundedWindow): Timestamp | string => id ?? end;

/** What is kept for windows, found by their bounds and id. */
export class WindowMap<T extends { readonly window: BoundedWindow }> {
  /** By id, or by end where there is none: mostly one window each. */
  private readonly places = new Map<Timestamp | string, T[]>();

  get isEmpty(): boolean {
    return this.places.size === 0;
  }

  get(window: BoundedWindow): T | undefined {
    return this.places.get(placeOf(window))?.find((each) => sameWindow(each.window, window));
  }

  add(entry: T): void {
    const place = placeOf(entry.window);
    const same = this.places.get(place);
    if (same === undefined) this.places.set(place, [entry]);
    else same.push(entry);
  }

  remove(entry: T): void {
    const place = placeOf(entry.window);
    const same = this.places.get(place);
    if (same === undefined || !same.includes(entry)) return;
    if (same.length === 1) this.places.delete(place);
    else same.splice(same.indexOf(entry), 1);
  }

  *[Symbol.iterator](): Generator<T> {
    for (const same of this.places.values()) yield* same;
  }
}
