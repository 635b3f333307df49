import fc from 'fast-check';
import {
  type BoundedWindow,
  fixedWindows,
  globalWindow,
  IntervalWindow,
  MAX_TIMESTAMP,
  type PaneTiming,
  sessionWindows,
  slidingWindows,
  type TriggerSpec,
  type WindowFnDescriptor,
  type WindowingStrategySpec,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { type WindowMerger, windowAssigner, windowExpiry } from '#millrace/runners/kernel/index.js';
import { isOver, isReady, type TriggerEvent } from '../kernel/trigger-model.js';
import { atEnd, count, delay, repeat } from '../kernel/trigger-specs.js';
import { describePane, TriggerGroupDriver } from './trigger-group-driver.js';

/** Of these none is ready at an instant of processing time for another reason than that. */
const triggers = fc.constantFrom<TriggerSpec>(
  { kind: 'default' },
  { kind: 'always' },
  { kind: 'never' },
  count(3),
  atEnd(),
  repeat(count(2)),
  repeat(delay(5)),
  repeat({ kind: 'afterAll', subtriggers: [count(2), delay(4)] }),
  repeat({ kind: 'afterAny', subtriggers: [count(3), delay(4)] }),
  repeat({ kind: 'afterAny', subtriggers: [count(3), atEnd()] }),
  { kind: 'afterEndOfWindow', earlyFirings: count(2), lateFirings: count(2) },
  { kind: 'afterEndOfWindow', earlyFirings: delay(3), lateFirings: delay(5) },
  { kind: 'afterEndOfWindow', lateFirings: { kind: 'default' } },
  { kind: 'afterEach', subtriggers: [count(2), delay(4), repeat(count(1))] },
  { kind: 'orFinally', main: repeat(count(2)), finally: count(5) },
  { kind: 'orFinally', main: repeat(count(2)), finally: atEnd() },
);

type Event =
  | { readonly key: string; readonly after: number }
  | { readonly watermarkBy: number }
  | { readonly timeBy: number };

interface Scenario {
  readonly windowFn: WindowFnDescriptor;
  readonly windowing: Pick<
    WindowingStrategySpec,
    'trigger' | 'accumulationMode' | 'outputTime' | 'closingBehavior' | 'onTimeBehavior' | 'allowedLatenessMs'
  >;
  readonly events: readonly Event[];
  readonly room: number;
}

const scenarios = (windowFns: fc.Arbitrary<WindowFnDescriptor>): fc.Arbitrary<Scenario> =>
  fc.record({
    windowFn: windowFns,
    windowing: fc.record({
      trigger: triggers,
      accumulationMode: fc.constantFrom('DISCARDING' as const, 'ACCUMULATING' as const),
      outputTime: fc.constantFrom('END_OF_WINDOW' as const, 'EARLIEST_IN_PANE' as const, 'LATEST_IN_PANE' as const),
      closingBehavior: fc.constantFrom('EMIT_ALWAYS' as const, 'EMIT_IF_NONEMPTY' as const),
      onTimeBehavior: fc.constantFrom('FIRE_ALWAYS' as const, 'FIRE_IF_NONEMPTY' as const),
      allowedLatenessMs: fc.constantFrom(0, 3, 15),
    }),
    events: fc.array(
      fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({ key: fc.constantFrom('a', 'b'), after: fc.integer({ min: -20, max: 20 }) }),
        },
        { weight: 2, arbitrary: fc.record({ watermarkBy: fc.integer({ min: 1, max: 12 }) }) },
        { weight: 2, arbitrary: fc.record({ timeBy: fc.integer({ min: 1, max: 6 }) }) },
      ),
      { maxLength: 50 },
    ),
    room: fc.constantFrom(1, 3, 100),
  });

function drive({ windowFn, windowing, events, room }: Scenario, merger?: WindowMerger): TriggerGroupDriver {
  const group = new TriggerGroupDriver({ windowFn, windowing, room, ...(merger !== undefined && { merger }) });
  let watermark = 0;
  group.advance(0);
  events.forEach((event, value) => {
    if ('watermarkBy' in event) {
      watermark += event.watermarkBy;
      group.advance(watermark);
    } else if ('timeBy' in event) group.pass(event.timeBy);
    else group.put(event.key, watermark + event.after, value);
  });
  return group.end();
}

