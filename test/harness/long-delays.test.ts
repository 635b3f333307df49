import {
  GlobalWindow,
  NO_FIRING_PANE,
  type OffsetRange,
  OffsetRangeTracker,
  type PollResult,
  type SplittableDoFn,
} from 'millrace';
import { valueCoder } from 'millrace/coders';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { residualToBeam } from '#millrace/runners/harness/bundle.js';
import { processSized, type StepContext } from '#millrace/runners/harness/splittable-steps.js';

const DAY_MS = 24 * 3_600_000;

/** Bounded work with one element, after a pause that it waits out. */
function pausing(delayMs: number, polled: () => void): SplittableDoFn<unknown, unknown, OffsetRange, number> {
  return {
    isBounded: true,
    restrictionCoder: valueCoder<OffsetRange>(),
    initialRestriction: () => ({ from: 0, to: 1 }),
    newTracker: (range) => new OffsetRangeTracker(range),
    open(_, tracker) {
      let paused = false;
      return {
        poll(out): PollResult {
          polled();
          if (!paused) {
            paused = true;
            return { kind: 'resumeAfter', delayMs };
          }
          if (tracker.tryClaim(0)) out.emit('late', 0);
          return 'done';
        },
        watermark: () => 0,
        close() {},
      };
    },
  };
}

const context = { signal: new AbortController().signal } as unknown as StepContext;

describe('a delay that is longer than the timers of Node', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([1, 25, 60])('bounded work that pauses for %d days is asked again then, and not before', async (days) => {
    const polled = vi.fn();
    const emitted: unknown[] = [];
    const done = processSized(
      pausing(days * DAY_MS, polled) as SplittableDoFn<unknown, unknown, unknown, unknown>,
      { key: { key: 'element', value: { key: { from: 0, to: 1 }, value: 0 } }, value: 1 },
      context,
      { elements: 10, ms: 10 },
      {
        ports: [{ push: (value: unknown) => emitted.push(value) }],
        tagged: new Map(),
        timestamp: 0,
        windows: GlobalWindow.INSTANCE,
        pane: NO_FIRING_PANE,
        drain() {},
      } as unknown as Parameters<typeof processSized>[4],
    );
    await vi.advanceTimersByTimeAsync(days * DAY_MS - 1);
    expect(polled).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(1);
    expect(await done).toMatchObject({ residual: undefined });
    expect(polled).toHaveBeenCalledTimes(2);
    expect(emitted).toEqual(['late']);
  });
});

describe('the delay of a residual', () => {
  const delayOf = (delayMs: number) => {
    const rest = {
      transformId: 't',
      inputTag: 'i',
      element: new Uint8Array(1),
      outputWatermarks: {},
      isBounded: false,
    };
    return residualToBeam({ ...rest, delayMs }).requestedTimeDelay;
  };

  it.each([
    ['60 days', 60 * DAY_MS, 5_184_000n],
    ['longer than a Duration', 1e18, 315_576_000_000n],
    ['for ever', Number.POSITIVE_INFINITY, 315_576_000_000n],
  ])('may be %s', (_, delayMs, seconds) => {
    expect(delayOf(delayMs)).toMatchObject({ seconds, nanos: 0 });
  });
});
