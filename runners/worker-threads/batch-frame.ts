import { claimFloat64, readFloat64s } from '../../sdk/coders/column-batch.js';
import type { BytesSource, GrowableSink } from '../../sdk/coders/index.js';
import { Batch } from '../kernel/batch.js';
import type { ColumnCoder } from './column-coder.js';
import { readDictionary, writeDictionary } from './dictionary-column.js';
import { readPane, writePane } from './pane-column.js';
import { WindowReader, writeWindowColumn, writeWindows } from './window-column.js';

/** The columns of a batch of one PCollection; `keys` where its batches are keyed. */
export interface BatchCoder {
  readonly keys?: ColumnCoder;
  readonly values: ColumnCoder;
}

const KEYED = 1;
const WINDOW_COLUMN = 2;
const PANE_COLUMN = 4;
const TIMESTAMP_COLUMN = 8;
const WINDOW_SPAN = 16;

/**
 * Writes the elements [from … to) of a batch column by column. They are read in the same process, so numbers stand in
 * the machine's own byte order.
 */
export function encodeBatch(batch: Batch, from: number, to: number, coder: BatchCoder, sink: GrowableSink): void {
  const { keys, windowSpan, paneColumn } = batch;
  const windowColumn = windowSpan === undefined ? batch.windowColumn : undefined;
  const timestamps = batch.timestamps.subarray(from, to);
  const oneTimestamp = isConstant(timestamps);
  sink.byte(
    (keys === undefined ? 0 : KEYED) |
      (windowSpan === undefined ? 0 : WINDOW_SPAN) |
      (windowColumn === undefined ? 0 : WINDOW_COLUMN) |
      (paneColumn === undefined ? 0 : PANE_COLUMN) |
      (oneTimestamp ? 0 : TIMESTAMP_COLUMN),
  );
  sink.varint(to - from);
  if (oneTimestamp) sink.float64(timestamps[0] ?? 0);
  else claimFloat64(sink, timestamps.length).set(timestamps);
  if (windowSpan !== undefined) sink.float64(windowSpan);
  else if (windowColumn === undefined) writeWindows(batch.window, sink);
  else writeWindowColumn(windowColumn, from, to, sink);
  if (paneColumn === undefined) writePane(batch.pane, sink);
  else writeDictionary(paneColumn, from, to, sink, writePane);
  if (keys !== undefined) coder.keys!.encode(keys, from, to, sink);
  coder.values.encode(batch.values, from, to, sink);
}

/** Reads what {@link encodeBatch} has written; one decoder for each channel. */
export class BatchDecoder {
  readonly #coder: BatchCoder;
  readonly #windows = new WindowReader();

  constructor(coder: BatchCoder) {
    this.#coder = coder;
  }

  decode(from: BytesSource): Batch {
    const flags = from.byte();
    const length = from.varint();
    const timestamps = this.#timestamps(flags, length, from);
    const windowSpan = (flags & WINDOW_SPAN) === 0 ? undefined : from.float64();
    const windowColumn = (flags & WINDOW_COLUMN) === 0 ? undefined : this.#windows.readColumn(from, length);
    const isShared = windowSpan === undefined && windowColumn === undefined;
    const window = isShared ? this.#windows.read(from) : undefined;
    const pane = (flags & PANE_COLUMN) === 0 ? readPane(from) : undefined;
    const paneColumn = pane === undefined ? readDictionary(from, length, readPane) : undefined;
    const keys = (flags & KEYED) === 0 ? undefined : this.#coder.keys!.decode(from, length);
    const values = this.#coder.values.decode(from, length);
    const batch = Batch.of({ values, keys, timestamps });
    if (window !== undefined) batch.window = window;
    else if (windowColumn !== undefined) batch.windowColumn = windowColumn;
    else batch.windowSpan = windowSpan;
    if (pane !== undefined) batch.pane = pane;
    else batch.paneColumn = paneColumn;
    return batch;
  }

  #timestamps(flags: number, length: number, from: BytesSource): Float64Array {
    if ((flags & TIMESTAMP_COLUMN) !== 0) return readFloat64s(from, length);
    return new Float64Array(length).fill(from.float64());
  }
}

function isConstant(timestamps: Float64Array): boolean {
  const first = timestamps[0];
  for (let i = 1; i < timestamps.length; i++) if (timestamps[i] !== first) return false;
  return true;
}
