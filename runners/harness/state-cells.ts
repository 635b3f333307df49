import { keyIdentity } from '../../sdk/coders/index.js';
import {
  type BagState,
  BEAM_CODER,
  type Coder,
  type CombineFn,
  type CombiningState,
  type KV,
  type MapState,
  type MultimapState,
  type OrderedListState,
  type SetState,
  type StatePayload,
  type Timestamp,
  type TimestampedElement,
  type ValueState,
} from '../../sdk/model/index.js';
import { badTimestamp, isTimestamp } from '../kernel/index.js';
import type { BagContents } from './bag-contents.js';

/** The contents of a cell for the key and window that are selected. */
export type Selected = () => BagContents;

/*
 * What a DoFn works with, over the bag that each cell is stored as (see runners/beam/stored-state.ts). A cell is one object
 * all the time: it stands for what is selected.
 */

/** `coder` is that of the stored elements, without the instant of writing. */
export function makeCell(
  { kind }: StatePayload,
  coder: Coder<unknown>,
  selected: Selected,
  combineFn: () => CombineFn<unknown, unknown, unknown>,
): unknown {
  switch (kind) {
    case 'value':
      return new ValueCell(selected);
    case 'bag':
      return new BagCell(selected);
    case 'combining':
      return new CombiningCell(selected, combineFn());
    case 'map':
      return new MapCell(selected, identityOf(coder));
    case 'set':
      return new SetCell(selected, identityOf(coder));
    case 'multimap':
      return new MultimapCell(selected, identityOf(coder));
    case 'orderedList':
      return new OrderedListCell(selected);
  }
}

/** Of the keys of stored entries. An engine may have put a length before them. */
function identityOf(entries: Coder<unknown>): (key: unknown) => unknown {
  let coder = entries.components[0]!;
  if (coder.urn === BEAM_CODER.lengthPrefix) coder = coder.components[0]!;
  return keyIdentity(coder);
}

abstract class Cell {
  constructor(protected readonly selected: Selected) {}
  isEmpty(): boolean {
    return this.selected().isEmpty();
  }
  clear(): void {
    this.selected().replace([]);
  }
}

class ValueCell extends Cell implements ValueState<unknown> {
  read(): unknown {
    let last: unknown;
    for (const value of this.selected().read()) last = value;
    return last;
  }
  write(value: unknown): void {
    this.selected().replace([value]);
  }
}

class BagCell extends Cell implements BagState<unknown> {
  add(element: unknown): void {
    this.selected().add(element);
  }
  read(): Iterable<unknown> {
    return this.selected().read();
  }
}

class CombiningCell extends Cell implements CombiningState<unknown, unknown> {
  constructor(
    selected: Selected,
    private readonly combineFn: CombineFn<unknown, unknown, unknown>,
  ) {
    super(selected);
  }
  add(input: unknown): void {
    const contents = this.selected();
    contents.replace([this.combineFn.addInput(this.accumulator(contents), input)]);
  }
  read(): unknown {
    const contents = this.selected();
    return this.combineFn.extractOutput(this.accumulator(contents));
  }
  private accumulator(contents: BagContents): unknown {
    const accumulators = [...contents.read()];
    if (accumulators.length <= 1)
      return accumulators.length === 0 ? this.combineFn.createAccumulator() : accumulators[0];
    // The first one may be changed by that, so they are not merged a second time.
    const merged = accumulators.reduce((all, each) => this.combineFn.mergeAccumulators(all, each));
    contents.replace([merged]);
    return merged;
  }
}

/** A log of entries is written anew when it holds more than so many times what it says. */
const LOG_FACTOR = 2;
const LOG_SLACK = 16;

type Entry<V> = KV<unknown, V>;

/** What a log comes to, and how many of its entries that takes. */
interface Index<V> {
  readonly entries: Map<unknown, Entry<V>>;
  needed: number;
}

/** Cells that keep a log, and an index of what it comes to. */
abstract class KeyedCell<V, Logged> extends Cell {
  constructor(
    selected: Selected,
    private readonly identity: (key: unknown) => unknown,
  ) {
    super(selected);
  }

  override isEmpty(): boolean {
    return this.index(this.selected()).entries.size === 0;
  }

  protected find(key: unknown): Entry<V> | undefined {
    return this.index(this.selected()).entries.get(this.identity(key));
  }

  /** A copy, so that it may be walked through while the cell is written. */
  protected list(): Entry<V>[] {
    return [...this.index(this.selected()).entries.values()];
  }

  protected write(key: unknown, logged: Logged): void {
    const contents = this.selected();
    const index = this.index(contents);
    index.needed += this.apply(index.entries, this.identity(key), key, logged);
    contents.add({ key, value: logged });
    if (contents.count() <= LOG_FACTOR * index.needed + LOG_SLACK) return;
    const log = [...index.entries.values()].flatMap(({ key: each, value }) =>
      this.logOf(value).map((entry) => ({ key: each, value: entry })),
    );
    contents.replace(log);
    contents.derived = index;
  }

  /** Answers how many more entries are needed for it. */
  protected abstract apply(entries: Map<unknown, Entry<V>>, id: unknown, key: unknown, logged: Logged): number;
  protected abstract logOf(value: V): readonly Logged[];

