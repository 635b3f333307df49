import { type OffsetRange, type SplittableContext, type SplittableFn, type SplittableWork, splittable } from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Claims, LETTERS, WordRanges, words } from '../shapes/letters.js';

const requires = ['splittable'] as const;

/** Looks something up before each claim. */
class Waits extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; ; at++) {
      const letter = yield Promise.resolve(word[at]?.toUpperCase());
      if (!tracker.tryClaim(at)) return;
      context.output(letter as string);
    }
  }
}

export const promisesAreWaitedFor = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new Waits()))).containsInAnyOrder(
      LETTERS.map((letter) => letter.toUpperCase()),
    );
  },
  { requires },
);

class Refused extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  constructor(private readonly isCaught: boolean) {
    super();
  }
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      try {
        yield Promise.reject(new Error('not here'));
      } catch (error) {
        if (!this.isCaught) throw error;
        context.output(`${word[at]}: ${(error as Error).message}`);
      }
    }
  }
}

export const promiseThatIsRejected = conformanceCase(
  (p) => {
    const read = p.create('Words', ['ab']).read('Letters', () => splittable(new Refused(true)));
    PAssert.that(read).containsInAnyOrder(['a: not here', 'b: not here']);
  },
  { requires },
);

export const promiseThatIsRejectedAndNotCaught = conformanceCase(
  (p) => {
    p.create('Words', ['ab']).read('Letters', () => splittable(new Refused(false)));
  },
  { requires, fails: 'FUNCTION_THREW', saying: ['Letters', 'not here', "'ab'"] },
);
