import {
  type BoundedWindow,
  type ByteSink,
  type ByteSource,
  MIN_TIMESTAMP,
  type Timestamp,
} from '../../sdk/model/index.js';
import { NO_INSTANT, type SnapshotReader, type SnapshotWriter, type TriggerState } from '../kernel/index.js';
import { type GroupCoding, readWatermark, readWindow, writeWatermark, writeWindow } from './group-coding.js';
import type { TriggerCell } from './trigger-cell.js';

const PART = 'trigger-group';
const VERSION = 1;

const CLOSED = 1;
const ENDED = 2;
const WAS_DUE = 4;
const HOLDS_ELEMENTS = 8;
const HOLDS_TIME = 16;

/** A cell as it was written down. */
export interface SavedCell {
  readonly key: unknown;
  readonly window: BoundedWindow;
  readonly trigger: TriggerState | undefined;
  readonly accumulator: { readonly value: unknown } | undefined;
  readonly fresh: number;
  readonly panes: { readonly count: number; readonly notEarly: number; readonly wasDue: boolean };
  readonly ended: boolean;
  readonly hold: Timestamp;
}

/** Writes down all windows of all keys, and the watermark. */
export function writeCells(
  to: SnapshotWriter,
  coding: GroupCoding,
  watermark: Timestamp,
  cells: Iterable<TriggerCell>,
): void {
  if (watermark !== MIN_TIMESTAMP) writeWatermark(to, watermark);
  const part = to.part(PART, VERSION);
  for (const cell of cells) part.entry(coding.keyGroup(cell.owner.key), (sink) => writeCell(cell, coding, sink));
}

export function readCells(
  from: SnapshotReader,
  coding: GroupCoding,
  stateLength: number,
): { readonly watermark: Timestamp; readonly cells: readonly SavedCell[] } {
  const cells: SavedCell[] = [];
  for (const entry of from.part(PART, VERSION)) cells.push(readCell(entry.from, coding, stateLength));
  return { watermark: readWatermark(from), cells };
}

function writeCell(cell: TriggerCell, coding: GroupCoding, to: ByteSink): void {
  const { owner, window, trigger, panes, fresh, hold, epoch } = cell;
  const holdsElements = epoch !== undefined;
  const holdsTime = hold.at !== NO_INSTANT;
  coding.writeKey(owner.key, to);
  writeWindow(window, to);
  to.byte(
    (trigger === undefined ? CLOSED : 0) |
      (cell.ended ? ENDED : 0) |
      (panes.wasDue ? WAS_DUE : 0) |
      (holdsElements ? HOLDS_ELEMENTS : 0) |
      (holdsTime ? HOLDS_TIME : 0),
  );
  for (const number of trigger ?? []) to.float64(number);
  to.varint(fresh);
  to.varint(panes.count);
  to.varint(panes.notEarly);
  if (holdsTime) to.float64(hold.at);
  if (holdsElements) coding.writeAccumulator(cell.accumulator, to);
}

function readCell(from: ByteSource, coding: GroupCoding, stateLength: number): SavedCell {
  const key = coding.readKey(from);
  const window = readWindow(from);
  const flags = from.byte();
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const trigger = has(CLOSED) ? undefined : Array.from({ length: stateLength }, () => from.float64());
  const fresh = from.varint();
  const panes = { count: from.varint(), notEarly: from.varint(), wasDue: has(WAS_DUE) };
  const hold = has(HOLDS_TIME) ? from.float64() : NO_INSTANT;
  const accumulator = has(HOLDS_ELEMENTS) ? { value: coding.readAccumulator(from) } : undefined;
  return { key, window, trigger, accumulator, fresh, panes, ended: has(ENDED), hold };
}
