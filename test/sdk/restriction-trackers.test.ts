import {
  GrowableOffsetRangeTracker,
  NO_END,
  type OffsetRange,
  OffsetRangeTracker,
  type RestrictionTracker,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { checkRestrictionTracker } from 'millrace/testing';
import { describe, expect, it } from 'vitest';

/** Of a range without an end, those up to here. */
const HORIZON = 12;

function* offsets({ from, to }: OffsetRange): Generator<number> {
  for (let at = from; at < Math.min(to, HORIZON); at++) yield at;
}

const ranges = [
  { from: 0, to: 0 },
  { from: 3, to: 4 },
  { from: 2, to: 9 },
  { from: 0, to: HORIZON },
];

describe('the check of restriction trackers', () => {
  it('finds nothing wrong with ranges of offsets', () => {
    checkRestrictionTracker({
      newTracker: (range) => new OffsetRangeTracker(range),
      restrictions: ranges,
      positions: offsets,
      restrictionCoder: valueCoder<OffsetRange>(),
    });
  });

  it('finds nothing wrong with ranges that grow', () => {
    let end = 0;
    checkRestrictionTracker({
      newTracker: (range) => new GrowableOffsetRangeTracker(range, () => end++ % HORIZON),
      restrictions: ranges,
      positions: offsets,
    });
  });

  const broken: readonly (readonly [string, (range: OffsetRange) => RestrictionTracker<OffsetRange, number>])[] = [
    [
      'a split that loses a position',
      (range) =>
        new (class extends OffsetRangeTracker {
          override trySplit(fraction: number): OffsetRange | undefined {
            const residual = super.trySplit(fraction);
            return residual === undefined
              ? undefined
              : { from: Math.min(residual.from + 1, residual.to), to: residual.to };
          }
        })(range),
    ],
    [
      'a position that is granted twice',
      (range) =>
        new (class extends OffsetRangeTracker {
          override tryClaim(position: number): boolean {
            return super.tryClaim(position) || position < range.to;
          }
        })(range),
    ],
    [
      'work that is done before it is',
      (range) =>
        new (class extends OffsetRangeTracker {
          override checkDone(): void {}
        })(range),
    ],
    [
      'a remainder that holds what was claimed',
      (range) =>
        new (class extends OffsetRangeTracker {
          override remainder(): OffsetRange | undefined {
            return this.currentRestriction();
          }
        })(range),
    ],
    [
      'no split at once',
      (range) =>
        new (class extends OffsetRangeTracker {
          override trySplit(): undefined {
            return undefined;
          }
        })(range),
    ],
  ];
  it.each(broken)('finds %s', (_, newTracker) => {
    const check = () => checkRestrictionTracker({ newTracker, restrictions: ranges, positions: offsets });
    expect(check).toThrow(/seed \d+/);
  });
});

describe('a range that grows', () => {
  it('splits before the estimate of its end, and at once where nothing more is expected', () => {
    const tracker = new GrowableOffsetRangeTracker({ from: 0, to: NO_END }, () => 10);
    tracker.tryClaim(1);
    expect(tracker.progress()).toEqual({ completed: 2, remaining: 8 });
    expect(tracker.trySplit(0.5)).toEqual({ from: 6, to: NO_END });
    expect(tracker.currentRestriction()).toEqual({ from: 0, to: 6 });
    const behind = new GrowableOffsetRangeTracker({ from: 0, to: NO_END }, () => 3);
    behind.tryClaim(5);
    expect(behind.progress().remaining).toBe(0);
    expect(behind.trySplit(0.5)).toBeUndefined();
    expect(behind.trySplit(0)).toEqual({ from: 6, to: NO_END });
  });

  it('ends with a claim of the end of all offsets', () => {
    const tracker = new GrowableOffsetRangeTracker({ from: 0, to: NO_END }, () => 10);
    tracker.tryClaim(1);
    expect(() => tracker.checkDone()).toThrow(/was not attempted/);
    expect(tracker.tryClaim(NO_END)).toBe(false);
    tracker.checkDone();
  });
});
