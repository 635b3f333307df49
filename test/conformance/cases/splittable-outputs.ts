import {
  fixedWindows,
  type OffsetRange,
  outputTag,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  slidingWindows,
  splittable,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Claims, LETTERS, WordRanges, words } from '../shapes/letters.js';
import { boundsOf, where } from '../shapes/where.js';

const requires = ['splittable'] as const;

/** Where an element stands, and what its context says of the window. */
class Places extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(`${word[at]}${boundsOf(context.window)}`);
      yield;
    }
  }
}

export const windowsOfTheElement = conformanceCase(
  (p) => {
    const read = p
      .create('Words', ['ab', 'c'], { timestamps: [3, 12] })
      .windowInto(fixedWindows(10))
      .read('Letters', () => splittable(new Places()));
    PAssert.that(where(read)).containsInAnyOrder(['a[0,10)@3[0,10)', 'b[0,10)@3[0,10)', 'c[10,20)@12[10,20)']);
  },
  { requires },
);

export const workForEachWindow = conformanceCase(
  (p) => {
    const read = p
      .create('Words', ['ab'], { timestamps: [7] })
      .windowInto(slidingWindows(10, 5))
      .read('Letters', () => splittable(new Places()));
    PAssert.that(where(read)).containsInAnyOrder([
      'a[0,10)@7[0,10)',
      'b[0,10)@7[0,10)',
      'a[5,15)@7[5,15)',
      'b[5,15)@7[5,15)',
    ]);
  },
  { requires },
);

const vowels = outputTag('vowels').of<string>();

class Sorted extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      const letter = word[at]!;
      if ('aeiou'.includes(letter)) context.outputTagged(vowels, letter);
      else context.output(letter);
      yield;
    }
  }
}

export const severalOutputs = conformanceCase(
  (p) => {
    const sorted = words(p).read('Letters', () => splittable(new Sorted()), { outputs: [vowels] });
    PAssert.that('Vowels', sorted.vowels).containsInAnyOrder([...'aeiou']);
    PAssert.that('Others', sorted.main).containsInAnyOrder(LETTERS.filter((letter) => !'aeiou'.includes(letter)));
  },
  { requires },
);

export const onlyTheTaggedOutput = conformanceCase(
  (p) => {
    const sorted = words(p).read('Letters', () => splittable(new Sorted()), { outputs: [vowels] });
    PAssert.that(sorted.vowels.map('Upper', (letter) => letter.toUpperCase())).containsInAnyOrder([...'AEIOU']);
  },
  { requires },
);

export const outputThatIsNotDeclared = conformanceCase(
  (p) => {
    words(p).read('Letters', () => splittable(new Sorted()));
  },
  { requires, fails: 'OUTPUT_TAG_UNKNOWN', saying: ['Letters', 'vowels'] },
);
