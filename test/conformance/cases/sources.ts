import {
  fixedWindows,
  generateSequence,
  type OffsetRange,
  OffsetRangeTracker,
  type SourceReader,
  type SplittableDoFn,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

export const sequence = conformanceCase((p) => {
  const numbers = p.apply('Sequence', generateSequence({ from: 10, to: 15 }));
  PAssert.that(numbers).containsInAnyOrder([10, 11, 12, 13, 14]);
});

export const emptySequence = conformanceCase((p) => {
  PAssert.that(p.apply('Sequence', generateSequence({ from: 3, to: 3 }))).empty();
});

export const longSequence = conformanceCase((p) => {
  const counts = p
    .apply('Sequence', generateSequence({ to: 100_000 }))
    .map((n) => n % 7)
    .countPerElement();
  PAssert.that(counts.map(({ value }) => value)).containsInAnyOrder([
    14_286, 14_286, 14_286, 14_286, 14_286, 14_285, 14_285,
  ]);
});

export const sequenceInWindows = conformanceCase((p) => {
  const numbers = p.apply('Sequence', generateSequence({ to: 1_000, timestampFn: (n) => n }));
  const sums = numbers
    .windowInto(fixedWindows(250))
    .keyBy(() => 'all')
    .countPerKey();
  PAssert.that(sums.map(({ value }) => value)).containsInAnyOrder([250, 250, 250, 250]);
});

/** Reads the letters of a word; two restrictions, one of which needs a while. */
class Letters implements SplittableDoFn<string, string, OffsetRange, number> {
  readonly isBounded = true;
  readonly restrictionCoder = valueCoder<OffsetRange>();
  initialRestriction(word: string): OffsetRange {
    return { from: 0, to: word.length };
  }
  async split(_word: string, { from, to }: OffsetRange): Promise<OffsetRange[]> {
    const middle = Math.floor((from + to) / 2);
    return [
      { from, to: middle },
      { from: middle, to },
    ];
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
  async open(word: string, tracker: OffsetRangeTracker): Promise<SourceReader<string>> {
    let position = tracker.currentRestriction().from;
    let waited = false;
    return {
      poll(out) {
        if (!waited) {
          waited = true;
          return { kind: 'resumeAfter', delayMs: 5 };
        }
        if (!tracker.tryClaim(position)) return 'done';
        out.emit(word[position]!, position);
        position++;
        return position % 2 === 0 ? 'more' : { kind: 'wakeWhen', promise: Promise.resolve() };
      },
      watermark: () => position,
      close: async () => {},
    };
  }
}

export const ownSource = conformanceCase((p) => {
  PAssert.that(p.read('Letters', () => new Letters(), 'millrace')).containsInAnyOrder([...'millrace']);
});

export const sourceOfManyElements = conformanceCase((p) => {
  PAssert.that(p.create('Words', ['ab', 'c', '']).read('Letters', () => new Letters())).containsInAnyOrder([
    'a',
    'b',
    'c',
  ]);
});

class Broken extends Letters {
  override async open(): Promise<SourceReader<string>> {
    throw new Error('no such word');
  }
}

export const sourceThatCannotOpen = conformanceCase(
  (p) => {
    p.read('Letters', () => new Broken(), 'millrace');
  },
  { fails: 'FUNCTION_THREW', saying: ['Letters', 'no such word'] },
);

class Unfinished extends Letters {
  override async open(): Promise<SourceReader<string>> {
    return { poll: () => 'done', watermark: () => 0, close: () => {} };
  }
}

export const readerThatStopsTooEarly = conformanceCase(
  (p) => {
    p.read('Letters', () => new Unfinished(), 'millrace');
  },
  { fails: 'RESTRICTION_UNFINISHED', saying: ['Letters'] },
);
