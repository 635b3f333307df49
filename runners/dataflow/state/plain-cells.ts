import type {
  BagState,
  ByteSink,
  ByteSource,
  CombineFn,
  CombiningState,
  OrderedListState,
  Timestamp,
  TimestampedElement,
  ValueState,
} from '../../../sdk/model/index.js';
import { badTimestamp, isTimestamp } from '../../kernel/index.js';
import { LiveCell } from './live-cell.js';
import { NO_ROW } from './selection.js';

export class LiveValue extends LiveCell<unknown> implements ValueState<unknown> {
  // The same as `content` and `hold`, but code of its own: the engine then knows one kind of cell here.
  read(): unknown {
    const { row } = this.place;
    if (row === NO_ROW) throw this.outside();
    return this.times === undefined ? this.column[row] : this.fresh(row, this.times);
  }

  write(value: unknown): void {
    const { row } = this.place;
    if (row === NO_ROW) throw this.outside();
    this.column[row] = value;
    if (value === undefined) this.place.isSuspect = true;
    else if (this.times !== undefined) this.touch();
  }

  override encode(value: unknown, to: ByteSink): void {
    this.spec.coder.encode(value, to, true);
  }

  override decode(from: ByteSource): unknown {
    return this.spec.coder.decode(from, true);
  }
}

export class LiveBag extends LiveCell<unknown[]> implements BagState<unknown> {
  add(element: unknown): void {
    const list = this.content();
    if (list === undefined) {
      this.hold([element]);
      return;
    }
    list.push(element);
    this.touch();
  }

  /** As of now: what is added while it is read is not in it. */
  read(): unknown[] {
    return this.content()?.slice() ?? [];
  }

  override encode(list: unknown[], to: ByteSink): void {
    to.varint(list.length);
    for (const element of list) this.spec.coder.encode(element, to, true);
  }

  override decode(from: ByteSource): unknown[] {
    return Array.from({ length: from.varint() }, () => this.spec.coder.decode(from, true));
  }
}

/** An accumulator in a box: it may be `undefined` itself. */
interface Accumulated {
  accumulator: unknown;
}

export class LiveCombining extends LiveCell<Accumulated> implements CombiningState<unknown, unknown> {
  private get fn(): CombineFn<unknown, unknown, unknown> {
    return this.spec.combineFn!;
  }

  add(input: unknown): void {
    const { fn } = this;
    const held = this.content();
    if (held === undefined) {
      this.hold({ accumulator: fn.addInput(fn.createAccumulator(), input) });
      return;
    }
    held.accumulator = fn.addInput(held.accumulator, input);
    this.touch();
  }

  read(): unknown {
    const held = this.content();
    return this.fn.extractOutput(held === undefined ? this.fn.createAccumulator() : held.accumulator);
  }

  override encode({ accumulator }: Accumulated, to: ByteSink): void {
    this.spec.coder.encode(accumulator, to, true);
  }

  override decode(from: ByteSource): Accumulated {
    return { accumulator: this.spec.coder.decode(from, true) };
  }
}

type Stamped = TimestampedElement<unknown>;

/** A list in order of time: elements mostly come so, and are appended. */
export class LiveOrderedList extends LiveCell<Stamped[]> implements OrderedListState<unknown> {
  add(value: unknown, timestamp: Timestamp): void {
    if (!isTimestamp(timestamp)) throw badTimestamp(timestamp);
    const list = this.content();
    const element = { value, timestamp };
    if (list === undefined) {
      this.hold([element]);
      return;
    }
    const at = placeOf(list, timestamp + 1);
    if (at === list.length) list.push(element);
    else list.splice(at, 0, element);
    this.touch();
  }

  read(): Stamped[] {
    return this.content()?.slice() ?? [];
  }

  readRange(from: Timestamp, until: Timestamp): Stamped[] {
    const list = this.content() ?? [];
    return list.slice(placeOf(list, from), Math.max(placeOf(list, from), placeOf(list, until)));
  }

  clearRange(from: Timestamp, until: Timestamp): void {
    const list = this.content();
    if (list === undefined) return;
    const first = placeOf(list, from);
    list.splice(first, Math.max(0, placeOf(list, until) - first));
    if (list.length === 0) this.clear();
    else this.touch();
  }

  override encode(list: Stamped[], to: ByteSink): void {
    to.varint(list.length);
    for (const { value, timestamp } of list) {
      to.float64(timestamp);
      this.spec.coder.encode(value, to, true);
    }
  }

  override decode(from: ByteSource): Stamped[] {
    return Array.from({ length: from.varint() }, () => {
      const timestamp = from.float64();
      return { value: this.spec.coder.decode(from, true), timestamp };
    });
  }
}

/** Index of the first element that is not before an instant. */
function placeOf(list: readonly Stamped[], instant: Timestamp): number {
  let from = 0;
  let to = list.length;
  if (to > 0 && list[to - 1]!.timestamp < instant) return to;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (list[middle]!.timestamp < instant) from = middle + 1;
    else to = middle;
  }
  return from;
}
