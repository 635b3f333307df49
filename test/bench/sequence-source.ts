import type {
  Coder,
  PollResult,
  RestrictionTracker,
  SourceContext,
  SourceOutput,
  SourceReader,
  SplittableDoFn,
} from 'millrace';
import { valueCoder } from 'millrace/coders';

/** The positions first, first + step, first + 2 step … below end: what one of several parallel readers emits. */
export interface Stride {
  readonly first: number;
  readonly step: number;
  readonly end: number;
}

/**
 * Elements that are computed from their position, in order of time. Split into P parts, part i has the positions i mod P,
 * so that all parts are at the same time at the same moment.
 */
export class SequenceSource<T> implements SplittableDoFn<number, T, Stride, number> {
  readonly isBounded = true;
  readonly restrictionCoder: Coder<Stride> = valueCoder();

  constructor(
    private readonly make: (position: number) => T,
    private readonly timestampOf: (position: number) => number,
  ) {}

  initialRestriction(length: number): Stride {
    return { first: 0, step: 1, end: length };
  }

  split(_length: number, { first, step, end }: Stride, parts: number): Stride[] {
    return Array.from({ length: parts }, (_, i) => ({ first: first + i * step, step: step * parts, end }));
  }

  size(_length: number, { first, step, end }: Stride): number {
    return Math.max(0, Math.ceil((end - first) / step));
  }

  newTracker(restriction: Stride): StrideTracker {
    return new StrideTracker(restriction);
  }

  open(_length: number, tracker: RestrictionTracker<Stride, number>, context: SourceContext): SequenceReader<T> {
    return new SequenceReader(tracker, context.initialWatermark, this.make, this.timestampOf);
  }
}

class SequenceReader<T> implements SourceReader<T> {
  #next: number;
  readonly #step: number;

  constructor(
    private readonly tracker: RestrictionTracker<Stride, number>,
    private reached: number,
    private readonly make: (position: number) => T,
    private readonly timestampOf: (position: number) => number,
  ) {
    const { first, step } = tracker.currentRestriction();
    this.#next = first;
    this.#step = step;
  }

  poll(out: SourceOutput<T>, budget: number): PollResult {
    const last = this.tracker.tryClaimUpTo!(this.#next + (budget - 1) * this.#step);
    if (last === undefined) return 'done';
    const { make, timestampOf } = this;
    const step = this.#step;
    for (let position = this.#next; position <= last; position += step) {
      out.emit(make(position), timestampOf(position));
    }
    this.#next = last + step;
    this.reached = timestampOf(last);
    return 'more';
  }

  watermark(): number {
    return this.reached;
  }

  close(): void {}
}

export class StrideTracker implements RestrictionTracker<Stride, number> {
  #restriction: Stride;
  /** The first position that nobody claimed. */
  #next: number;

  constructor(restriction: Stride) {
    this.#restriction = restriction;
    this.#next = restriction.first;
  }

  tryClaim(position: number): boolean {
    if (position >= this.#restriction.end) {
      this.#next = Math.max(this.#next, this.#restriction.end);
      return false;
    }
    this.#next = position + this.#restriction.step;
    return true;
  }

  tryClaimUpTo(position: number): number | undefined {
    const { end, step } = this.#restriction;
    if (this.#next >= end) return undefined;
    const last = this.#next + Math.floor((Math.min(position, end - 1) - this.#next) / step) * step;
    this.#next = last + step;
    return last;
  }

  trySplit(fractionOfRemainder: number): Stride | undefined {
    const { first, step, end } = this.#restriction;
    const left = Math.ceil((end - this.#next) / step);
    const kept = Math.ceil(left * fractionOfRemainder);
    if (kept >= left) return undefined;
    const cut = this.#next + kept * step;
    this.#restriction = { first, step, end: cut };
    return { first: cut, step, end };
  }

  currentRestriction(): Stride {
    return this.#restriction;
  }

  progress(): { completed: number; remaining: number } {
    const { first, step, end } = this.#restriction;
    return { completed: (this.#next - first) / step, remaining: Math.max(0, Math.ceil((end - this.#next) / step)) };
  }

  checkDone(): void {
    const { end } = this.#restriction;
    if (this.#next < end) throw new Error(`positions from ${this.#next} to ${end} were not read`);
  }
}
