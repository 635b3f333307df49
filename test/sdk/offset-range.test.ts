import fc from 'fast-check';
import { NO_END, OffsetRangeTracker } from 'millrace';
import { describe, expect, it } from 'vitest';
import { errorOf } from './build.js';

describe('a tracker of offsets', () => {
  it('grants claims up to the end of its range', () => {
    const tracker = new OffsetRangeTracker({ from: 5, to: 8 });
    expect([5, 7].map((at) => tracker.tryClaim(at))).toEqual([true, true]);
    expect(tracker.tryClaim(8)).toBe(false);
    tracker.checkDone();
  });

  it('grants blocks as far as they are in its range', () => {
    const tracker = new OffsetRangeTracker({ from: 0, to: 10 });
    expect(tracker.tryClaimUpTo(3)).toBe(3);
    expect(tracker.tryClaimUpTo(99)).toBe(9);
    expect(tracker.tryClaimUpTo(99)).toBeUndefined();
    tracker.checkDone();
  });

  it('keeps what was claimed when it is split', () => {
    const tracker = new OffsetRangeTracker({ from: 0, to: 10 });
    tracker.tryClaim(3);
    expect(tracker.trySplit(0.5)).toEqual({ from: 7, to: 10 });
    expect(tracker.currentRestriction()).toEqual({ from: 0, to: 7 });
    expect(tracker.trySplit(0)).toEqual({ from: 4, to: 7 });
    expect(tracker.trySplit(0)).toBeUndefined();
    expect(tracker.tryClaim(4)).toBe(false);
    tracker.checkDone();
  });

  it('gives all away while nothing is claimed', () => {
    const tracker = new OffsetRangeTracker({ from: 2, to: 10 });
    expect(tracker.trySplit(0)).toEqual({ from: 2, to: 10 });
    expect(tracker.tryClaimUpTo(5)).toBeUndefined();
    tracker.checkDone();
  });

  it('splits an endless range only at once', () => {
    const tracker = new OffsetRangeTracker({ from: 0, to: NO_END });
    tracker.tryClaim(7);
    expect(tracker.trySplit(0.5)).toBeUndefined();
    expect(tracker.trySplit(0)).toEqual({ from: 8, to: NO_END });
  });

  it('tells how far it is', () => {
    const tracker = new OffsetRangeTracker({ from: 10, to: 20 });
    expect(tracker.progress()).toEqual({ completed: 0, remaining: 10 });
    tracker.tryClaim(13);
    expect(tracker.progress()).toEqual({ completed: 4, remaining: 6 });
  });

  it('finds a reader that left work behind', () => {
    const tracker = new OffsetRangeTracker({ from: 0, to: 10 });
    expect(errorOf(() => tracker.checkDone()).message).toContain('asked for nothing');
    tracker.tryClaim(8);
    expect(errorOf(() => tracker.checkDone())).toMatchObject({ code: 'RESTRICTION_UNFINISHED', kind: 'function' });
  });

  it('refuses claims out of order, and ranges that are none', () => {
    const tracker = new OffsetRangeTracker({ from: 5, to: 10 });
    expect(errorOf(() => tracker.tryClaim(4)).code).toBe('RESTRICTION_ORDER');
    tracker.tryClaim(7);
    expect(errorOf(() => tracker.tryClaim(7)).code).toBe('RESTRICTION_ORDER');
    expect(errorOf(() => tracker.tryClaim(7.5)).code).toBe('RESTRICTION_ORDER');
    expect(errorOf(() => new OffsetRangeTracker({ from: 2, to: 1 })).code).toBe('RESTRICTION_INVALID');
  });

  it('loses and doubles nothing, however it is split', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.array(
          fc.record({
            block: fc.integer({ min: 1, max: 9 }),
            split: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          }),
        ),
        (to, actions) => {
          const seen: number[] = [];
          const waiting = [{ from: 0, to }];
          let at = 0;
          for (let range = waiting.pop(); range !== undefined; range = waiting.pop()) {
            const tracker = new OffsetRangeTracker(range);
            for (let next = range.from; ; ) {
              const action = actions[at++] ?? { block: 3, split: null };
              const residual = action.split === null ? undefined : tracker.trySplit(action.split);
              if (residual !== undefined) waiting.push(residual);
              const last = tracker.tryClaimUpTo(next + action.block - 1);
              if (last === undefined) break;
              for (; next <= last; next++) seen.push(next);
            }
            tracker.checkDone();
          }
          expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: to }, (_, i) => i));
        },
      ),
    );
  });
});
