import { isAscii, isUtf8 } from 'node:buffer';
import { NO_END, type OffsetRange } from '../../sdk/index.js';
import {
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  MillraceError,
  type PollResult,
  type RestrictionTracker,
  type SourceOutput,
  type SourceReader,
  type Timestamp,
} from '../../sdk/model/index.js';
import type { ByteInput } from '../files/byte-input.js';
import { showPath } from '../files/file-errors.js';
import { notUtf8 } from './not-utf8.js';
import { MIB, type ReadTextOptions } from './text-options.js';

const LF = 0x0a;
const CR = 0x0d;
const BLOCK_BYTES = MIB;
const SMALL_BLOCK_BYTES = 64 * 1024;

export type LineReaderOptions = Required<Pick<ReadTextOptions, 'invalidUtf8' | 'maxLineBytes' | 'keepEmptyLines'>>;

/**
 * Emits the lines whose first byte lies in a range of a file. The input must begin one byte before the range (or with the
 * file), so that the reader sees whether the range begins with the start of a line.
 *
 * A block is read, its line ends are found by memchr, the starts of the lines are claimed in one call, and the lines
 * become strings of their own (a slice of a decoded block would be quicker still, but whoever keeps one short key of it
 * would keep the whole block).
 */
export class LineReader implements SourceReader<string> {
  private readonly from: number;
  private buffer: Buffer;
  /** The bytes of the buffer that are read and not yet used up. */
  private start = 0;
  private end = 0;
  /** Offset in the file of the buffer's first byte. */
  private base: number;
  /** Behind the last newline of [start, end). */
  private linesEnd = 0;
  private atEnd = false;
  private skipping: boolean;
  private encoding: 'ascii' | 'utf8' | 'unknown' = 'ascii';
  private lineEnds = new Int32Array(1024);
  private linesBefore = 0;
  private finished = false;

