import fc from 'fast-check';
import { type BoundedWindow, type FunctionResolver, IntervalWindow, type MergedWindows, type WindowFn } from 'millrace';
import { describe, expect, it } from 'vitest';
import { windowMerger } from '#millrace/runners/kernel/index.js';
import { errorOf } from '../sdk/build.js';

const interval = (start: number, end: number): BoundedWindow => new IntervalWindow(start, end);

/** Which instants are in which window after merging: every millisecond that two windows share joins them. */
function slowSessions(windows: readonly BoundedWindow[]): [number, number][] {
  const groups = windows.map(({ start, end }) => ({ start, end }));
  for (let again = true; again; ) {
    again = false;
    for (const a of groups)
      for (const b of groups) {
        if (a === b || again) continue;
        let shared = false;
        for (let t = a.start; t < a.end; t++) if (t >= b.start && t < b.end) shared = true;
        if (!shared) continue;
        a.start = Math.min(a.start, b.start);
        a.end = Math.max(a.end, b.end);
        groups.splice(groups.indexOf(b), 1);
        again = true;
      }
  }
  return groups.map(({ start, end }): [number, number] => [start, end]).sort((a, b) => a[0] - b[0]);
}

/** The windows after what a merger has answered. */
function applied(windows: readonly BoundedWindow[], merged: readonly MergedWindows[]): [number, number][] {
  const gone = new Set(merged.flatMap(({ from }) => from));
  return [...windows.filter((window) => !gone.has(window)), ...merged.map(({ to }) => to)]
    .map(({ start, end }): [number, number] => [start, end])
    .sort((a, b) => a[0] - b[0]);
}

describe('sessions', () => {
  const sessions = windowMerger(
    { urn: 'beam:window_fn:session_windows:v1', payload: { gapMs: 5 } },
    { resolver: undefined as unknown as FunctionResolver },
  );

  it('merge where they have an instant in common, as a slow model finds', () => {
    const window = fc
      .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 12 }))
      .map(([start, span]) => interval(start, start + span));
    fc.assert(
      fc.property(fc.array(window, { maxLength: 12 }), (given) => {
        const windows = [...given].sort((a, b) => a.start - b.start);
        const merged = sessions.merge(windows);
        expect(applied(windows, merged)).toEqual(slowSessions(windows));
        for (const { from } of merged) expect(from.length).toBeGreaterThan(1);
      }),
      { seed: 42, numRuns: 300 },
    );
  });

  it('stay apart where they touch', () => {
    expect(sessions.merge([interval(0, 5), interval(5, 10)])).toEqual([]);
  });

  it('are one where a long one spans short ones', () => {
    const windows = [interval(0, 20), interval(1, 2), interval(5, 6), interval(19, 30)];
    expect(sessions.merge(windows)).toEqual([{ from: windows, to: interval(0, 30) }]);
  });
});

describe("merging by the author's function", () => {
  const merger = (merge: (windows: readonly BoundedWindow[]) => unknown, more: Partial<WindowFn<unknown>> = {}) => {
    const fn = { assign: () => interval(0, 1), merge, ownWindows: true, ...more };
    return windowMerger(
      {
        urn: 'millrace:window_fn:custom:v1',
        payload: { fn: { kind: 'rebuild', step: 'My sessions', slot: 'windowFn', textHash: '' } },
      },
      { resolver: { resolve: () => fn, instantiate: () => fn } },
    );
  };
  const windows = [interval(0, 10), interval(5, 15), interval(20, 30)];
  const [a, b, c] = windows as [BoundedWindow, BoundedWindow, BoundedWindow];

  it('answers groups, without those that change nothing', () => {
    const merged = merger(() => [
      { from: [a, { ...b, maxTimestamp: 14 }], to: interval(0, 15) },
      { from: [c], to: interval(20, 30) },
    ]).merge(windows);
    expect(merged).toEqual([{ from: [a, b], to: interval(0, 15) }]);
    expect(merged[0]!.from[1]).toBe(b);
    expect(merger(() => []).merge(windows)).toEqual([]);
  });

  it('is asked about each window once', () => {
    const seen: unknown[] = [];
    const all = merger((windows) => {
      seen.push(...windows);
      return [{ from: windows, to: interval(0, 15) }];
    });
    expect(all.merge([a, interval(0, 10), b])).toEqual([{ from: [a, b], to: interval(0, 15) }]);
    expect(seen).toEqual([a, b]);
  });

  it('may rename a single window, and merge into one of a group', () => {
    const named = { start: 20, end: 30, maxTimestamp: 29, id: 'x' };
    expect(merger(() => [{ from: [c], to: named }]).merge(windows)).toEqual([{ from: [c], to: named }]);
    const big = interval(0, 100);
    expect(merger(() => [{ from: [a, big], to: big }]).merge([a, big])).toEqual([{ from: [a, big], to: big }]);
  });

  it('tells windows of the same bounds apart by their id', () => {
    const [x, y] = ['x', 'y'].map((id) => ({ start: 0, end: 10, maxTimestamp: 9, id })) as [
      BoundedWindow,
      BoundedWindow,
    ];
    const to = { ...x, end: 20, maxTimestamp: 19 };
    const [group] = merger(() => [{ from: [{ ...y }], to }]).merge([x, y]);
    expect(group!.from[0]).toBe(y);
  });

  it.each<[string, unknown]>([
    ['no list', undefined],
    ['a group without windows', [{ from: [], to: interval(0, 1) }]],
    ['a group that is none', [null]],
    ['a result that is no window', [{ from: [a, b], to: 5 }]],
    ['an unknown window', [{ from: [a, interval(0, 9)], to: interval(0, 15) }]],
    ['a window that is none', [{ from: [a, undefined], to: interval(0, 15) }]],
    ['a window twice in a group', [{ from: [a, a], to: interval(0, 15) }]],
    [
      'a window in two groups',
      [
        { from: [a, b], to: interval(0, 15) },
        { from: [b, c], to: interval(5, 30) },
      ],
    ],
    ['a result that does not cover', [{ from: [a, b], to: interval(0, 14) }]],
    [
      'two groups into one',
      [
        { from: [a], to: interval(0, 40) },
        { from: [b], to: interval(0, 40) },
      ],
    ],
    ['a window that stays as it is', [{ from: [a, b], to: interval(0, 15) }]],
  ])('is refused when it answers %s', (what, answer) => {
    const given = what.endsWith('stays as it is') ? [...windows, interval(0, 15)] : windows;
    const error = errorOf(() => merger(() => answer).merge(given));
    expect(error.code).toMatch(/^WINDOW_(MERGE_)?INVALID$/);
    expect(error.step).toBe('My sessions');
  });

  it('says where it threw', () => {
    const error = errorOf(() =>
      merger(() => {
        throw new Error('boom');
      }).merge(windows),
    );
    expect(error).toMatchObject({ code: 'FUNCTION_THREW', step: 'My sessions' });
  });

  it('is for windows that merge', () => {
    const resolver = { resolve: () => undefined, instantiate: () => undefined };
    expect(errorOf(() => windowMerger({ urn: 'beam:window_fn:fixed_windows:v1' }, { resolver })).code).toBe(
      'WINDOW_FN_UNKNOWN',
    );
  });
});
