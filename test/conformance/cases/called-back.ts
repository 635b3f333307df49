import {
  type DoFn,
  type FinishBundleContext,
  GlobalWindow,
  type OffsetRange,
  type ProcessContext,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { note } from '../notes.js';
import { type Claims, WordRanges } from '../shapes/letters.js';

/** Callbacks are called: once each, when what was emitted is safe, and not when it is not. */

const requires = ['finalization'] as const;
const declared = { requestsFinalization: true } as const;

const exactly = (expected: readonly string[]) => (lines: readonly string[]) => {
  if ([...lines].sort().join() !== [...expected].sort().join()) throw new Error(`called back: ${lines}`);
};

class CallsBack implements DoFn<string, string> {
  constructor(
    private readonly notes: string,
    private readonly fails = false,
  ) {}
  process(word: string, context: ProcessContext<string>): void {
    if (this.fails)
      context.afterCommit(() => {
        throw new Error('the callback has failed');
      });
    context.afterCommit(() => note(this.notes, word));
    context.output(word);
  }
}

export const callbacksAreCalledOnce = conformanceCase(
  (p, notes) => {
    const out = p.create('Words', ['a', 'b']).parDo('Called back', () => new CallsBack(notes), declared);
    PAssert.that(out).containsInAnyOrder(['a', 'b']);
  },
  { requires, noted: exactly(['a', 'b']) },
);

/** One that throws does not keep the others from being called. */
export const callbacksBesideOneThatThrows = conformanceCase(
  (p, notes) => {
    const out = p.create('Words', ['a', 'b']).parDo('Called back', () => new CallsBack(notes, true), declared);
    PAssert.that(out).containsInAnyOrder(['a', 'b']);
  },
  { requires, noted: exactly(['a', 'b']) },
);

export const callbacksBehindAGrouping = conformanceCase(
  (p, notes) => {
    const out = p
      .create('Words', ['a', 'b', 'a'])
      .countPerElement()
      .map('Key', ({ key }) => key)
      .parDo('Called back', () => new CallsBack(notes), declared);
    PAssert.that(out).containsInAnyOrder(['a', 'b']);
  },
  { requires, noted: exactly(['a', 'b']) },
);

export const noCallbackOfWhatHasFailed = conformanceCase(
  (p, notes) => {
    p.create('Words', ['a'])
      .parDo('Called back', () => new CallsBack(notes), declared)
      .map('Fail', () => {
        throw new Error('not safe');
      });
  },
  { requires, fails: 'FUNCTION_THREW', saying: ['Fail'], noted: exactly([]) },
);

class AtTheEnd implements DoFn<string, string> {
  #words: string[] = [];
  constructor(private readonly notes: string) {}
  startBundle(): void {
    this.#words = [];
  }
  process(word: string): void {
    this.#words.push(word);
  }
  finishBundle(context: FinishBundleContext<string>): void {
    const words = this.#words;
    context.afterCommit(() => {
      for (const word of words) note(this.notes, word);
    });
    for (const word of words) context.output(word, 0, GlobalWindow.INSTANCE);
  }
}

export const callbacksOfFinishBundleAreCalled = conformanceCase(
  (p, notes) => {
    const out = p.create('Words', ['a', 'b']).parDo('Called back', () => new AtTheEnd(notes), declared);
    PAssert.that(out).containsInAnyOrder(['a', 'b']);
  },
  { requires, noted: exactly(['a', 'b']) },
);

/** Pauses after each letter, so that its work goes on in another bundle. */
class Letters extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  readonly requestsFinalization = true;
  constructor(private readonly notes: string) {
    super();
  }
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    const at = tracker.currentRestriction().from;
    yield;
    if (!tracker.tryClaim(at)) return undefined;
    context.afterCommit(() => note(this.notes, word[at]!));
    context.output(word[at]!);
    return resumeAfter(1);
  }
}

export const callbacksOfASplittableAreCalled = conformanceCase(
  (p, notes) => {
    const out = p.create('Words', ['abc', 'd']).read('Letters', () => splittable(new Letters(notes)));
    PAssert.that(out).containsInAnyOrder(['a', 'b', 'c', 'd']);
  },
  { requires: ['finalization', 'splittable'], noted: exactly(['a', 'b', 'c', 'd']) },
);
