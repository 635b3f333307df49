import { GrowableSink } from '../../sdk/coders/index.js';
import type { Coder, KV, Timestamp } from '../../sdk/model/index.js';
import { PagedValues } from './paged-values.js';
import type { StateCall, StateKey, StatePage, StateService } from './state-calls.js';

/** What a cell is stored as. */
export interface StoredCell {
  readonly coder: Coder<unknown>;
  /** Elements are stored with the instant of their writing, and given up when nothing was written for so long. */
  readonly ttlMs: number | undefined;
}

/**
 * What one cell holds for one key and window while a bundle runs: what the engine has, read when it is needed, and what was
 * written since, which goes to the engine at the end.
 */
export class BagContents {
  #stored: PagedValues<unknown> | undefined;
  #added: unknown[] = [];
  #replaced = false;
  /** Whether what was replaced may be there at the engine. */
  #clears = false;
  #lastWritten: Timestamp | undefined;
  /** What the cell has made of the elements; forgotten when they go. */
  derived: unknown;

  constructor(
    readonly key: StateKey,
    private readonly cell: StoredCell,
    private readonly service: StateService,
    private readonly now: () => Timestamp,
    /** It has to be waited for. */
    private readonly onMiss: () => void = () => undefined,
  ) {}

  /** Whether it would have to ask the engine in order to read. */
  get unread(): boolean {
    return this.#stored === undefined && !this.#replaced;
  }

  /** What the engine has answered to a `get` of the beginning. */
  load(first: StatePage): void {
    this.#stored ??= new PagedValues(this.cell.coder, first, (token) => this.#get(token));
  }

  /** In the order of their writing. */
  read(): Iterable<unknown> {
    this.#giveUpOld();
    const { ttlMs } = this.cell;
    const stored = this.#storedNow();
    const added = this.#added;
    const length = added.length;
    return {
      *[Symbol.iterator]() {
        for (const value of stored) yield ttlMs === undefined ? value : (value as Timed).value;
        for (let i = 0; i < length; i++) yield ttlMs === undefined ? added[i] : (added[i] as Timed).value;
      },
    };
  }

  /** How many there are, with those that later ones undo. */
  count(): number {
    this.#giveUpOld();
    return (this.#replaced ? 0 : this.#pages().all().length) + this.#added.length;
  }

  isEmpty(): boolean {
    return isEmpty(this.read());
  }

  add(value: unknown): void {
    this.#giveUpOld();
    this.#added.push(this.#written(value));
  }

  /** Puts others in their place. */
  replace(values: readonly unknown[]): void {
    if (!this.#replaced) this.#clears = this.#stored === undefined || !isEmpty(this.#stored);
    this.#replaced = true;
    this.#stored = undefined;
    this.#added = values.map((value) => this.#written(value));
    if (values.length === 0) this.derived = undefined;
  }

  /** What is to be said to the engine. */
  writes(): StateCall[] {
    const calls: StateCall[] = [];
    if (this.#clears) calls.push({ kind: 'clear', key: this.key });
    if (this.#added.length > 0) {
      const sink = new GrowableSink();
      for (const value of this.#added) this.cell.coder.encode(value, sink, true);
      calls.push({ kind: 'append', key: this.key, data: sink.toBytes() });
    }
    return calls;
  }

  #storedNow(): Iterable<unknown> {
    return this.#replaced ? [] : this.#pages();
  }

  #pages(): PagedValues<unknown> {
    if (this.#stored === undefined) {
      this.onMiss();
      this.load(this.#get(undefined));
    }
    return this.#stored!;
  }

  #get(token: Uint8Array | undefined): StatePage {
    const call: StateCall = { kind: 'get', key: this.key, ...(token !== undefined && { token }) };
    return this.service.callNow([call])[0]!;
  }

  #written(value: unknown): unknown {
    if (this.cell.ttlMs === undefined) return value;
    this.#lastWritten = this.now();
    return { key: this.#lastWritten, value };
  }

  #giveUpOld(): void {
    const { ttlMs } = this.cell;
    if (ttlMs === undefined) return;
    if (this.#lastWritten === undefined) {
      this.#lastWritten = Number.NEGATIVE_INFINITY;
      for (const timed of this.#storedNow()) this.#lastWritten = Math.max(this.#lastWritten, (timed as Timed).key);
    }
    if (this.#lastWritten !== Number.NEGATIVE_INFINITY && this.now() >= this.#lastWritten + ttlMs) {
      this.replace([]);
      this.#lastWritten = Number.NEGATIVE_INFINITY;
    }
  }
}

type Timed = KV<Timestamp, unknown>;

function isEmpty(values: Iterable<unknown>): boolean {
  for (const _ of values) return false;
  return true;
}
