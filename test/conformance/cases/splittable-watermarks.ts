import {
  fixedWindows,
  type ManualWatermarkEstimator,
  type MonotonicWatermarkEstimator,
  manualWatermark,
  monotonicWatermark,
  type OffsetRange,
  OffsetRangeTracker,
  type PCollection,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
  type WallTimeWatermarkEstimator,
  type WatermarkEstimator,
  type WatermarkEstimators,
  wallTimeWatermark,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';
import { type Claims, LETTERS, WordRanges, words } from '../shapes/letters.js';

const requires = ['splittable'] as const;

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
