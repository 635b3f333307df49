import {
  GrowableOffsetRangeTracker,
  NO_END,
  type OffsetRange,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Claims, LETTERS, Letters, WordRanges, words } from '../shapes/letters.js';

const requires = ['splittable'] as const;

/** Cut into single letters; says of each piece where it began. */
class Cut extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  split(_: string, { from, to }: OffsetRange): readonly OffsetRange[] {
    return Array.from({ length: to - from }, (_, i) => ({ from: from + i, to: from + i + 1 }));
  }
  size(_: string, { from, to }: OffsetRange): number {
    return to - from;
  }
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    const { from } = tracker.currentRestriction();
    for (let at = from; tracker.tryClaim(at); at++) {
      context.output(`${word[at]}${at - from}`);
      yield;
    }
  }
}

export const initialSplit = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new Cut()))).containsInAnyOrder(LETTERS.map((l) => `${l}0`));
  },
  { requires },
);

/** Pieces of very different length, as Beam's synthetic source makes them. */
class Uneven extends Letters {
  async split(_: string, { from, to }: OffsetRange): Promise<readonly OffsetRange[]> {
    const pieces: OffsetRange[] = [];
    let at = from;
    for (let length = 1; at < to; length *= 2) {
      pieces.push({ from: at, to: Math.min(to, at + length) });
      at += length;
    }
    return pieces;
  }
}

export const unevenPieces = conformanceCase(
  (p) => {
    const counts = p
      .create('Words', ['x'.repeat(1_000), 'y'.repeat(3)])
      .read('Letters', () => splittable(new Uneven()))
      .countPerElement('Count');
    PAssert.that(counts).containsInAnyOrder([
      { key: 'x', value: 1_000 },
      { key: 'y', value: 3 },
    ]);
  },
  { requires },
);

class Measured extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(_: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      const { completed, remaining } = tracker.progress();
      context.output(`${completed}+${remaining}`);
      yield;
    }
  }
}

export const progressOfTheWork = conformanceCase(
  (p) => {
    const said = p.create('Words', ['abc']).read('Letters', () => splittable(new Measured()));
    PAssert.that(said).containsInAnyOrder(['1+2', '2+1', '3+0']);
  },
  { requires },
);

/** A log whose end is not known in advance: claims the end of all offsets where it finds no more. */
class Log implements SplittableFn<string, string, OffsetRange, number> {
  initialRestriction(): OffsetRange {
    return { from: 0, to: NO_END };
  }
  newTracker(range: OffsetRange): GrowableOffsetRangeTracker {
    return new GrowableOffsetRangeTracker(range, () => 4);
  }
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; at < word.length && tracker.tryClaim(at); at++) {
      context.output(word[at]!);
      if (at === 1) return resumeAfter(1);
      yield;
    }
    tracker.tryClaim(NO_END);
    return undefined;
  }
}

export const growingRange = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new Log()))).containsInAnyOrder(LETTERS);
  },
  { requires },
);
