import { createReadStream, type ReadStream } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';
import { MillraceError } from '../../sdk/model/index.js';
import type { ByteInput } from './byte-input.js';
import { errnoOf, fileError, showPath } from './file-errors.js';

const CHUNK_BYTES = 256 * 1024;

/**
 * The unpacked bytes of a gzip file (of all its members). Unpacked off the thread by zlib's stream and pulled from it, so
 * that no more than a few chunks are ever in memory. `skipBytes` unpacked bytes at the start are passed over.
 */
export class GzipInput implements ByteInput {
  private readonly stream: Gunzip;
  private readonly source: ReadStream;
  private chunk: Buffer = Buffer.alloc(0);
  private ended = false;
  private failure: Error | undefined;
  private unpackedBytes = 0;
  private wake: (() => void) | undefined;

  constructor(
    private readonly path: string,
    private skipBytes: number,
  ) {
    const fail = (error: Error) => {
      this.failure ??= error;
      this.source.destroy();
      this.wake?.();
    };
    this.stream = createGunzip({ chunkSize: CHUNK_BYTES })
      .on('error', fail)
      .on('readable', () => this.wake?.())
      .on('end', () => {
        this.ended = true;
        this.wake?.();
      });
    this.source = createReadStream(path, { highWaterMark: CHUNK_BYTES }).on('error', fail);
    this.source.pipe(this.stream);
  }

  read(target: Buffer, offset: number, length: number): number | Promise<void> {
    for (;;) {
      if (this.chunk.length === 0) {
        const next: Buffer | null = this.failure === undefined ? this.stream.read() : null;
        if (next === null) {
          if (this.failure !== undefined) throw this.describe(this.failure);
          if (this.ended) return 0;
          return new Promise((resolve) => {
            this.wake = () => {
              this.wake = undefined;
              resolve();
            };
          });
        }
        this.chunk = next;
        this.unpackedBytes += next.length;
      }
      const skipped = Math.min(this.skipBytes, this.chunk.length);
      this.skipBytes -= skipped;
      const count = Math.min(length, this.chunk.length - skipped);
      this.chunk.copy(target, offset, skipped, skipped + count);
      this.chunk = this.chunk.subarray(skipped + count);
      if (count > 0) return count;
    }
  }

  close(): void {
    this.source.destroy();
    this.stream.destroy();
  }

  private describe(error: Error): MillraceError {
    const errno = errnoOf(error);
    if (errno === undefined || !errno.startsWith('Z_')) return fileError('read', this.path, error);
    const truncated = errno === 'Z_BUF_ERROR';
    const where = `after ${this.unpackedBytes} unpacked bytes`;
    return new MillraceError(
      'IO_GZIP_CORRUPT',
      'external',
      `the gzip file ${showPath(this.path)} is ${truncated ? 'truncated or damaged' : 'corrupt'} ${where}: ${error.message}`,
      {
        hint:
          this.unpackedBytes === 0 && !truncated
            ? "if it is not gzip at all, read it with { gzip: 'never' }"
            : 'fetch or make the file again',
        cause: error,
      },
    );
  }
}
