import type { KV, SideMap, SideMultimap } from '../../sdk/model/index.js';
import { MillraceError } from '../../sdk/model/index.js';
import { previewElement } from './function-error.js';

/** Key → what stands for it in a Map: equal for equal encodings. */
export type Identity = (key: unknown) => unknown;

interface Entry {
  readonly key: unknown;
  value: unknown;
}

/** All entries of a side input at once, found by the encoding of their key. */
class MapView implements SideMap<unknown, unknown> {
  readonly #entries: ReadonlyMap<unknown, Entry>;
  readonly #identity: Identity;

  constructor(entries: ReadonlyMap<unknown, Entry>, identity: Identity) {
    this.#entries = entries;
    this.#identity = identity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: unknown): unknown {
    return this.#entries.get(this.#identity(key))?.value;
  }

  has(key: unknown): boolean {
    return this.#entries.has(this.#identity(key));
  }

  *keys(): Iterable<unknown> {
    for (const { key } of this.#entries.values()) yield key;
  }

  *values(): Iterable<unknown> {
    for (const { value } of this.#entries.values()) yield value;
  }

  *entries(): Generator<readonly [unknown, unknown]> {
    for (const { key, value } of this.#entries.values()) yield [key, value];
  }

  [Symbol.iterator](): Iterator<readonly [unknown, unknown]> {
    return this.entries();
  }
}

const NO_VALUES: readonly unknown[] = Object.freeze([]);

class MultimapView implements SideMultimap<unknown, unknown> {
  readonly #map: MapView;

  constructor(entries: ReadonlyMap<unknown, Entry>, identity: Identity) {
    this.#map = new MapView(entries, identity);
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: unknown): Iterable<unknown> {
    return (this.#map.get(key) as Iterable<unknown> | undefined) ?? NO_VALUES;
  }

  has(key: unknown): boolean {
    return this.#map.has(key);
  }

  keys(): Iterable<unknown> {
    return this.#map.keys();
  }

  entries(): Iterable<readonly [unknown, Iterable<unknown>]> {
    return this.#map.entries() as Iterable<readonly [unknown, Iterable<unknown>]>;
  }

  [Symbol.iterator](): Iterator<readonly [unknown, Iterable<unknown>]> {
    return this.entries()[Symbol.iterator]();
  }
}

/** A map of pairs; an error where a key has two values. */
export function mapView(tag: string, elements: Iterable<unknown>, identity: Identity): SideMap<unknown, unknown> {
  const entries = new Map<unknown, Entry>();
  for (const element of elements) {
    const { key, value } = element as KV<unknown, unknown>;
    const id = identity(key);
    const other = entries.get(id);
    if (other !== undefined)
      throw new MillraceError(
        'SIDE_INPUT_DUPLICATE_KEY',
        'function',
        `the side input '${tag}' is a map, and the key ${previewElement(key)} has several values: ` +
          `${previewElement(other.value)} and ${previewElement(value)}`,
        { hint: 'combine the values of a key first, or take the side input as a multimap: asMultimap(…)' },
      );
    entries.set(id, { key, value });
  }
  return new MapView(entries, identity);
}

/** All values of each key. */
export function multimapView(elements: Iterable<unknown>, identity: Identity): SideMultimap<unknown, unknown> {
  const entries = new Map<unknown, Entry>();
  for (const element of elements) {
    const { key, value } = element as KV<unknown, unknown>;
    const id = identity(key);
    const entry = entries.get(id);
    if (entry === undefined) entries.set(id, { key, value: [value] });
    else (entry.value as unknown[]).push(value);
  }
  return new MultimapView(entries, identity);
}
