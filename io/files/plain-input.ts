import { closeSync, openSync, readSync } from 'node:fs';
import type { ByteInput } from './byte-input.js';
import { fileError } from './file-errors.js';

/** A file read with synchronous calls, from a byte on. A block from the page cache costs less than the turn of an event loop. */
export class PlainInput implements ByteInput {
  private readonly fd: number;

  constructor(
    private readonly path: string,
    private position: number,
  ) {
    try {
      this.fd = openSync(path, 'r');
    } catch (error) {
      throw fileError('open', path, error);
    }
  }

  read(target: Buffer, offset: number, length: number): number {
    try {
      const count = readSync(this.fd, target, offset, length, this.position);
      this.position += count;
      return count;
    } catch (error) {
      throw fileError('read', this.path, error);
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
