import {
  type KV,
  type OffsetRange,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Claims, LETTERS, Letters, WORDS, WordRanges, words } from '../shapes/letters.js';

const requires = ['splittable'] as const;

export const lettersOfWords = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new Letters()))).containsInAnyOrder(LETTERS);
  },
  { requires },
);

export const restrictionsFromElsewhere = conformanceCase(
  (p) => {
    const ranges = new WordRanges();
    const letters = new Letters();
    const composed: SplittableFn<string, string, OffsetRange, number> = {
      initialRestriction: (word) => ranges.initialRestriction(word),
      newTracker: (range) => ranges.newTracker(range),
      process: (word, tracker, context) => letters.process(word, tracker, context),
    };
    PAssert.that(words(p).read('Letters', () => splittable(composed))).containsInAnyOrder(LETTERS);
  },
  { requires },
);

export const splittableFromThePipeline = conformanceCase(
  (p) => {
    PAssert.that(p.read('Letters', () => splittable(new Letters()), 'millrace')).containsInAnyOrder([...'millrace']);
  },
  { requires },
);

export const splittableWithoutElements = conformanceCase(
  (p) => {
    const none = words(p).filter('None', () => false);
    PAssert.that(none.read('Letters', () => splittable(new Letters()))).empty();
  },
  { requires },
);

export const splittableWithNothingToDo = conformanceCase(
  (p) => {
    const some = p.create('Words', ['', 'a', '']);
    PAssert.that(some.read('Letters', () => splittable(new Letters()))).containsInAnyOrder(['a']);
  },
  { requires },
);

/** Writes down in which order things were done to it; every word is read whole. */
class Ordered extends WordRanges implements SplittableFn<string, KV<string, number>, OffsetRange, number> {
  #done = 'new';
  setup(): void {
    this.#done = 'set up';
  }
  *process(word: string, tracker: Claims, context: SplittableContext<KV<string, number>>): SplittableWork {
    if (this.#done !== 'set up') throw new Error(`process came when it was ${this.#done}`);
    let count = 0;
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      if (at !== count) throw new Error(`${at} came after ${count} others`);
      count++;
      yield;
    }
    context.output({ key: word, value: count });
  }
}

export const claimsComeInOrder = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new Ordered()))).containsInAnyOrder(
      WORDS.map((word) => ({ key: word, value: word.length })),
    );
  },
  { requires },
);

export const longWorkInManySlices = conformanceCase(
  (p) => {
    const read = p
      .create('Words', ['x'.repeat(30_000)])
      .read('Letters', () => splittable(new Letters()))
      .countPerElement('Count');
    PAssert.that(read.map(({ value }) => value)).containsInAnyOrder([30_000]);
  },
  { requires },
);