/** The slow model: every window with all that has happened to it, looked at whole every time. */
function model({ windowFn, windowing, events }: Scenario): { lines: string[]; dropped: number } {
  interface Cell {
    readonly key: string;
    readonly window: BoundedWindow;
    history: TriggerEvent[];
    all: number[];
    fresh: number[];
    hold: number | undefined;
    panes: PaneTiming[];
    closed: boolean;
  }
  const { trigger, allowedLatenessMs, outputTime } = windowing;
  const assigner = windowAssigner(windowFn.spec);
  let cells: Cell[] = [];
  let watermark = 0;
  let before = 0;
  let now = 1_000;
  let dropped = 0;
  const lines: string[] = [];
  const time = (cell: Cell) => ({ watermark, now, windowEnd: cell.window.maxTimestamp });
  const emit = (cell: Cell, isLast: boolean): void => {
    const { key, window, hold, panes, all, fresh } = cell;
    const wasDue = panes.some((timing) => timing !== 'EARLY');
    const isPast = window.maxTimestamp < watermark;
    const onTime = hold !== undefined || window.maxTimestamp >= before;
    const timing = wasDue ? 'LATE' : !isPast ? 'EARLY' : onTime ? 'ON_TIME' : 'LATE';
    cell.hold = undefined;
    cell.fresh = [];
    const isWanted =
      fresh.length > 0 ||
      (timing === 'ON_TIME' && windowing.onTimeBehavior === 'FIRE_ALWAYS') ||
      (isLast && windowing.closingBehavior === 'EMIT_ALWAYS');
    if (!isWanted) return;
    const pane = {
      timing,
      isFirst: panes.length === 0,
      isLast,
      index: panes.length,
      nonSpeculativeIndex: timing === 'EARLY' ? -1 : panes.filter((each) => each !== 'EARLY').length,
    } as const;
    panes.push(timing);
    const values = windowing.accumulationMode === 'ACCUMULATING' ? all : fresh;
    lines.push(describePane({ key, values, timestamp: hold ?? window.maxTimestamp, window, pane, after: 0 }));
  };
  const fire = (cell: Cell): void => {
    cell.history.push({ kind: 'fire', time: time(cell) });
    cell.closed = isOver(trigger, cell.history);
    emit(cell, cell.closed);
  };
  const add = (key: string, at: number, value: number, window: BoundedWindow): void => {
    const isSame = (cell: Cell): boolean => cell.key === key && cell.window.start === window.start;
    let cell = cells.find(isSame);
    if (windowExpiry(window, allowedLatenessMs) < watermark || cell?.closed === true) {
      dropped++;
      return;
    }
    if (cell === undefined) {
      cell = { key, window, history: [], all: [], fresh: [], hold: undefined, panes: [], closed: false };
      cells.push(cell);
    }
    cell.all.push(value);
    cell.fresh.push(value);
    cell.history.push({ kind: 'element', time: time(cell) });
    const { hold } = cell;
    if (window.maxTimestamp >= watermark) {
      if (outputTime === 'END_OF_WINDOW') cell.hold = window.maxTimestamp;
      else if (outputTime === 'EARLIEST_IN_PANE') cell.hold = at < watermark ? hold : Math.min(at, hold ?? at);
      else if (hold === undefined) cell.hold = at < watermark ? undefined : at;
      else cell.hold = Math.max(at, hold);
    }
    if (isReady(trigger, cell.history, time(cell))) fire(cell);
  };
  const advance = (to: number): void => {
    before = watermark;
    watermark = to;
    const due: { at: number; cell: Cell; isExpiry: boolean }[] = [];
    for (const cell of cells) {
      const end = cell.window.maxTimestamp;
      const expiry = windowExpiry(cell.window, allowedLatenessMs);
      if (end < to && end >= before && expiry > end) due.push({ at: end, cell, isExpiry: false });
      if (expiry < to) due.push({ at: expiry, cell, isExpiry: true });
    }
    for (const { cell, isExpiry } of due.sort((a, b) => a.at - b.at)) {
      if (cell.closed) continue;
      if (isExpiry) emit(cell, true);
      else if (isReady(trigger, cell.history, time(cell))) fire(cell);
    }
    cells = cells.filter((cell) => windowExpiry(cell.window, allowedLatenessMs) >= to);
    before = to;
  };
  const pass = (): void => {
    now++;
    for (const cell of cells) {
      const earlier = { ...time(cell), now: now - 1 };
      if (cell.closed || isReady(trigger, cell.history, earlier)) continue;
      if (isReady(trigger, cell.history, time(cell))) fire(cell);
    }
  };
  events.forEach((event, value) => {
    if ('watermarkBy' in event) advance(watermark + event.watermarkBy);
    else if ('timeBy' in event) for (let i = 0; i < event.timeBy; i++) pass();
    else {
      const at = watermark + event.after;
      const windows = assigner.assign(at);
      const all = (Array.isArray(windows) ? windows : [windows]) as BoundedWindow[];
      for (const window of all) add(event.key, at, value, window);
    }
  });
  advance(MAX_TIMESTAMP);
  return { lines, dropped };
}

