import { valueCoder } from '../../sdk/coders/index.js';
import { type OffsetRange, OffsetRangeTracker } from '../../sdk/index.js';
import {
  type DoFnContext,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type PollResult,
  type SourceOutput,
  type SourceReader,
  type SplittableDoFn,
  type Timestamp,
} from '../../sdk/model/index.js';
import { checkSameThread, type MemoryRecord, memory } from './memory.js';

/** The records that a memory holds when the pipeline reaches it. The element is the memory's name. */
export class ReadFromMemoryFn<T> implements SplittableDoFn<string, T, OffsetRange, number> {
  readonly isBounded = true;
  readonly restrictionCoder = valueCoder<OffsetRange>();
  private step = '';

  setup({ step }: DoFnContext): void {
    this.step = step;
  }

  initialRestriction(name: string): OffsetRange {
    checkSameThread(name, this.step);
    return { from: 0, to: memory<T>(name).records.length };
  }

  size(_: string, { from, to }: OffsetRange): number {
    return to - from;
  }

  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }

  open(name: string, tracker: OffsetRangeTracker): SourceReader<T> {
    checkSameThread(name, this.step);
    return new MemoryReader(memory<T>(name).records, tracker);
  }
}

class MemoryReader<T> implements SourceReader<T> {
  private next: number;

  constructor(
    private readonly records: readonly MemoryRecord<T>[],
    private readonly tracker: OffsetRangeTracker,
  ) {
    this.next = tracker.currentRestriction().from;
  }

  poll(out: SourceOutput<T>, budget: number): PollResult {
    const last = this.tracker.tryClaimUpTo(this.next + budget - 1);
    if (last === undefined) return 'done';
    for (let i = this.next; i <= last; i++) {
      const { value, timestamp } = this.records[i]!;
      out.emit(value, timestamp);
    }
    this.next = last + 1;
    return 'more';
  }

  /** The records may stand in any order. */
  watermark(): Timestamp {
    return this.next < this.tracker.currentRestriction().to ? MIN_TIMESTAMP : MAX_TIMESTAMP;
  }

  close(): void {
    // Nothing is held open.
  }
}
