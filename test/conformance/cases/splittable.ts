import {
  type Counter,
  type DoFn,
  type DoFnContext,
  fixedWindows,
  GrowableOffsetRangeTracker,
  type KV,
  type ManualWatermarkEstimator,
  type MonotonicWatermarkEstimator,
  manualWatermark,
  monotonicWatermark,
  NO_END,
  type OffsetRange,
  OffsetRangeTracker,
  outputTag,
  type PCollection,
  type Pipeline,
  type ProcessContext,
  type RestrictionClaims,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  slidingWindows,
  splittable,
  type WallTimeWatermarkEstimator,
  type WatermarkEstimator,
  type WatermarkEstimators,
  wallTimeWatermark,
} from 'millrace';
import { int64, row, rowCoder, valueCoder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

const WORDS = ['abc', 'defghijklmno', 'pqrstuv', 'wxyz'];
const LETTERS = [...WORDS.join('')];
const requires = ['splittable'] as const;

type Claims = RestrictionClaims<OffsetRange, number>;

/** What is to be known of the letters of a word before any is read. */
class WordRanges {
  initialRestriction(word: string): OffsetRange {
    return { from: 0, to: word.length };
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
}

/** The letters of words. */
class Letters extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    let at = tracker.currentRestriction().from;
    while (tracker.tryClaim(at)) {
      context.output(word[at++]!);
      yield;
    }
  }
}

const words = (p: Pipeline): PCollection<string> => p.create('Words', WORDS);

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

/** As Beam's: sets the watermark to each position, and pauses after every second letter. */
class Tracked
  extends WordRanges
  implements SplittableFn<string, string, OffsetRange, number, ManualWatermarkEstimator>
{
  readonly watermarkEstimator = manualWatermark();

  *process(
    word: string,
    tracker: Claims,
    context: SplittableContext<string, ManualWatermarkEstimator>,
  ): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      const { watermarkEstimator } = context;
      // The rest of the work goes on from the watermark that was reached.
      const reached = at === 0 ? context.timestamp : at - 1;
      if (watermarkEstimator.currentWatermark() !== reached)
        throw new Error(`${watermarkEstimator.currentWatermark()} instead of ${reached} at ${at}`);
      watermarkEstimator.setWatermark(at);
      context.output(word[at]!, at);
      if (at % 2 === 1) return resumeAfter(1);
      yield;
    }
    return undefined;
  }
}

export const watermarkGoesOnWithTheRest = conformanceCase(
  (p) => {
    PAssert.that(words(p).read('Letters', () => splittable(new Tracked()))).containsInAnyOrder(LETTERS);
  },
  { requires },
);

class Backwards extends Tracked {
  override *process(
    _: string,
    tracker: Claims,
    { watermarkEstimator }: SplittableContext<string, ManualWatermarkEstimator>,
  ): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      watermarkEstimator.setWatermark(100 - at);
      yield;
    }
  }
}

export const watermarkThatGoesBack = conformanceCase(
  (p) => {
    words(p).read('Letters', () => splittable(new Backwards()));
  },
  { requires, fails: 'WATERMARK_BACKWARDS', saying: ['Letters', '99'] },
);

class Unestimated extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(_: string, tracker: Claims, context: SplittableContext<string, WatermarkEstimator>): SplittableWork {
    if (tracker.tryClaim(0)) context.watermarkEstimator.currentWatermark();
    yield;
  }
}

export const estimatorThatIsNotDeclared = conformanceCase(
  (p) => {
    words(p).read('Letters', () => splittable(new Unestimated()));
  },
  { requires, fails: 'ESTIMATOR_UNDECLARED', saying: ['Letters'] },
);

/** Holds the greatest of the timestamps less one, and knows how many there were. */
class Trailing implements WatermarkEstimator<{ readonly seen: number; readonly greatest: number }> {
  constructor(
    private seen: number,
    private greatest: number,
  ) {}
  observe(timestamp: number): void {
    this.seen++;
    this.greatest = Math.max(this.greatest, timestamp);
  }
  currentWatermark(): number {
    return this.greatest - 1;
  }
  state(): { readonly seen: number; readonly greatest: number } {
    return { seen: this.seen, greatest: this.greatest };
  }
  get count(): number {
    return this.seen;
  }
}

class OwnEstimator extends WordRanges implements SplittableFn<string, number, OffsetRange, number, Trailing> {
  readonly watermarkEstimator: WatermarkEstimators<Trailing> = {
    stateCoder: valueCoder(),
    create: (state) => (state === undefined ? new Trailing(0, 0) : new Trailing(state.seen, state.greatest)),
  };
  *process(_: string, tracker: Claims, context: SplittableContext<number, Trailing>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(context.watermarkEstimator.count, at);
      if (at % 2 === 1) return resumeAfter(1);
      yield;
    }
    return undefined;
  }
}

