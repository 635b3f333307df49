import { type WindowedValue, windowedValueCoder } from '../../../sdk/coders/index.js';
import type { BoundedWindow, ByteSink, ByteSource, Coder, Timestamp } from '../../../sdk/model/index.js';
import { NO_KEY_GROUP, type SnapshotReader, type SnapshotWriter } from '../../kernel/index.js';
import type { LiveState } from './live-state.js';
import type { StateTable } from './state-table.js';

const VERSION = 1;
const KEYS = 'state';
const SORTED = 'sorted';
const TIME = 'time';

export interface SnapshotCoders {
  readonly key: Coder<unknown>;
  /** Of the KVs that come in. */
  readonly element: Coder<unknown>;
  readonly window: Coder<BoundedWindow>;
  readonly keyGroup: (key: unknown) => number;
}

/** An element that waits for its turn in time. */
export type Waiting = Omit<WindowedValue<{ readonly key: unknown; readonly value: unknown }>, 'windows'> & {
  readonly windows: BoundedWindow;
};

/** Writes down state, timers and waiting elements: an entry for each key and window, an entry for each element. */
export class StateSnapshot {
  private readonly waiting: Coder<WindowedValue<unknown>>;

  constructor(
    private readonly state: LiveState,
    private readonly coders: SnapshotCoders,
  ) {
    this.waiting = windowedValueCoder(coders.element, coders.window);
  }

  write(to: SnapshotWriter, watermark: Timestamp, waiting: Iterable<Waiting>): void {
    to.part(TIME, VERSION).entry(NO_KEY_GROUP, (sink) => sink.float64(watermark));
    const keys = to.part(KEYS, VERSION);
    for (const table of this.state.allTables()) {
      for (let row = 0; row < table.length; row++) {
        if (!table.isTaken(row)) continue;
        keys.entry(this.coders.keyGroup(table.keys[row]), (sink) => this.writeRow(table, row, watermark, sink));
      }
    }
    const sorted = to.part(SORTED, VERSION);
    for (const element of waiting) {
      sorted.entry(this.coders.keyGroup(element.value.key), (sink) => {
        sink.float64(watermark);
        this.waiting.encode(element, sink, true);
      });
    }
  }

  /**
   * Answers the time to which all that was read had come, that of whoever was least far. Every key says it, as what belongs
   * to none is dealt out to one owner.
   */
  read(from: SnapshotReader, onWaiting: (element: Waiting) => void): Timestamp | undefined {
    let watermark: Timestamp | undefined;
    const had = (instant: Timestamp): void => {
      if (watermark === undefined || instant < watermark) watermark = instant;
    };
    for (const entry of from.part(TIME, VERSION)) had(entry.from.float64());
    for (const entry of from.part(KEYS, VERSION)) had(this.readRow(entry.from));
    this.state.leave();
    for (const entry of from.part(SORTED, VERSION)) {
      had(entry.from.float64());
      onWaiting(this.waiting.decode(entry.from, true) as Waiting);
    }
    return watermark;
  }

  private writeRow(table: StateTable, row: number, watermark: Timestamp, to: ByteSink): void {
    const { coders, state } = this;
    to.float64(watermark);
    coders.window.encode(table.window, to, true);
    coders.key.encode(table.keys[row], to, true);
    to.byte(table.timed.has(row) ? 1 : 0);
    const held = table.columns.flatMap((column, cell) => (column[row] === undefined ? [] : [cell]));
    to.varint(held.length);
    for (const index of held) {
      const cell = state.cellAt(index);
      writeText(to, cell.spec.id);
      to.float64(table.times[index]?.written[row] ?? 0);
      cell.encode(table.columns[index]![row], to);
    }
    const timers = [...table.timersOf(row)].filter(({ isSet }) => isSet);
    to.varint(timers.length);
    for (const { family, tag, firing, output } of timers) {
      writeText(to, family);
      writeText(to, tag);
      to.float64(firing);
      to.float64(output);
    }
  }

  private readRow(from: ByteSource): Timestamp {
    const { coders, state } = this;
    const watermark = from.float64();
    const window = coders.window.decode(from, true);
    state.select(coders.key.decode(from, true), window);
    if (from.byte() === 1) state.markTimed();
    for (let left = from.varint(); left > 0; left--) {
      const index = state.indexOf(readText(from));
      const written = from.float64();
      state.restoreCell(index, state.cellAt(index).decode(from), written);
    }
    for (let left = from.varint(); left > 0; left--) {
      const family = readText(from);
      const tag = readText(from);
      const firing = from.float64();
      state.setTimer(family, tag, firing, from.float64());
    }
    return watermark;
  }
}

function writeText(to: ByteSink, text: string): void {
  to.varint(Buffer.byteLength(text));
  to.utf8(text);
}

function readText(from: ByteSource): string {
  return from.utf8(from.varint());
}
