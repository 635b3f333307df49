import fc from 'fast-check';
import {
  type BoundedWindow,
  fixedWindows,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  sessionWindows,
  slidingWindows,
  type WindowFnDescriptor,
} from 'millrace';
import { expect, it } from 'vitest';
import { windowAssigner } from '#millrace/runners/kernel/index.js';

const list = (windows: unknown): [number, number][] =>
  (Array.isArray(windows) ? (windows as BoundedWindow[]) : [windows as BoundedWindow])
    .map(({ start, end }): [number, number] => [start, end])
    .sort((a, b) => a[0] - b[0]);

/** Every window of `size` that starts at offset + n·period and holds the instant, tried one by one. */
function slowWindows(timestamp: number, size: number, period: number, offset: number): [number, number][] {
  const found: [number, number][] = [];
  for (let n = Math.floor((timestamp - offset - size) / period) - 1; n * period + offset <= timestamp; n++) {
    const start = n * period + offset;
    if (timestamp < start + size) found.push([start, start + size]);
  }
  return found;
}

const spec = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), fc.nat(1_000))
  .map(([size, period, offset]) => ({ size, period: Math.min(size, period), offset: offset % Math.min(size, period) }));
const timestamps = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 30 });

it('fixed and sliding windows are those that trying finds, in any order of the elements', () => {
  fc.assert(
    fc.property(spec, timestamps, ({ size, period, offset }, given) => {
      const sliding = windowAssigner(slidingWindows(size, period, { offsetMs: offset }).spec);
      const fixed = windowAssigner(fixedWindows(size, { offsetMs: offset }).spec);
      for (const timestamp of given) {
        expect(list(sliding.assign(timestamp))).toEqual(slowWindows(timestamp, size, period, offset));
        expect(list(fixed.assign(timestamp))).toEqual(slowWindows(timestamp, size, size, offset));
        // What a segment takes without asking.
        expect(timestamp >= sliding.from && timestamp < sliding.until).toBe(true);
      }
      for (let t = sliding.from; t < sliding.until; t++)
        expect(list(sliding.current)).toEqual(slowWindows(t, size, period, offset));
    }),
    { seed: 3, numRuns: 300 },
  );
});

const YEARS = 10_000 * 365 * 86_400_000;
it.each<[string, WindowFnDescriptor]>([
  ['fixed', fixedWindows(10)],
  ['fixed and huge', fixedWindows(YEARS)],
  ['sliding', slidingWindows(10_000, 4_000)],
  ['sliding and huge', slidingWindows(YEARS, YEARS / 4)],
  ['sessions', sessionWindows(10)],
  ['huge sessions', sessionWindows(YEARS)],
])('%s windows end in time', (_what, windowFn) => {
  const windows = windowAssigner(windowFn.spec);
  const last = [GLOBAL_WINDOW_MAX_TIMESTAMP - 5_000, GLOBAL_WINDOW_MAX_TIMESTAMP, MAX_TIMESTAMP - 1_024, MAX_TIMESTAMP];
  for (const timestamp of [...last, MIN_TIMESTAMP, 0, ...last.reverse()]) {
    const found = list(windows.assign(timestamp));
    expect(found.length).toBeGreaterThan(0);
    for (const [start, end] of found) {
      expect(start).toBeLessThan(end);
      // Else the last watermark would not pass it, and the window would never fire.
      expect(end).toBeLessThanOrEqual(GLOBAL_WINDOW_MAX_TIMESTAMP);
      if (timestamp < GLOBAL_WINDOW_MAX_TIMESTAMP - 5) expect(start <= timestamp && timestamp < end).toBe(true);
    }
  }
});
