import type { ByteSink, ByteSource } from '../../sdk/model/coder.js';
import { type BoundedWindow, GlobalWindow, IntervalWindow, type Windows } from '../../sdk/model/window.js';

const GLOBAL = 0;
const INTERVAL = 1;
/** Bounds and the last instant, of a window function of the author's. */
const CUSTOM = 2;
const LIST = 3;

/** Interned windows beyond which the table begins anew. */
const INTERNED_WINDOWS = 256;

export function writeWindows(windows: Windows, to: ByteSink): void {
  if (!Array.isArray(windows)) {
    writeWindow(windows as BoundedWindow, to);
    return;
  }
  to.byte(LIST);
  to.varint(windows.length);
  for (const window of windows as readonly BoundedWindow[]) writeWindow(window, to);
}

function writeWindow(window: BoundedWindow, to: ByteSink): void {
  if (window === GlobalWindow.INSTANCE) {
    to.byte(GLOBAL);
    return;
  }
  const interval = window.maxTimestamp === window.end - 1;
  to.byte(interval ? INTERVAL : CUSTOM);
  to.float64(window.start);
  to.float64(window.end);
  if (!interval) to.float64(window.maxTimestamp);
}

/** Reads windows so that the same window of neighbouring batches is usually the same object, as window functions do. */
export class WindowReader {
  readonly #interned = new Map<number, BoundedWindow>();
  readonly read = (from: ByteSource): Windows => {
    const kind = from.byte();
    if (kind !== LIST) return this.#window(kind, from);
    const list: BoundedWindow[] = [];
    for (let n = from.varint(); n > 0; n--) list.push(this.#window(from.byte(), from));
    return list;
  };

  #window(kind: number, from: ByteSource): BoundedWindow {
    if (kind === GLOBAL) return GlobalWindow.INSTANCE;
    const start = from.float64();
    const end = from.float64();
    if (kind === CUSTOM) return { start, end, maxTimestamp: from.float64() };
    const known = this.#interned.get(start);
    if (known !== undefined && known.end === end) return known;
    const window = new IntervalWindow(start, end);
    if (this.#interned.size >= INTERNED_WINDOWS) this.#interned.clear();
    this.#interned.set(start, window);
    return window;
  }
}