/** Windows that have an instant in common are one: each is compared with each until nothing changes. */
const comparingAll: WindowMerger = {
  merge(windows) {
    const meet = (a: BoundedWindow, b: BoundedWindow): boolean => a.start < b.end && b.start < a.end;
    let groups = windows.map((window) => ({ from: [window], to: window }));
    for (;;) {
      const [a, b] = groups.flatMap((one) =>
        groups.flatMap((other) => (one !== other && meet(one.to, other.to) ? [one, other] : [])),
      );
      if (a === undefined || b === undefined) return groups.filter(({ from }) => from.length > 1);
      const to = new IntervalWindow(Math.min(a.to.start, b.to.start), Math.max(a.to.end, b.to.end));
      groups = [...groups.filter((each) => each !== a && each !== b), { from: [...a.from, ...b.from], to }];
    }
  },
};

const windowFns = fc.oneof(
  fc.integer({ min: 1, max: 15 }).map((size) => fixedWindows(size)),
  fc
    .tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 10 }))
    .map(([size, period]) => slidingWindows(size, period)),
  fc.constant(globalWindow()),
);

/** Nothing that is not late is behind the watermark that was handed on before it. */
function expectInTime(group: TriggerGroupDriver): void {
  for (const { pane, timestamp, after } of group.panes)
    if (pane.timing !== 'LATE') expect(timestamp).toBeGreaterThanOrEqual(after);
}

describe('grouping under triggers', () => {
  it('agrees with a slow model on any input, windows, times and output', () => {
    fc.assert(
      fc.property(scenarios(windowFns), (scenario) => {
        const group = drive(scenario);
        const expected = model(scenario);
        expectInTime(group);
        expect(group.take().sort()).toEqual(expected.lines.sort());
        expect(group.dropped).toBe(expected.dropped);
        expect(group.operator.oldestHeldEpoch()).toBeUndefined();
        expect(group.watermark).toBe(MAX_TIMESTAMP);
      }),
      { numRuns: 3_000 },
    );
  });

  it('of sessions emits every element once or counts it as dropped, and no pane behind the watermark', () => {
    const gaps = fc.integer({ min: 1, max: 10 }).map((gap) => sessionWindows(gap));
    fc.assert(
      fc.property(scenarios(gaps), (scenario) => {
        const { windowing } = scenario;
        const group = drive({ ...scenario, windowing: { ...windowing, accumulationMode: 'DISCARDING' } });
        expectInTime(group);
        const values = group.panes.flatMap((pane) => pane.values);
        expect(new Set(values).size).toBe(values.length);
        const elements = scenario.events.filter((event) => 'key' in event).length;
        expect(values.length + group.dropped).toBe(elements);
        expect(group.operator.oldestHeldEpoch()).toBeUndefined();
        expect(group.watermark).toBe(MAX_TIMESTAMP);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of sessions, found by their place, comes to what comparing all windows of a key comes to', () => {
    const gaps = fc.integer({ min: 1, max: 10 }).map((gap) => sessionWindows(gap));
    fc.assert(
      fc.property(scenarios(gaps), (scenario) => {
        const group = drive(scenario);
        const slow = drive(scenario, comparingAll);
        expect(group.take()).toEqual(slow.take());
        expect(group.dropped).toBe(slow.dropped);
      }),
      { numRuns: 3_000 },
    );
  });
});