  constructor(
    private readonly path: string,
    private readonly input: ByteInput,
    private readonly tracker: RestrictionTracker<OffsetRange, number>,
    private readonly options: LineReaderOptions,
  ) {
    const { from, to } = tracker.currentRestriction();
    this.from = from;
    this.base = from === 0 ? 0 : from - 1;
    this.skipping = from > 0;
    // A thousand small files should not cost a thousand large buffers.
    this.buffer = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, Math.max(SMALL_BLOCK_BYTES, to - from + 1)));
  }

  poll(out: SourceOutput<string>, budget: number): PollResult {
    if (this.finished) return 'done';
    if (this.skipping && !this.skipPartialLine()) {
      return this.skipping ? this.fill() : this.finish();
    }
    if (this.start === this.linesEnd && !this.atEnd) {
      // No claim is made for a line that has not been read whole: were it then given up, nobody would emit it.
      if (this.base + this.start >= this.tracker.currentRestriction().to) return this.finish();
      const result = this.fill();
      if (result !== 'more') return result;
    }
    return this.emitLines(out, budget);
  }

  watermark(): Timestamp {
    return this.finished ? MAX_TIMESTAMP : MIN_TIMESTAMP;
  }

  close(): void {
    this.input.close();
  }

  /** Moves to the first start of a line in the range. False when it is not in the buffer, or (no longer skipping) not in the range. */
  private skipPartialLine(): boolean {
    const { to } = this.tracker.currentRestriction();
    const found = this.buffer.subarray(this.start, this.end).indexOf(LF);
    if (found >= 0) {
      this.start += found + 1;
      this.skipping = false;
      return this.base + this.start < to;
    }
    this.start = this.end;
    if (this.atEnd || this.base + this.end >= to) this.skipping = false;
    return false;
  }

  private emitLines(out: SourceOutput<string>, budget: number): PollResult {
    const first = this.start;
    const count = this.findLines(Math.max(1, budget));
    if (count === 0) return this.atEnd ? this.finish() : 'more';
    // The start of the last line found is where the last but one ends.
    const lastStart = this.base + (count === 1 ? first : this.lineEnds[count - 2]! + 1);
    const claimed = this.claimUpTo(lastStart);
    if (claimed === undefined) return this.finish();
    this.emitClaimed(out, count, claimed);
    return claimed < lastStart ? this.finish() : 'more';
  }

  /** Puts the ends (positions of the newline) of up to `budget` lines into `lineEnds`. */
  private findLines(budget: number): number {
    if (budget > this.lineEnds.length) this.lineEnds = new Int32Array(budget);
    const { buffer, lineEnds, linesEnd, end } = this;
    let count = 0;
    let at = this.start;
    while (count < budget && at < linesEnd) {
      const lineEnd = buffer.indexOf(LF, at);
      lineEnds[count++] = lineEnd;
      at = lineEnd + 1;
    }
    // The last line of a file needs no newline.
    if (count < budget && this.atEnd && at < end) lineEnds[count++] = end;
    return count;
  }

  private claimUpTo(position: number): number | undefined {
    const { tracker } = this;
    if (tracker.tryClaimUpTo === undefined) throw new TypeError('the tracker of a text range claims blocks');
    return tracker.tryClaimUpTo(position);
  }

  private emitClaimed(out: SourceOutput<string>, count: number, claimed: number): void {
    const { buffer, lineEnds, base, encoding } = this;
    const { keepEmptyLines, maxLineBytes } = this.options;
    let at = this.start;
    for (let i = 0; i < count && base + at <= claimed; i++) {
      const newline = lineEnds[i]!;
      const lineEnd = newline > at && buffer[newline - 1] === CR && newline < this.end ? newline - 1 : newline;
      if (lineEnd - at > maxLineBytes) throw this.tooLong(base + at);
      const textStart = base + at === 0 && hasByteOrderMark(buffer, at, lineEnd) ? at + 3 : at;
      if (lineEnd > textStart || keepEmptyLines) {
        const line =
          encoding === 'ascii'
            ? buffer.toString('latin1', textStart, lineEnd)
            : encoding === 'utf8'
              ? buffer.toString('utf8', textStart, lineEnd)
              : this.decodeDoubtful(textStart, lineEnd);
        out.emit(line, MIN_TIMESTAMP);
      }
      this.linesBefore++;
      at = newline + 1;
      this.start = Math.min(at, this.end);
    }
  }

  /** Reads one more block behind what is in the buffer, which grows when a line is longer than it. */
  private fill(): PollResult {
    this.makeRoom();
    const { buffer, end } = this;
    const length = Math.min(buffer.length - end, BLOCK_BYTES);
    const count = this.input.read(buffer, end, length);
    if (typeof count !== 'number') return { kind: 'wakeWhen', promise: count };
    this.end += count;
    if (count === 0) {
      this.atEnd = true;
      this.checkNotShortened();
    } else {
      this.linesEnd = buffer.lastIndexOf(LF, this.end - 1) + 1;
    }
    this.examine();
    return 'more';
  }

  private makeRoom(): void {
    const kept = this.end - this.start;
    // One more, because the last byte may be the carriage return of its end.
    if (!this.skipping && kept > this.options.maxLineBytes + 1) throw this.tooLong(this.base + this.start);
    if (this.start > 0) {
      this.buffer.copyWithin(0, this.start, this.end);
      this.base += this.start;
      this.start = 0;
      this.end = kept;
    }
    this.linesEnd = 0;
    const largest = this.options.maxLineBytes + BLOCK_BYTES;
    if (kept * 2 > this.buffer.length && this.buffer.length < largest) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.buffer.length * 2, largest));
      this.buffer.copy(larger, 0, 0, kept);
      this.buffer = larger;
    }
  }

  /** Finds the cheapest right way to decode the lines that are whole. */
  private examine(): void {
    const lines = this.buffer.subarray(this.start, this.atEnd ? this.end : this.linesEnd);
    this.encoding = isAscii(lines) ? 'ascii' : isUtf8(lines) ? 'utf8' : 'unknown';
  }

  private decodeDoubtful(from: number, to: number): string {
    const bytes = this.buffer.subarray(from, to);
    if (!isUtf8(bytes) && this.options.invalidUtf8 === 'error') {
      throw notUtf8(this.path, bytes, this.base + from, this.lineNumber());
    }
    return bytes.toString();
  }

  private finish(): PollResult {
    this.finished = true;
    this.tracker.tryClaim(this.tracker.currentRestriction().to);
    return 'done';
  }

  private checkNotShortened(): void {
    const { to } = this.tracker.currentRestriction();
    const size = this.base + this.end;
    if (size < to && to !== NO_END) {
      throw new MillraceError(
        'IO_FILE_CHANGED',
        'external',
        `${showPath(this.path)} became shorter while it was read: it ends at byte ${size}, lines up to byte ${to} were there before`,
        { hint: 'read files that are complete: let their writers rename them into place' },
      );
    }
  }

  /** One-based; known only to a reader that began with the file. */
  private lineNumber(): number | undefined {
    return this.from === 0 ? this.linesBefore + 1 : undefined;
  }

  private tooLong(offset: number): MillraceError {
    return new MillraceError(
      'TEXT_LINE_TOO_LONG',
      'external',
      `a line of ${showPath(this.path)} is longer than ${this.options.maxLineBytes} bytes (${place(offset, this.lineNumber())})`,
      { hint: 'raise maxLineBytes if the file really has such lines; is it a text file?' },
    );
  }
}

function hasByteOrderMark(buffer: Buffer, at: number, end: number): boolean {
  return end - at >= 3 && buffer[at] === 0xef && buffer[at + 1] === 0xbb && buffer[at + 2] === 0xbf;
}

function place(offset: number, line: number | undefined): string {
  return line === undefined ? `it starts at byte ${offset}` : `line ${line}, it starts at byte ${offset}`;
}