export const stateOfAnEstimatorGoesOn = conformanceCase(
  (p) => {
    const counts = p.create('Words', ['abcde']).read('Letters', () => splittable(new OwnEstimator()));
    PAssert.that(counts).containsInAnyOrder([0, 1, 2, 3, 4]);
  },
  { requires },
);

interface Numbers {
  readonly from: number;
  readonly to: number;
}

/** Numbers at the instants that they are; an unbounded source that ends. */
class Ticks implements SplittableFn<Numbers, number, OffsetRange, number, MonotonicWatermarkEstimator> {
  readonly isBounded = false;
  readonly watermarkEstimator = monotonicWatermark();
  constructor(private readonly pauseEvery: number) {}

  initialRestriction(numbers: Numbers): OffsetRange {
    return numbers;
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
  *process(
    _: Numbers,
    tracker: Claims,
    context: SplittableContext<number, MonotonicWatermarkEstimator>,
  ): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      const { watermarkEstimator } = context;
      if (at > 0 && watermarkEstimator.currentWatermark() !== at - 1)
        throw new Error(`${watermarkEstimator.currentWatermark()} instead of ${at - 1}`);
      context.output(at, at);
      if (at % this.pauseEvery === this.pauseEvery - 1) return resumeAfter(1);
      yield;
    }
    return undefined;
  }
}

const countsOf = (numbers: PCollection<number>): PCollection<number> =>
  numbers
    .windowInto('Tens', fixedWindows(10))
    .keyBy('All', () => 'all')
    .countPerKey('Count')
    .map('Value', ({ value }) => value);

export const monotonicWatermarkFiresWindows = conformanceCase(
  (p) => {
    const ticks = p.read('Ticks', () => splittable(new Ticks(7)), { from: 0, to: 35 });
    PAssert.that(countsOf(ticks)).containsInAnyOrder([10, 10, 10, 5]);
  },
  { requires },
);

class Clocked implements SplittableFn<number, number, OffsetRange, number, WallTimeWatermarkEstimator> {
  readonly isBounded = false;
  readonly watermarkEstimator = wallTimeWatermark();

  initialRestriction(count: number): OffsetRange {
    return { from: 0, to: count };
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
  *process(_: number, tracker: Claims, context: SplittableContext<number, WallTimeWatermarkEstimator>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output(1, Math.max(context.now(), context.watermarkEstimator.currentWatermark()));
      if (at % 3 === 2) return resumeAfter(2);
      yield;
    }
    return undefined;
  }
}

export const wallTimeLosesNothing = conformanceCase(
  (p) => {
    const ones = p.read('Clocked', () => splittable(new Clocked()), 20);
    const counts = ones
      .windowInto('Short', fixedWindows(5))
      .keyBy('All', () => 'all')
      .countPerKey('Count')
      .map('Value', ({ value }) => value);
    PAssert.that(counts).satisfies((actual) => {
      const sum = actual.reduce((a, b) => a + b, 0);
      if (sum !== 20) throw new Error(`${sum} of 20 were on time`);
    });
  },
  { requires },
);

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

/** Where an element stands, and what its context says. */
class Places extends WordRanges implements SplittableFn<string, string, OffsetRange, number> {
  *process(word: string, tracker: Claims, context: SplittableContext<string>): SplittableWork {
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      const { start, end } = context.window;
      context.output(`${word[at]}[${start},${end})`);
      yield;
    }
  }
}

class Where implements DoFn<string, string> {
  process(element: string, context: ProcessContext<string>): void {
    const { start, end } = context.window;
    context.output(`${element} @${context.timestamp}[${start},${end})`);
  }
}

export const windowsOfTheElement = conformanceCase(
  (p) => {
    const read = p
      .create('Words', ['ab', 'c'], { timestamps: [3, 12] })
      .windowInto(fixedWindows(10))
      .read('Letters', () => splittable(new Places()))
      .parDo('Where', () => new Where());
    PAssert.that(read).containsInAnyOrder(['a[0,10) @3[0,10)', 'b[0,10) @3[0,10)', 'c[10,20) @12[10,20)']);
  },
  { requires },
);

export const workForEachWindow = conformanceCase(
  (p) => {
    const read = p
      .create('Words', ['ab'], { timestamps: [7] })
      .windowInto(slidingWindows(10, 5))
      .read('Letters', () => splittable(new Places()))
      .parDo('Where', () => new Where());
    PAssert.that(read).containsInAnyOrder([
      'a[0,10) @7[0,10)',
      'b[0,10) @7[0,10)',
      'a[5,15) @7[5,15)',
      'b[5,15) @7[5,15)',
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
