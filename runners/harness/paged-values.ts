import { BytesSource, CODER_ERROR } from '../../sdk/coders/index.js';
import { type Coder, MillraceError } from '../../sdk/model/index.js';
import type { StatePage } from './state-calls.js';

/** Fetches the page that begins at a token. */
export type FetchPage = (token: Uint8Array) => StatePage;

/** Encoded values that come in pages, decoded as they are asked for; what was decoded is kept. */
export class PagedValues<T> implements Iterable<T> {
  readonly #values: T[] = [];
  readonly #coder: Coder<T>;
  readonly #fetch: FetchPage;
  /** The beginning of a value whose end is on the next page. */
  #begun: Uint8Array = new Uint8Array();
  #next: Uint8Array | undefined;

  constructor(coder: Coder<T>, first: StatePage, fetch: FetchPage) {
    this.#coder = coder;
    this.#fetch = fetch;
    this.#take(first);
  }

  /** All of them; the same array each time. */
  all(): readonly T[] {
    while (this.#more());
    return this.#values;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.#values.length || this.#more(); i++) if (i < this.#values.length) yield this.#values[i]!;
  }

  /** Takes pages until one has brought a value; false when there are no more. */
  #more(): boolean {
    const had = this.#values.length;
    while (this.#next !== undefined && this.#values.length === had) this.#take(this.#fetch(this.#next));
    return this.#values.length > had;
  }

  #take({ data, next }: StatePage): void {
    this.#next = next;
    const bytes = this.#begun.length === 0 ? data : Buffer.concat([this.#begun, data]);
    const read = decodeValues(this.#coder, bytes, next === undefined, this.#values);
    this.#begun = bytes.subarray(read);
  }
}

/** The values again, page by page, without keeping them. */
export function* streamValues<T>(coder: Coder<T>, first: () => StatePage, fetch: FetchPage): Generator<T> {
  let begun: Uint8Array = new Uint8Array();
  let page = first();
  for (;;) {
    const bytes = begun.length === 0 ? page.data : Buffer.concat([begun, page.data]);
    const values: T[] = [];
    begun = bytes.subarray(decodeValues(coder, bytes, page.next === undefined, values));
    yield* values;
    if (page.next === undefined) return;
    page = fetch(page.next);
  }
}

/** Answers how many bytes were read; only the last page must end with a value. */
function decodeValues<T>(coder: Coder<T>, bytes: Uint8Array, isLast: boolean, into: T[]): number {
  const source = new BytesSource(bytes);
  let read = 0;
  while (source.remaining > 0) {
    try {
      into.push(coder.decode(source, true));
      read = source.position;
    } catch (error) {
      if (!isLast && error instanceof MillraceError && error.code === CODER_ERROR.truncated) return read;
      throw error;
    }
  }
  return read;
}