  private index(contents: BagContents): Index<V> {
    // First, because it may find that all of it has become too old.
    const stored = contents.read();
    if (contents.derived !== undefined) return contents.derived as Index<V>;
    const index: Index<V> = { entries: new Map(), needed: 0 };
    for (const entry of stored) {
      const { key, value } = entry as KV<unknown, Logged>;
      index.needed += this.apply(index.entries, this.identity(key), key, value);
    }
    contents.derived = index;
    return index;
  }
}

class MapCell extends KeyedCell<unknown, Iterable<unknown>> implements MapState<unknown, unknown> {
  get(key: unknown): unknown {
    return this.find(key)?.value;
  }
  has(key: unknown): boolean {
    return this.find(key) !== undefined;
  }
  put(key: unknown, value: unknown): void {
    this.write(key, [value]);
  }
  remove(key: unknown): void {
    if (this.has(key)) this.write(key, []);
  }
  keys(): Iterable<unknown> {
    return this.list().map(({ key }) => key);
  }
  values(): Iterable<unknown> {
    return this.list().map(({ value }) => value);
  }
  entries(): Iterable<readonly [unknown, unknown]> {
    return this.list().map(({ key, value }) => [key, value] as const);
  }
  protected override apply(
    entries: Map<unknown, Entry<unknown>>,
    id: unknown,
    key: unknown,
    logged: Iterable<unknown>,
  ): number {
    const before = entries.size;
    const values = [...logged];
    if (values.length === 0) entries.delete(id);
    else entries.set(id, { key, value: values[0] });
    return entries.size - before;
  }
  protected override logOf(value: unknown): readonly Iterable<unknown>[] {
    return [[value]];
  }
}

class SetCell extends KeyedCell<true, boolean> implements SetState<unknown> {
  add(element: unknown): void {
    if (!this.has(element)) this.write(element, true);
  }
  has(element: unknown): boolean {
    return this.find(element) !== undefined;
  }
  remove(element: unknown): void {
    if (this.has(element)) this.write(element, false);
  }
  read(): Iterable<unknown> {
    return this.list().map(({ key }) => key);
  }
  protected override apply(entries: Map<unknown, Entry<true>>, id: unknown, key: unknown, isThere: boolean): number {
    const before = entries.size;
    if (isThere) entries.set(id, { key, value: true });
    else entries.delete(id);
    return entries.size - before;
  }
  protected override logOf(): readonly boolean[] {
    return [true];
  }
}

class MultimapCell extends KeyedCell<unknown[], Iterable<unknown>> implements MultimapState<unknown, unknown> {
  put(key: unknown, value: unknown): void {
    this.write(key, [value]);
  }
  get(key: unknown): Iterable<unknown> {
    return [...(this.find(key)?.value ?? [])];
  }
  has(key: unknown): boolean {
    return this.find(key) !== undefined;
  }
  remove(key: unknown): void {
    if (this.has(key)) this.write(key, []);
  }
  keys(): Iterable<unknown> {
    return this.list().map(({ key }) => key);
  }
  entries(): Iterable<readonly [unknown, unknown]> {
    return this.list().flatMap(({ key, value }) => value.map((each) => [key, each] as const));
  }
  protected override apply(
    entries: Map<unknown, Entry<unknown[]>>,
    id: unknown,
    key: unknown,
    logged: Iterable<unknown>,
  ): number {
    const values = [...logged];
    const known = entries.get(id);
    if (values.length === 0) {
      entries.delete(id);
      return -(known?.value.length ?? 0);
    }
    if (known === undefined) entries.set(id, { key, value: values });
    else known.value.push(...values);
    return values.length;
  }
  protected override logOf(values: unknown[]): readonly Iterable<unknown>[] {
    return values.map((value) => [value]);
  }
}

class OrderedListCell extends Cell implements OrderedListState<unknown> {
  add(value: unknown, timestamp: Timestamp): void {
    if (!isTimestamp(timestamp)) throw badTimestamp(timestamp);
    const contents = this.selected();
    contents.add({ key: timestamp, value });
    contents.derived = undefined;
  }
  read(): Iterable<TimestampedElement<unknown>> {
    return this.sorted();
  }
  readRange(from: Timestamp, until: Timestamp): Iterable<TimestampedElement<unknown>> {
    return this.sorted().filter(({ timestamp }) => timestamp >= from && timestamp < until);
  }
  clearRange(from: Timestamp, until: Timestamp): void {
    const left = this.sorted().filter(({ timestamp }) => timestamp < from || timestamp >= until);
    const contents = this.selected();
    contents.replace(left.map(({ value, timestamp }) => ({ key: timestamp, value })));
    contents.derived = left;
  }
  private sorted(): readonly TimestampedElement<unknown>[] {
    const contents = this.selected();
    const stored = contents.read();
    if (contents.derived === undefined) {
      const list = Array.from(stored, (entry) => {
        const { key, value } = entry as KV<Timestamp, unknown>;
        return { value, timestamp: key };
      });
      contents.derived = list.sort((a, b) => a.timestamp - b.timestamp);
    }
    return contents.derived as readonly TimestampedElement<unknown>[];
  }
}
