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

/**
 * Writes the elements [from … to) of a batch column by column. They are read in the same process, so numbers stand in
 * the machine's own byte order.
 */
export function encodeBatch(batch: Batch, from: number, to: number, coder: BatchCoder, sink: GrowableSink): void {
  const { keys, windowColumn, paneColumn } = batch;
  const timestamps = batch.timestamps.subarray(from, to);
  const oneTimestamp = isConstant(timestamps);
  sink.byte(
    (keys === undefined ? 0 : KEYED) |
      (windowColumn === undefined ? 0 : WINDOW_COLUMN) |
      (paneColumn === undefined ? 0 : PANE_COLUMN) |
      (oneTimestamp ? 0 : TIMESTAMP_COLUMN),
  );
  sink.varint(to - from);
  if (oneTimestamp) sink.float64(timestamps[0] ?? 0);
  else sink.bytes(new Uint8Array(timestamps.buffer, timestamps.byteOffset, timestamps.byteLength));
  if (windowColumn === undefined) writeWindows(batch.window, sink);
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
    const batch = new Batch((flags & KEYED) !== 0, length);
    if ((flags & TIMESTAMP_COLUMN) === 0) batch.timestamps.fill(from.float64());
    else new Uint8Array(batch.timestamps.buffer).set(from.bytes(length * Float64Array.BYTES_PER_ELEMENT));
    if ((flags & WINDOW_COLUMN) === 0) batch.window = this.#windows.read(from);
    else batch.windowColumn = this.#windows.readColumn(from, length);
    if ((flags & PANE_COLUMN) === 0) batch.pane = readPane(from);
    else batch.paneColumn = readDictionary(from, length, readPane);
    if (batch.keys !== undefined) fill(batch.keys, this.#coder.keys!.decode(from, length));
    fill(batch.values, this.#coder.values.decode(from, length));
    batch.length = length;
    return batch;
  }
}

function isConstant(timestamps: Float64Array): boolean {
  const first = timestamps[0];
  for (let i = 1; i < timestamps.length; i++) if (timestamps[i] !== first) return false;
  return true;
}

function fill(column: unknown[], values: readonly unknown[]): void {
  for (let i = 0; i < values.length; i++) column[i] = values[i];
}
