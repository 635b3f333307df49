import type { Writable } from 'node:stream';

/** The writing side of a stream, with back-pressure as a promise. */
export class Outgoing<T> {
  readonly #stream: Writable;
  #drained: Promise<void> | undefined;
  #ended = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.once('close', () => {
      this.#ended = true;
    });
  }

  send(message: T): Promise<void> {
    if (this.#ended || this.#stream.writableEnded || this.#stream.destroyed) return Promise.resolve();
    if (this.#stream.write(message)) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        this.#stream.off('drain', done);
        this.#stream.off('close', done);
        this.#stream.off('error', done);
        this.#drained = undefined;
        resolve();
      };
      this.#stream.on('drain', done);
      this.#stream.on('close', done);
      this.#stream.on('error', done);
    });
    return this.#drained;
  }

  end(): void {
    if (!this.#ended && !this.#stream.writableEnded) this.#stream.end();
  }
}
