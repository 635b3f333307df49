import {
  type OffsetRange,
  OffsetRangeTracker,
  type PCollection,
  type Pipeline,
  type RestrictionClaims,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
} from 'millrace';

export const WORDS = ['abc', 'defghijklmno', 'pqrstuv', 'wxyz'];
export const LETTERS = [...WORDS.join('')];

export type Claims = RestrictionClaims<OffsetRange, number>;

/** What is to be known of the letters of a word before any is read. */
export class WordRanges {
  initialRestriction(word: string): OffsetRange {
    return { from: 0, to: word.length };
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
}

/** The letters of words. */
export class Letters extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    let at = tracker.currentRestriction().from;
    while (tracker.tryClaim(at)) {
      context.output(word[at++]!);
      yield;
    }
  }
}

export const words = (p: Pipeline): PCollection<string> => p.create('Words', WORDS);
