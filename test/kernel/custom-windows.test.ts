import {
  type BoundedWindow,
  GlobalWindow,
  IntervalWindow,
  type MillraceError,
  NO_FIRING_PANE,
  type WindowFn,
  type Windows,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { Batch, CustomWindows, OutputBuffer, OutputGate, Segment, type Step } from '#millrace/runners/kernel/index.js';
import { errorOf } from '../sdk/build.js';
import { kernelHost as host } from '../support/kernel-host.js';

const STEP = { name: 'Into my windows', source: 'a.ts:1:2' };
const custom = (fn: WindowFn<never>): CustomWindows => new CustomWindows(fn as WindowFn<unknown>, STEP);
const answering = (answer: unknown, own = false): CustomWindows =>
  custom({ assign: () => answer as BoundedWindow, ...(own && { ownWindows: true }) });
const GLOBAL = GlobalWindow.INSTANCE;

describe('what a window function answers', () => {
  it('is the same object for the same window of the next element', () => {
    const windows = custom({
      ownWindows: true,
      assign: (element: string) => ({ id: element[0]!, start: 0, end: 10, maxTimestamp: 9 }),
    });
    const a = windows.assign('a1', 0, GLOBAL);
    const b = windows.assign('b1', 0, GLOBAL);
    expect(windows.assign('a2', 5, GLOBAL)).toBe(a);
    expect(a).toEqual({ id: 'a', start: 0, end: 10, maxTimestamp: 9 });
    expect(b).not.toBe(a);
  });

  it('is an interval where it is no more than that', () => {
    class Mine {
      constructor(
        readonly start: number,
        readonly end: number,
      ) {}
      get maxTimestamp(): number {
        return this.end - 1;
      }
    }
    expect(answering(new Mine(0, 10)).assign('x', 0, GLOBAL)).toBeInstanceOf(IntervalWindow);
  });

  it('may be a list, which is the same one for the same windows', () => {
    const windows = custom({ assign: (_, timestamp) => [0, 1].map((i) => new IntervalWindow(i, timestamp + 10)) });
    const first = windows.assign('x', 0, GLOBAL);
    expect(first).toHaveLength(2);
    expect(windows.assign('y', 0, GLOBAL)).toBe(first);
    expect(windows.assign('y', 1, GLOBAL)).not.toBe(first);
    expect(answering([new IntervalWindow(0, 1)]).assign('x', 0, GLOBAL)).toBeInstanceOf(IntervalWindow);
    expect(answering([]).assign('x', 0, GLOBAL)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['a promise', Promise.resolve(new IntervalWindow(0, 1))],
    ['a window that ends before it starts', new IntervalWindow(10, 0)],
    ['an empty window', new IntervalWindow(10, 10)],
    ['a fraction', new IntervalWindow(0, 0.5)],
    ['no bounds', new IntervalWindow(Number.NaN, 1)],
    ['a last instant behind the end', { start: 0, end: 10, maxTimestamp: 10 }],
    ['an id that is no text', { start: 0, end: 10, maxTimestamp: 9, id: 7 }],
    ['the global window, undeclared', GLOBAL],
    ['an id, undeclared', { start: 0, end: 10, maxTimestamp: 9, id: 'a' }],
    ['a last instant of its own, undeclared', { start: 0, end: 10, maxTimestamp: 5 }],
  ])('is refused with step and element: %s', (_what, answer) => {
    const own = _what.startsWith('an id that') || _what.startsWith('a last instant behind');
    const error = errorOf(() => answering(answer, own).assign({ user: 'ada' }, 0, GLOBAL));
    expect(error).toMatchObject({ code: 'WINDOW_INVALID', step: 'Into my windows', element: "{ user: 'ada' }" });
    expect(error.hint).toMatch(/\w+ \w+/);
  });

  it('may be the global window where it says so', () => {
    expect(answering(GLOBAL, true).assign('x', 0, GLOBAL)).toBe(GLOBAL);
  });

  it('is asked for a side input only where it can say it', () => {
    const windows = custom({
      assign: () => new IntervalWindow(0, 1),
      sideInputWindow: (main) => new IntervalWindow(main.start, main.start + 100),
    });
    expect(windows.sideInputWindow(new IntervalWindow(5, 6))).toEqual(new IntervalWindow(5, 105));
    expect(errorOf(() => answering(GLOBAL).sideInputWindow(GLOBAL))).toMatchObject({
      code: 'WINDOW_MAPPING_UNKNOWN',
      step: 'Into my windows',
    });
  });

  it('may show of a side input what has ended as long before as it says, and nothing older', () => {
    const earlier = (ms: number, sideInputLookbackMs?: number) =>
      custom({
        assign: () => GLOBAL,
        sideInputWindow: ({ start, end }) => new IntervalWindow(start - ms, end - ms),
        ...(sideInputLookbackMs !== undefined && { sideInputLookbackMs }),
      });
    const main = new IntervalWindow(100, 110);
    const old = new IntervalWindow(90, 100);
    expect(earlier(10, 10).sideInputWindow(main)).toEqual(old);
    expect(earlier(10, Number.POSITIVE_INFINITY).sideInputWindow(main)).toEqual(old);
    expect(earlier(0).sideInputWindow(main)).toEqual(main);
    for (const windows of [earlier(1), earlier(11, 10), earlier(0, Number.NaN)]) {
      const error = errorOf(() => windows.sideInputWindow(main));
      expect(error).toMatchObject({ code: 'WINDOW_MAPPING_TOO_FAR', step: 'Into my windows' });
      expect(error.hint).toContain('sideInputLookbackMs');
    }
  });
});

describe.each(['compiled', 'interpreted'] as const)('a custom window function in a %s segment', (form) => {
  function run(fn: WindowFn<never>, windows: readonly Windows[]): unknown[] {
    const step = (index: number, body: Step['body']): Step => ({
      index,
      name: index === 1 ? STEP.name : `s${index}`,
      source: undefined,
      input: `p${index}`,
      outputs: { main: `p${index + 1}` },
      body,
    });
    const steps = [
      step(0, { kind: 'map', fn: (n) => `e${String(n)}` }),
      step(1, { kind: 'customWindowInto', windows: custom(fn) }),
    ];
    const out: unknown[] = [];
    const gate = new OutputGate();
    const port = new OutputBuffer(
      false,
      {
        accept(batch) {
          for (let i = 0; i < batch.length; i++) out.push([batch.valueAt(i), batch.timestamps[i], batch.windowsAt(i)]);
          return true;
        },
      },
      gate,
    );
    const segment = new Segment('p0', steps, new Map([['p2', [port]]]), gate, host, form);
    const batch = new Batch(false, windows.length);
    windows.forEach((each, i) => {
      batch.append(i, i, each, NO_FIRING_PANE);
    });
    expect(segment.process(batch, 0)).toBe(windows.length);
    port.flush();
    return out;
  }
  const [w0, w1] = [new IntervalWindow(0, 10), new IntervalWindow(10, 20)];

  it('is given element, timestamp and each window so far', () => {
    const seen: unknown[] = [];
    const fn: WindowFn<string> = {
      assign(element, timestamp, window) {
        seen.push([element, timestamp, window]);
        return element === 'e1' ? [] : [window, new IntervalWindow(100, 200)];
      },
    };
    const out = run(fn, [w0, w1, [w0, w1]]);
    expect(seen).toEqual([
      ['e0', 0, w0],
      ['e1', 1, w1],
      ['e2', 2, w0],
      ['e2', 2, w1],
    ]);
    const other = new IntervalWindow(100, 200);
    expect(out).toEqual([
      ['e0', 0, [w0, other]],
      ['e2', 2, [w0, other]],
      ['e2', 2, [w1, other]],
    ]);
  });

  it('fails by its own name and element', () => {
    const error = errorOf(() =>
      run(
        {
          assign() {
            throw new TypeError('boom');
          },
        },
        [w0],
      ),
    ) as MillraceError;
    expect(error).toMatchObject({ code: 'FUNCTION_THREW', step: 'Into my windows', element: "'e0'" });
    expect(error.message).toContain('boom');
  });
});
