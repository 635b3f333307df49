import {
  count,
  fixedWindows,
  type OffsetRange,
  OffsetRangeTracker,
  type PCollection,
  type Pipeline,
  type RestrictionClaims,
  resumeAfter,
  type SplittableContext,
  type SplittableFn,
  type SplittableWork,
  splittable,
} from 'millrace';
import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

/** Sources of made-up records, as Beam's synthetic ones. */

const requires = ['splittable'] as const;

interface Description {
  readonly records: number;
  /** Of how many records a piece of the first split is. */
  readonly pieces: readonly number[];
  /** After so many records it asks to go on later. */
  readonly pauseEvery?: number;
}

type Record = readonly [key: number, value: number];

class Synthetic implements SplittableFn<Description, Record, OffsetRange, number> {
  readonly isBounded: boolean;
  constructor(isBounded: boolean) {
    this.isBounded = isBounded;
  }
  initialRestriction({ records }: Description): OffsetRange {
    return { from: 0, to: records };
  }
  split({ pieces }: Description, { from, to }: OffsetRange): readonly OffsetRange[] {
    const ranges: OffsetRange[] = [];
    let at = from;
    for (const length of pieces) {
      ranges.push({ from: at, to: Math.min(to, at + length) });
      at = Math.min(to, at + length);
    }
    return at < to ? [...ranges, { from: at, to }] : ranges;
  }
  size(_: Description, { from, to }: OffsetRange): number {
    return to - from;
  }
  newTracker(range: OffsetRange): OffsetRangeTracker {
    return new OffsetRangeTracker(range);
  }
  *process(
    { pauseEvery = Number.POSITIVE_INFINITY }: Description,
    tracker: RestrictionClaims<OffsetRange, number>,
    context: SplittableContext<Record>,
  ): SplittableWork {
    let done = 0;
    for (let at = tracker.currentRestriction().from; tracker.tryClaim(at); at++) {
      context.output([at % 7, at]);
      if (++done >= pauseEvery) return resumeAfter(1);
      yield;
    }
    return undefined;
  }
}

const read = (p: Pipeline, descriptions: readonly Description[], isBounded = true): PCollection<Record> =>
  p.create('Descriptions', descriptions).read('Read', () => splittable(new Synthetic(isBounded)));

/** All records of sources of these lengths. */
const recordsOf = (...lengths: readonly number[]): Record[] =>
  lengths.flatMap((length) => Array.from({ length }, (_, i): Record => [i % 7, i]));

export const syntheticSources = conformanceCase(
  (p) => {
    const descriptions = [10, 13, 20, 17, 11].map((records) => ({ records, pieces: Array(10).fill(2) as number[] }));
    PAssert.that(read(p, descriptions).combineGlobally(count())).containsInAnyOrder([71]);
  },
  { requires },
);

export const syntheticSourcesHaveEachRecordOnce = conformanceCase(
  (p) => {
    const descriptions = [
      { records: 10, pieces: [1, 2, 4] },
      { records: 5, pieces: [5] },
      { records: 3, pieces: [] },
      { records: 0, pieces: [] },
    ];
    PAssert.that(read(p, descriptions)).containsInAnyOrder(recordsOf(10, 5, 3));
  },
  { requires },
);

export const syntheticSourceWithEmptyPieces = conformanceCase(
  (p) => PAssert.that(read(p, [{ records: 6, pieces: [0, 3, 0, 9, 0] }])).containsInAnyOrder(recordsOf(6)),
  { requires },
);

export const syntheticSourceThatPauses = conformanceCase(
  (p) => PAssert.that(read(p, [{ records: 9, pieces: [4, 4], pauseEvery: 2 }], false)).containsInAnyOrder(recordsOf(9)),
  { requires },
);

/** A second source reads what the first one has found. */
export const sourceBehindASource = conformanceCase(
  (p) => {
    const found = read(p, [{ records: 4, pieces: [2] }]).map('Describe', ([, records]) => ({ records, pieces: [1] }));
    PAssert.that(found.read('Read again', () => splittable(new Synthetic(true)))).containsInAnyOrder(
      recordsOf(0, 1, 2, 3),
    );
  },
  { requires },
);

export const sourceBehindAGrouping = conformanceCase(
  (p) => {
    const totals = p
      .create('Numbers', [1, 2, 3])
      .keyBy('Parity', (n) => n % 2)
      .countPerKey()
      .map('Describe', ({ value }) => ({ records: value, pieces: [] }));
    PAssert.that(totals.read('Read', () => splittable(new Synthetic(true)))).containsInAnyOrder(recordsOf(1, 2));
  },
  { requires },
);

export const groupsOfASource = conformanceCase(
  (p) => {
    const counts = read(p, [{ records: 21, pieces: [5, 5] }])
      .withTimestamps('At', ([, at]) => at)
      .windowInto(fixedWindows(7))
      .map('Key', ([key]) => key)
      .countPerElement();
    // Each of the seven keys once in each of the three windows.
    PAssert.that(counts).containsInAnyOrder(
      [0, 1, 2, 3, 4, 5, 6].flatMap((key) => Array.from({ length: 3 }, () => ({ key, value: 1 }))),
    );
  },
  { requires },
);
