import { type SplittableContext, type SplittableWork, splittable } from 'millrace';
import { conformanceCase } from '../case.js';
import { type Claims, Letters, words } from '../shapes/letters.js';

const requires = ['splittable'] as const;

class Lazy extends Letters {
  override *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    const at = tracker.currentRestriction().from;
    if (tracker.tryClaim(at)) context.output(word[at]!);
    yield;
  }
}

export const splittableThatEndsTooEarly = conformanceCase(
  (p) => {
    words(p).read('Letters', () => splittable(new Lazy()));
  },
  { requires, fails: 'RESTRICTION_UNFINISHED', saying: ['Letters', 'was not attempted'] },
);

class Throws extends Letters {
  override *process(word: string, tracker: Claims): SplittableWork {
    if (tracker.tryClaim(0)) throw new RangeError(`no ${word}`);
    yield;
  }
}

export const splittableThatThrows = conformanceCase(
  (p) => {
    p.create('Words', ['ab']).read('Letters', () => splittable(new Throws()));
  },
  { requires, fails: 'FUNCTION_THREW', saying: ['Letters', 'RangeError', 'no ab'] },
);

class NoGenerator extends Letters {
  override process(): SplittableWork {
    return [] as never;
  }
}

export const processThatIsNoGenerator = conformanceCase(
  (p) => {
    words(p).read('Letters', () => splittable(new NoGenerator()));
  },
  { requires, fails: 'FUNCTION_NO_GENERATOR', saying: ['Letters'] },
);
