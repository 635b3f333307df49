import type { ByteSink, ByteSource, Coder, CombineFn, StateKind } from '../../../sdk/model/index.js';
import { outsideOfCall } from '../../kernel/index.js';
import { NO_ROW, type Selection } from './selection.js';

/** A declared cell with its coders. */
export interface CellSpec {
  readonly id: string;
  readonly kind: StateKind;
  /** Of the value, the elements, or the accumulator. */
  readonly coder: Coder<unknown>;
  /** Of the keys of a map or multimap. */
  readonly keyCoder?: Coder<unknown>;
  readonly combineFn?: CombineFn<unknown, unknown, unknown>;
  readonly ttlMs?: number;
}

/** When the contents of a column were written, for cells that forget. */
export interface WriteTimes {
  /** By row. */
  readonly written: number[];
  /** By row: the time under which it stands in the queue of what is to be looked at; 0 where it does not. */
  readonly queued: number[];
}

/** Is told that something was written that will be forgotten. */
export type OnWritten = (cell: LiveCell<unknown>, row: number) => void;

/**
 * A cell of a step for all keys: what it holds for the keys of a window are a column of the table of that window, by row,
 * `undefined` where it holds nothing. The same object stands for whatever key is selected.
 */
export abstract class LiveCell<Content> {
  protected column: (Content | undefined)[] = [];
  protected times: WriteTimes | undefined = undefined;
  readonly ttlMs: number;

  constructor(
    readonly spec: CellSpec,
    protected readonly place: Selection,
    private readonly onWritten: OnWritten,
  ) {
    this.ttlMs = spec.ttlMs ?? Number.POSITIVE_INFINITY;
  }

  abstract encode(content: Content, to: ByteSink): void;
  abstract decode(from: ByteSource): Content;

  /** From now on the rows are those of another table. */
  use(column: (Content | undefined)[], times: WriteTimes | undefined): void {
    this.column = column;
    this.times = times;
  }

  clear(): void {
    const { row } = this.place;
    if (row === NO_ROW) throw this.outside();
    this.column[row] = undefined;
    this.place.isSuspect = true;
  }

  isEmpty(): boolean {
    return this.content() === undefined;
  }

  protected content(): Content | undefined {
    const { row } = this.place;
    if (row === NO_ROW) throw this.outside();
    return this.times === undefined ? this.column[row] : this.fresh(row, this.times);
  }

  /** Puts something new in the place of what was held. */
  protected hold(content: Content): void {
    const { row } = this.place;
    if (row === NO_ROW) throw this.outside();
    this.column[row] = content;
    if (this.times !== undefined) this.touch();
  }

  /** What is held was changed in place. */
  protected touch(): void {
    const { times, place } = this;
    if (times === undefined) return;
    times.written[place.row] = place.now;
    if (times.queued[place.row] === 0) this.onWritten(this, place.row);
  }

  protected outside(): Error {
    return outsideOfCall(`the state '${this.spec.id}'`);
  }

  protected fresh(row: number, times: WriteTimes): Content | undefined {
    const content = this.column[row];
    if (content === undefined || this.place.now < times.written[row]! + this.ttlMs) return content;
    this.column[row] = undefined;
    this.place.isSuspect = true;
    return undefined;
  }
}
