import { keyIdentity } from '../../../sdk/coders/index.js';
import type { ByteSink, ByteSource, MapState, MultimapState, SetState } from '../../../sdk/model/index.js';
import { type CellSpec, LiveCell, type OnWritten } from './live-cell.js';
import type { Selection } from './selection.js';

interface Entry<Value> {
  readonly key: unknown;
  value: Value;
}

/** What stands for a key in a Map → the entry; the empty ones are not kept. */
type Entries<Value> = Map<unknown, Entry<Value>>;

/** What maps, sets and multimaps have in common: keys that are equal when their encodings are. */
abstract class KeyedCell<Value> extends LiveCell<Entries<Value>> {
  protected readonly identity: (key: unknown) => unknown;

  constructor(spec: CellSpec, place: Selection, onWritten: OnWritten) {
    super(spec, place, onWritten);
    this.identity = keyIdentity(spec.keyCoder ?? spec.coder);
  }

  protected abstract encodeValue(value: Value, to: ByteSink): void;
  protected abstract decodeValue(from: ByteSource): Value;

  has(key: unknown): boolean {
    return this.find(key) !== undefined;
  }

  remove(key: unknown): void {
    const entries = this.content();
    if (entries === undefined || !entries.delete(this.identity(key))) return;
    if (entries.size === 0) this.clear();
    else this.touch();
  }

  protected find(key: unknown): Entry<Value> | undefined {
    return this.content()?.get(this.identity(key));
  }

  protected enter(key: unknown, value: Value): void {
    const entries = this.content();
    const id = this.identity(key);
    if (entries === undefined) this.hold(new Map([[id, { key, value }]]));
    else entries.set(id, { key, value });
    this.touch();
  }

  protected all(): Entry<Value>[] {
    return [...(this.content()?.values() ?? [])];
  }

  override encode(entries: Entries<Value>, to: ByteSink): void {
    const coder = this.spec.keyCoder ?? this.spec.coder;
    to.varint(entries.size);
    for (const { key, value } of entries.values()) {
      coder.encode(key, to, true);
      this.encodeValue(value, to);
    }
  }

  override decode(from: ByteSource): Entries<Value> {
    const coder = this.spec.keyCoder ?? this.spec.coder;
    const entries: Entries<Value> = new Map();
    for (let left = from.varint(); left > 0; left--) {
      const key = coder.decode(from, true);
      entries.set(this.identity(key), { key, value: this.decodeValue(from) });
    }
    return entries;
  }
}

export class LiveMap extends KeyedCell<unknown> implements MapState<unknown, unknown> {
  get(key: unknown): unknown {
    return this.find(key)?.value;
  }

  put(key: unknown, value: unknown): void {
    this.enter(key, value);
  }

  keys(): unknown[] {
    return this.all().map(({ key }) => key);
  }

  values(): unknown[] {
    return this.all().map(({ value }) => value);
  }

  entries(): (readonly [unknown, unknown])[] {
    return this.all().map(({ key, value }) => [key, value]);
  }

  protected override encodeValue(value: unknown, to: ByteSink): void {
    this.spec.coder.encode(value, to, true);
  }

  protected override decodeValue(from: ByteSource): unknown {
    return this.spec.coder.decode(from, true);
  }
}

export class LiveSet extends KeyedCell<undefined> implements SetState<unknown> {
  add(element: unknown): void {
    // What is there already stays as it is, and counts as written.
    if (this.has(element)) this.touch();
    else this.enter(element, undefined);
  }

  read(): unknown[] {
    return this.all().map(({ key }) => key);
  }

  protected override encodeValue(): void {}

  protected override decodeValue(): undefined {
    return undefined;
  }
}

export class LiveMultimap extends KeyedCell<unknown[]> implements MultimapState<unknown, unknown> {
  put(key: unknown, value: unknown): void {
    const entry = this.find(key);
    if (entry === undefined) {
      this.enter(key, [value]);
      return;
    }
    entry.value.push(value);
    this.touch();
  }

  get(key: unknown): unknown[] {
    return this.find(key)?.value.slice() ?? [];
  }

  keys(): unknown[] {
    return this.all().map(({ key }) => key);
  }

  entries(): (readonly [unknown, unknown])[] {
    return this.all().flatMap(({ key, value }) => value.map((each) => [key, each] as const));
  }

  protected override encodeValue(values: unknown[], to: ByteSink): void {
    to.varint(values.length);
    for (const value of values) this.spec.coder.encode(value, to, true);
  }

  protected override decodeValue(from: ByteSource): unknown[] {
    return Array.from({ length: from.varint() }, () => this.spec.coder.decode(from, true));
  }
}
