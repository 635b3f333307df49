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

/** Writes a batch column by column. It is read in the same process, so numbers stand in the machine's own byte order. */
export function encodeBatch(batch: Batch, coder: BatchCoder, to: GrowableSink): void {
  const { length, keys, windowColumn, paneColumn, timestamps } = batch;
  const oneTimestamp = isConstant(timestamps, length);
  to.byte(
    (keys === undefined ? 0 : KEYED) |
      (windowColumn === undefined ? 0 : WINDOW_COLUMN) |
      (paneColumn === undefined ? 0 : PANE_COLUMN) |
      (oneTimestamp ? 0 : TIMESTAMP_COLUMN),
  );
  to.varint(length);
  if (oneTimestamp) to.float64(timestamps[0] ?? 0);
  else to.bytes(new Uint8Array(timestamps.buffer, timestamps.byteOffset, length * Float64Array.BYTES_PER_ELEMENT));
  if (windowColumn === undefined) writeWindows(batch.window, to);
  else writeWindowColumn(windowColumn, length, to);
  if (paneColumn === undefined) writePane(batch.pane, to);
  else writeDictionary(paneColumn, length, to, writePane);
  if (keys !== undefined) coder.keys!.encode(keys, length, to);
  coder.values.encode(batch.values, length, to);
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

function isConstant(timestamps: Float64Array, length: number): boolean {
  const first = timestamps[0];
  for (let i = 1; i < length; i++) if (timestamps[i] !== first) return false;
  return true;
}

function fill(column: unknown[], values: readonly unknown[]): void {
  for (let i = 0; i < values.length; i++) column[i] = values[i];
}
