import { type BoundedWindow, type Timestamp, windowOf } from '../../sdk/model/index.js';

/** Windows beyond which the table begins anew. */
const MOST = 256;

/** Answers the same object for the same window, mostly: of neighbouring elements always. */
export class WindowInterner {
  /** By id, or by start where there is none. */
  private readonly known = new Map<Timestamp | string, BoundedWindow>();

  intern(start: Timestamp, end: Timestamp, maxTimestamp: Timestamp, id: string | undefined): BoundedWindow {
    const name = id ?? start;
    const known = this.known.get(name);
    if (known !== undefined && known.end === end && known.start === start && known.maxTimestamp === maxTimestamp)
      return known;
    const window = windowOf(start, end, maxTimestamp, id);
    if (this.known.size >= MOST) this.known.clear();
    this.known.set(name, window);
    return window;
  }
}
