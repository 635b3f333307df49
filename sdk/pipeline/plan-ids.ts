import { createHash } from 'node:crypto';

/** Gives out ids of the form `[A-Za-z0-9-_]+`, made from names, each once. */
export class IdTable {
  readonly #taken = new Set<string>(['__proto__']);

  /** An id like `name`; where another name got it already, or nothing is left of the name, with a part of its hash. */
  claim(name: string): string {
    const plain = name.replace(/[^A-Za-z0-9_-]/g, '_');
    let id = plain === '' || this.#taken.has(plain) ? `${plain}-${shortHash(name)}` : plain;
    while (this.#taken.has(id)) id += '_';
    this.#taken.add(id);
    return id;
  }
}

/** First 8 hex digits of the SHA-256 of a text. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
