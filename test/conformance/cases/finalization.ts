import {
  type DoFn,
  type FinishBundleContext,
  GlobalWindow,
  type OffsetRange,
  type ProcessContext,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Claims, WordRanges } from '../shapes/letters.js';

const requires = ['finalization'] as const;

/** Hands elements on, and wants to be called back for each. */
class CalledBack implements DoFn<string, string> {
  constructor(private readonly callback: () => void = () => {}) {}
  process(element: string, context: ProcessContext<string>): void {
    context.afterCommit(this.callback);
    context.output(element);
  }
}

export const finalizationRequested = conformanceCase(
  (p) => {
    const out = p
      .create('Words', ['1', '2'])
      .parDo('Called back', () => new CalledBack(), { requestsFinalization: true });
    PAssert.that(out).containsInAnyOrder(['1', '2']);
  },
  { requires },
);

export const callbackThatThrows = conformanceCase(
  (p) => {
    const fail = (): never => {
      throw new Error('the callback has failed');
    };
    const out = p
      .create('Words', ['1', '2'])
      .parDo('Called back', () => new CalledBack(fail), { requestsFinalization: true });
    PAssert.that(out).containsInAnyOrder(['1', '2']);
  },
  { requires },
);

class AtTheEndOfTheBundle implements DoFn<string, string> {
  #elements: string[] = [];
  process(element: string): void {
    this.#elements.push(element);
  }
  finishBundle(context: FinishBundleContext<string>): void {
    context.afterCommit(async () => {});
    for (const element of this.#elements) context.output(element, 0, GlobalWindow.INSTANCE);
    this.#elements = [];
  }
}

export const finalizationRequestedInFinishBundle = conformanceCase(
  (p) => {
    const out = p
      .create('Words', ['1', '2'])
      .parDo('Called back', () => new AtTheEndOfTheBundle(), { requestsFinalization: true });
    PAssert.that(out).containsInAnyOrder(['1', '2']);
  },
  { requires },
);

export const finalizationThatIsNotDeclared = conformanceCase(
  (p) => {
    p.create('Words', ['1']).parDo('Called back', () => new CalledBack());
  },
  { fails: 'FINALIZATION_UNDECLARED', saying: ['Called back'] },
);

class Committing extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  readonly requestsFinalization: boolean;
  constructor(isDeclared: boolean) {
    super();
    this.requestsFinalization = isDeclared;
  }
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(word[at]!);
      context.afterCommit(() => {});
      yield;
    }
  }
}

export const finalizationOfASplittable = conformanceCase(
  (p) => {
    PAssert.that(
      p.create('Words', ['ab', 'c']).read('Letters', () => splittable(new Committing(true))),
    ).containsInAnyOrder(['a', 'b', 'c']);
  },
  { requires },
);

export const finalizationOfASplittableUndeclared = conformanceCase(
  (p) => {
    p.create('Words', ['ab']).read('Letters', () => splittable(new Committing(false)));
  },
  { requires: ['splittable'], fails: 'FINALIZATION_UNDECLARED', saying: ['Letters'] },
);
