import { claimFloat64, packedValues, readFloat64s } from '../../sdk/coders/column-batch.js';
import { type BytesSource, type GrowableSink, stringUtf8Coder } from '../../sdk/coders/index.js';
import type { ByteSink, ByteSource } from '../../sdk/model/coder.js';
import { type BoundedWindow, GlobalWindow, IntervalWindow, type Windows } from '../../sdk/model/window.js';
import { WindowInterner } from '../kernel/window-interner.js';
import { readDictionary, writeDictionary } from './dictionary-column.js';

const GLOBAL = 0;
const INTERVAL = 1;
/** Bounds and the last instant, of a window function of the author's. */
const CUSTOM = 2;
const LIST = 3;
/** The same, and an id. */
const NAMED = 4;

const ID = stringUtf8Coder();

/** Forms of a column. */
const DICTIONARY = 0;
/** Intervals of one length, each element with its own. */
const STARTS = 1;
/** Intervals, each element with its own. */
const BOUNDS = 2;

/** Writes the windows of each element: the distinct ones, or their bounds where there are many. */
export function writeWindowColumn(column: readonly Windows[], from: number, to: number, sink: GrowableSink): void {
  if (changes(column, from, to) * 8 <= to - from || !areIntervals(column, from, to)) {
    sink.byte(DICTIONARY);
    writeDictionary(column, from, to, sink, writeWindows);
    return;
  }
  const span = spanOf(column, from, to);
  sink.byte(span === undefined ? BOUNDS : STARTS);
  const starts = claimFloat64(sink, to - from);
  for (let i = from; i < to; i++) starts[i - from] = column[i]!.start;
  if (span !== undefined) {
    sink.float64(span);
    return;
  }
  const ends = claimFloat64(sink, to - from);
  for (let i = from; i < to; i++) ends[i - from] = column[i]!.end;
}

function changes(column: readonly Windows[], from: number, to: number): number {
  let count = 0;
  for (let i = from + 1; i < to; i++) if (column[i] !== column[i - 1]) count++;
  return count;
}

function areIntervals(column: readonly Windows[], from: number, to: number): column is readonly IntervalWindow[] {
  for (let i = from; i < to; i++) if (!(column[i] instanceof IntervalWindow)) return false;
  return true;
}

/** The length that all of them have, or undefined where they differ. */
function spanOf(column: readonly IntervalWindow[], from: number, to: number): number | undefined {
  const first = column[from]!;
  const span = first.end - first.start;
  for (let i = from; i < to; i++) {
    const window = column[i]!;
    // Added up as the reader will: with fractions the end might not come out the same.
    if (window.start + span !== window.end) return undefined;
  }
  return span;
}

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
  const { start, end, maxTimestamp, id } = window;
  const kind = id !== undefined ? NAMED : maxTimestamp === end - 1 ? INTERVAL : CUSTOM;
  to.byte(kind);
  to.float64(start);
  to.float64(end);
  if (kind !== INTERVAL) to.float64(maxTimestamp);
  if (id !== undefined) ID.encode(id, to, true);
}

/** Reads windows so that the same window of neighbouring batches is usually the same object, as window functions do. */
export class WindowReader {
  readonly #interner = new WindowInterner();

  readColumn(from: BytesSource, length: number): Windows[] {
    const form = from.byte();
    if (form === DICTIONARY) return readDictionary(from, length, this.read);
    const starts = readFloat64s(from, length);
    const span = form === STARTS ? from.float64() : 0;
    const ends = form === STARTS ? undefined : readFloat64s(from, length);
    const column = packedValues<Windows>(length);
    let last: IntervalWindow | undefined;
    for (let i = 0; i < length; i++) {
      const start = starts[i]!;
      const end = ends === undefined ? start + span : ends[i]!;
      if (last === undefined || start !== last.start || end !== last.end) last = new IntervalWindow(start, end);
      column[i] = last;
    }
    return column;
  }

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
    const maxTimestamp = kind === INTERVAL ? end - 1 : from.float64();
    return this.#interner.intern(start, end, maxTimestamp, kind === NAMED ? ID.decode(from, true) : undefined);
  }
}
