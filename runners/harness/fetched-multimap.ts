import { encodeToBytes } from '../../sdk/coders/index.js';
import type { Coder, SideMultimap } from '../../sdk/model/index.js';
import { PagedValues } from './paged-values.js';
import type { StateCall, StateKey, StatePage, StateService } from './state-calls.js';

/** One window of a side input that the engine keeps by key. */
export interface KeyedSource {
  readonly keyCoder: Coder<unknown>;
  readonly valueCoder: Coder<unknown>;
  readonly service: StateService;
  /** Of the keys. */
  readonly keys: StateKey;
  /** Of the values of an encoded key. */
  values(key: Uint8Array): StateKey;
}

/** Keys whose values are asked for at one go, where all are walked through. */
const AT_ONCE = 100;

/** Values that are fetched when their key is asked for, and then kept. */
class KeyedValues {
  readonly #source: KeyedSource;
  readonly #known = new Map<string, PagedValues<unknown>>();
  #keys: PagedValues<unknown> | undefined;

  constructor(source: KeyedSource) {
    this.#source = source;
  }

  keys(): Iterable<unknown> {
    const { keys, keyCoder } = this.#source;
    this.#keys ??= this.#pages(keyCoder, keys, this.#fetch([{ kind: 'get', key: keys }])[0]!);
    return this.#keys;
  }

  get(key: unknown): PagedValues<unknown> {
    return this.#all([key])[0]!;
  }

  *entries(): Generator<readonly [unknown, PagedValues<unknown>]> {
    let keys: unknown[] = [];
    for (const key of this.keys()) {
      keys.push(key);
      if (keys.length < AT_ONCE) continue;
      yield* pairs(keys, this.#all(keys));
      keys = [];
    }
    yield* pairs(keys, this.#all(keys));
  }

  #all(keys: readonly unknown[]): PagedValues<unknown>[] {
    const { keyCoder, valueCoder, values } = this.#source;
    const wanted = keys.map((key) => {
      const bytes = encodeToBytes(keyCoder, key, true);
      return { id: Buffer.from(bytes).toString('latin1'), key: values(bytes) };
    });
    const missing = wanted.filter(({ id }) => !this.#known.has(id));
    const pages = this.#fetch(missing.map(({ key }) => ({ kind: 'get', key })));
    missing.forEach(({ id, key }, i) => {
      this.#known.set(id, this.#pages(valueCoder, key, pages[i]!));
    });
    return wanted.map(({ id }) => this.#known.get(id)!);
  }

  #fetch(calls: readonly StateCall[]): readonly StatePage[] {
    return calls.length === 0 ? [] : this.#source.service.callNow(calls);
  }

  #pages(coder: Coder<unknown>, key: StateKey, first: StatePage): PagedValues<unknown> {
    return new PagedValues(coder, first, (token) => this.#fetch([{ kind: 'get', key, token }])[0]!);
  }
}

const pairs = <V>(keys: readonly unknown[], values: readonly V[]): (readonly [unknown, V])[] =>
  keys.map((key, i) => [key, values[i]!] as const);

/** All values of a key, fetched key by key. */
export class FetchedMultimap implements SideMultimap<unknown, unknown> {
  readonly #values: KeyedValues;

  constructor(source: KeyedSource) {
    this.#values = new KeyedValues(source);
  }
  get size(): number {
    return [...this.#values.keys()].length;
  }
  get(key: unknown): Iterable<unknown> {
    return this.#values.get(key);
  }
  has(key: unknown): boolean {
    for (const _ of this.get(key)) return true;
    return false;
  }
  keys(): Iterable<unknown> {
    return this.#values.keys();
  }
  entries(): Iterable<readonly [unknown, Iterable<unknown>]> {
    return this.#values.entries();
  }
  [Symbol.iterator](): Iterator<readonly [unknown, Iterable<unknown>]> {
    return this.#values.entries();
  }
}
