import { valueCoder } from '../../sdk/coders/index.js';
import { NO_END, type OffsetRange, OffsetRangeTracker } from '../../sdk/index.js';
import type { RestrictionTracker, SourceReader, SplittableDoFn } from '../../sdk/model/index.js';
import type { FileMetadata } from '../files/glob.js';
import { GzipInput } from '../files/gzip-input.js';
import { PlainInput } from '../files/plain-input.js';
import { LineReader } from './line-reader.js';
import { MIB, type ReadTextOptions } from './text-options.js';

/** Below this the start of another reader costs more than it brings. */
const SMALLEST_PIECE_BYTES = MIB;

/** The lines of a file; a line belongs to the range in which its first byte lies. */
export class ReadLinesFn implements SplittableDoFn<FileMetadata, string, OffsetRange, number> {
  readonly isBounded = true;
  readonly restrictionCoder = valueCoder<OffsetRange>();

  constructor(private readonly options: Required<ReadTextOptions>) {}

  initialRestriction(file: FileMetadata): OffsetRange {
    return { from: 0, to: this.isGzip(file) ? NO_END : file.sizeBytes };
  }

  split(file: FileMetadata, restriction: OffsetRange, parts: number): readonly OffsetRange[] {
    if (this.isGzip(file)) return [restriction];
    const { from, to } = restriction;
    const readers = Math.max(1, parts);
    const fair = Math.max(SMALLEST_PIECE_BYTES, Math.ceil((to - from) / readers));
    const pieceBytes = Math.min(this.options.desiredSplitBytes, fair);
    const least = Math.max(1, Math.ceil((to - from) / pieceBytes));
    // As many for each reader: of three pieces one of two readers would get two, and the other one would end early.
    const even = Math.ceil(least / readers) * readers;
    const pieces = (to - from) / even < SMALLEST_PIECE_BYTES ? least : even;
    const bound = (i: number) => from + Math.floor(((to - from) * i) / pieces);
    return Array.from({ length: pieces }, (_, i) => ({ from: bound(i), to: bound(i + 1) }));
  }

  size(file: FileMetadata, { from, to }: OffsetRange): number {
    return this.isGzip(file) ? file.sizeBytes : to - from;
  }

  /** The end of unpacked bytes is not known: such a range can stop where it is, but is not cut for parallel work. */
  newTracker(restriction: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(restriction);
  }

  open(file: FileMetadata, tracker: RestrictionTracker<OffsetRange, number>): SourceReader<string> {
    const { from } = tracker.currentRestriction();
    // One byte before the range: a newline there means that the range begins with the start of a line.
    const start = Math.max(0, from - 1);
    const input = this.isGzip(file) ? new GzipInput(file.path, start) : new PlainInput(file.path, start);
    return new LineReader(file.path, input, tracker, this.options);
  }

  private isGzip(file: FileMetadata): boolean {
    const { gzip } = this.options;
    return gzip === 'always' || (gzip === 'auto' && file.path.endsWith('.gz'));
  }
}
