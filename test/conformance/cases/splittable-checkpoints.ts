import {
  type Counter,
  type DoFnContext,
  type OffsetRange,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
} from 'millrace';
import { int64, row, rowCoder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Claims, LETTERS, WordRanges, words } from '../shapes/letters.js';

const requires = ['splittable'] as const;

/** Pauses after every letter at an odd place, and counts them. */
class Pausing extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  #letters: Counter | undefined;
  setup({ metrics }: DoFnContext): void {
    this.#letters = metrics.counter('letters');
  }
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      this.#letters?.inc();
      context.output(word[at]!);
      if (at % 2 === 1) return resumeAfter(0);
      yield;
    }
    return undefined;
  }
}

export const checkpointsOfItsOwn = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new Pausing()))).containsInAnyOrder(LETTERS);
  },
  { requires, counters: { 'Letters#letters': LETTERS.length } },
);

const span = row({ from: int64(), to: int64() });

class OwnRestrictionCoder extends Pausing {
  readonly restrictionCoder = rowCoder(span);
}

export const restrictionsAsRows = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new OwnRestrictionCoder()))).containsInAnyOrder(LETTERS);
  },
  { requires },
);

class PausingForever extends Pausing {
  readonly isBounded = false;
}

export const checkpointsOfItsOwnUnbounded = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new PausingForever()))).containsInAnyOrder(LETTERS);
  },
  { requires, counters: { 'Letters#letters': LETTERS.length } },
);

/** Rests after every letter. */
class RestsAfterEach extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    const { from } = tracker.currentRestriction();
    yield;
    if (!tracker.tryClaim(from)) return undefined;
    context.output(word[from]!);
    return resumeAfter(1);
  }
}

export const oneClaimToACheckpoint = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new RestsAfterEach()))).containsInAnyOrder(LETTERS);
  },
  { requires },
);

class RestsAtTheEnd extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(word[at]!);
      yield;
    }
    return resumeAfter(1);
  }
}

export const nothingLeftToResume = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new RestsAtTheEnd()))).containsInAnyOrder(LETTERS);
  },
  { requires },
);
