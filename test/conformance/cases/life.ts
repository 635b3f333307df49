import { randomUUID } from 'node:crypto';
import {
  type DoFn,
  type KV,
  type NoDeclarations,
  type OffsetRange,
  type PCollection,
  type ProcessContext,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
  valueState,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { note } from '../notes.js';
import { type Claims, WordRanges } from '../shapes/letters.js';

type Method = 'setup' | 'startBundle' | 'process' | 'finishBundle' | 'teardown';

/** Notes down all that is done to each instance, and may fail in one of its methods. */
class Lives<D = NoDeclarations> implements DoFn<KV<string, number>, number, D> {
  #id = '';

  constructor(
    private readonly notes: string,
    private readonly failsIn?: Method,
  ) {}

  setup(): void {
    // Not before: instances are also made while the pipeline is built.
    this.#id = randomUUID();
    this.#do('setup');
  }
  startBundle(): void {
    this.#do('startBundle');
  }
  process({ value }: KV<string, number>, context: ProcessContext<number, D>): void {
    this.#do('process');
    context.output(value);
  }
  finishBundle(): void {
    this.#do('finishBundle');
  }
  teardown(): void {
    this.#do('teardown');
  }

  #do(method: Method): void {
    note(this.notes, `${this.#id} ${method}`);
    if (method === this.failsIn) throw new Error(`fails in ${method}`);
  }
}

const counting = { state: { count: valueState<number>() } };

/** What was done to each instance, in order. */
function livesIn(lines: readonly string[]): string[] {
  const lives = new Map<string, string[]>();
  for (const line of lines) {
    const [id, method] = line.split(' ') as [string, string];
    lives.set(id, [...(lives.get(id) ?? []), method]);
  }
  return [...lives.values()].map((methods) => methods.join(' '));
}

const BUNDLES = '( startBundle( process)* finishBundle)*';

/** Each instance had this life, and there was at least one that had `once`. */
function livedAs(lines: readonly string[], life: RegExp, once: RegExp): void {
  const lives = livesIn(lines);
  for (const each of lives) if (!life.test(each)) throw new Error(`an instance had the life: ${each}`);
  if (!lives.some((each) => once.test(each))) throw new Error(`no life was as ${once}: ${lives.join('; ')}`);
}

const MAY_BE_CUT_SHORT = new RegExp(`^setup${BUNDLES}( startBundle( process)*( finishBundle)?)? teardown$`);

/** A failure is the end of an instance, and puts it away; those beside it may be in the midst of a bundle. */
const livedUntil = (method: Method) => (lines: readonly string[]) =>
  livedAs(lines, MAY_BE_CUT_SHORT, new RegExp(`${method} teardown$`));

const pairs = (p: Parameters<Parameters<typeof conformanceCase>[0]>[0]): PCollection<KV<string, number>> =>
  p.create('Numbers', [1, 2, 3, 4]).keyBy((n) => `k${n % 2}`);

export const lifeOfAnInstance = conformanceCase(
  (p, notes) => {
    PAssert.that(pairs(p).parDo('Live', () => new Lives(notes))).containsInAnyOrder([1, 2, 3, 4]);
  },
  { noted: (lines) => livedAs(lines, new RegExp(`^setup${BUNDLES} teardown$`), / process/) },
);

export const lifeOfAnInstanceWithState = conformanceCase(
  (p, notes) => {
    PAssert.that(pairs(p).parDo('Live', () => new Lives<typeof counting>(notes), counting)).containsInAnyOrder([
      1, 2, 3, 4,
    ]);
  },
  { requires: ['state'], noted: (lines) => livedAs(lines, new RegExp(`^setup${BUNDLES} teardown$`), / process/) },
);

const failingIn = (method: Method) =>
  conformanceCase(
    (p, notes) => {
      pairs(p).parDo('Live', () => new Lives(notes, method));
    },
    { fails: 'FUNCTION_THREW', saying: ['Live', `fails in ${method}`], noted: livedUntil(method) },
  );

export const teardownAfterSetupHasFailed = failingIn('setup');
export const teardownAfterStartBundleHasFailed = failingIn('startBundle');
export const teardownAfterProcessHasFailed = failingIn('process');
export const teardownAfterFinishBundleHasFailed = failingIn('finishBundle');

const failingWithStateIn = (method: Method) =>
  conformanceCase(
    (p, notes) => {
      pairs(p).parDo('Live', () => new Lives<typeof counting>(notes, method), counting);
    },
    {
      requires: ['state'],
      fails: 'FUNCTION_THREW',
      saying: ['Live', `fails in ${method}`],
      noted: livedUntil(method),
    },
  );

export const teardownWithStateAfterSetupHasFailed = failingWithStateIn('setup');
export const teardownWithStateAfterStartBundleHasFailed = failingWithStateIn('startBundle');
export const teardownWithStateAfterProcessHasFailed = failingWithStateIn('process');
export const teardownWithStateAfterFinishBundleHasFailed = failingWithStateIn('finishBundle');

/** The instances of the steps beside one that fails are put away as well. */
export const teardownBesideAFailure = conformanceCase(
  (p, notes) => {
    pairs(p)
      .parDo('Beside', () => new Lives(notes))
      .map('Fail', () => {
        throw new Error('not this one');
      });
  },
  {
    fails: 'FUNCTION_THREW',
    saying: ['Fail'],
    notSaying: ['Beside'],
    noted: (lines) => livedAs(lines, MAY_BE_CUT_SHORT, / process/),
  },
);

class SplittableLives extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  #id = '';
  constructor(
    private readonly notes: string,
    private readonly fails: boolean,
  ) {
    super();
  }
  setup(): void {
    this.#id = randomUUID();
    note(this.notes, `${this.#id} setup`);
  }
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    note(this.notes, `${this.#id} process`);
    if (this.fails) throw new Error('fails in process');
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(word[at]!);
      yield;
    }
  }
  teardown(): void {
    note(this.notes, `${this.#id} teardown`);
  }
}

export const lifeOfASplittable = conformanceCase(
  (p, notes) => {
    PAssert.that(
      p.create('Words', ['ab', 'c']).read('Letters', () => splittable(new SplittableLives(notes, false))),
    ).containsInAnyOrder(['a', 'b', 'c']);
  },
  {
    requires: ['splittable'],
    noted: (lines) => livedAs(lines, /^setup( process)* teardown$/, / process/),
  },
);

export const teardownAfterASplittableHasFailed = conformanceCase(
  (p, notes) => {
    p.create('Words', ['ab', 'c']).read('Letters', () => splittable(new SplittableLives(notes, true)));
  },
  {
    requires: ['splittable'],
    fails: 'FUNCTION_THREW',
    saying: ['Letters', 'fails in process'],
    noted: (lines) => livedAs(lines, /^setup( process)* teardown$/, /process teardown$/),
  },
);
