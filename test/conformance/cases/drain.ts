import {
  fixedWindows,
  type MonotonicWatermarkEstimator,
  monotonicWatermark,
  NO_END,
  type OffsetRange,
  OffsetRangeTracker,
  type Pipeline,
  type RestrictionClaims,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase, DRAIN_NOW } from '../case.js';

const requires = ['splittable', 'drain'] as const;
/** How much is done before the drain is asked for. */
const BEFORE = 5;

type Settings = Pick<SplittableFn<number, number, OffsetRange, number>, 'isBounded' | 'truncate'>;

/** Counts to a number with a pause after each, and asks to be drained on the way. */
class CountTo implements SplittableFn<number, number, OffsetRange, number, MonotonicWatermarkEstimator> {
  readonly isBounded: boolean;
  readonly watermarkEstimator = monotonicWatermark();
  readonly truncate?: (element: number, range: OffsetRange) => OffsetRange | undefined;

  constructor({ isBounded = true, truncate }: Settings) {
    this.isBounded = isBounded;
    if (truncate !== undefined) this.truncate = truncate;
  }
  initialRestriction(to: number): OffsetRange {
    return { from: 0, to };
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
  *process(
    _: number,
    tracker: RestrictionClaims<OffsetRange, number>,
    context: SplittableContext<number, MonotonicWatermarkEstimator>,
  ): SplittableWork {
    const at = tracker.currentRestriction().from;
    yield;
    if (!tracker.tryClaim(at)) return undefined;
    context.output(at, at);
    if (at === BEFORE) context.log('info', DRAIN_NOW);
    return resumeAfter(1);
  }
}

const counting = (p: Pipeline, to: number, settings: Settings) =>
  p.read('Count', () => splittable(new CountTo(settings)), to);

/** They are 0, 1, 2 …, and more than were there before the drain. */
function areAPrefix(actual: readonly number[]): void {
  const sorted = [...actual].sort((a, b) => a - b);
  if (sorted.length <= BEFORE || sorted.some((n, i) => n !== i)) throw new Error(`drained with ${sorted.join(' ')}`);
}

export const drainFinishesBoundedWork = conformanceCase(
  (p) => {
    PAssert.that(counting(p, 20, {})).containsInAnyOrder(Array.from({ length: 20 }, (_, i) => i));
  },
  { requires, drains: true },
);

export const drainEndsUnboundedWork = conformanceCase(
  (p) => {
    PAssert.that(counting(p, NO_END, { isBounded: false })).satisfies(areAPrefix);
  },
  { requires, drains: true },
);

export const drainFiresWindows = conformanceCase(
  (p) => {
    const counts = counting(p, NO_END, { isBounded: false })
      .windowInto(fixedWindows(1_000_000))
      .keyBy(() => 'all')
      .countPerKey();
    PAssert.that(counts.map(({ value }) => value)).satisfies(([count = 0, ...others]) => {
      if (count <= BEFORE || others.length > 0) throw new Error(`drained with ${count} and ${others.length} others`);
    });
  },
  { requires, drains: true },
);

export const drainTruncatesAsTheFunctionSays = conformanceCase(
  (p) => {
    // Whatever has been read by then, it goes on to a multiple of 50.
    const truncate = (_: number, { from }: OffsetRange): OffsetRange => ({ from, to: Math.ceil((from + 1) / 50) * 50 });
    PAssert.that(counting(p, NO_END, { isBounded: false, truncate })).satisfies((actual) => {
      areAPrefix(actual);
      if (actual.length % 50 !== 0) throw new Error(`drained with ${actual.length} numbers`);
    });
  },
  { requires, drains: true },
);

export const drainTruncatesBoundedWorkToo = conformanceCase(
  (p) => {
    PAssert.that(counting(p, 10_000_000, { truncate: () => undefined })).satisfies(areAPrefix);
  },
  { requires, drains: true },
);
