import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#millrace/runners/dataflow/index.js';

const DAY_MS = 24 * 3_600_000;

describe('the clock of the system', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([1, 24, 25, 60])('rings after %d days, and not before', (days) => {
    const ring = vi.fn();
    systemClock.after(days * DAY_MS, ring);
    vi.advanceTimersByTime(days * DAY_MS - 1);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(100 * DAY_MS);
    expect(ring).toHaveBeenCalledOnce();
  });

  it('does not ring when it is told not to, however long the rest is', () => {
    const ring = vi.fn();
    const cancel = systemClock.after(60 * DAY_MS, ring);
    vi.advanceTimersByTime(30 * DAY_MS);
    cancel();
    vi.advanceTimersByTime(60 * DAY_MS);
    expect(ring).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
