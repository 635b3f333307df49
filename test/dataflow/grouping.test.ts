import fc from 'fast-check';
import {
  BEAM_WINDOW_FN,
  type BoundedWindow,
  type CombineFn,
  MAX_TIMESTAMP,
  NO_FIRING_PANE,
  type WindowingStrategySpec,
  type Windows,
} from 'millrace';
import { iterableCoder, keyIdentity, valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { GroupCoding } from '#millrace/runners/dataflow/group-coding.js';
import type { GroupOperator } from '#millrace/runners/dataflow/group-operator.js';
import { collectAccumulatingValues, collectValues, type GroupSpec } from '#millrace/runners/dataflow/group-spec.js';
import { SessionGroupOperator } from '#millrace/runners/dataflow/session-group-operator.js';
import { SliceGroupOperator } from '#millrace/runners/dataflow/slice-group-operator.js';
import { WindowGroupOperator } from '#millrace/runners/dataflow/window-group-operator.js';
import {
  Batch,
  FoldPort,
  keyTables,
  OutputBuffer,
  OutputGate,
  Segment,
  windowAssigner,
} from '#millrace/runners/kernel/index.js';
import { kernelHost as host } from '../support/kernel-host.js';

type Event = { readonly at: number; readonly key: string } | { readonly watermark: number };

interface Scenario {
  readonly windowFn: { readonly urn: string; readonly payload: Record<string, number> };
  readonly latenessMs: number;
  readonly accumulating: boolean;
  readonly events: readonly Event[];
}

/** A result as text: `key [start,end) TIMING values`. */
const line = (key: string, window: { start: number; end: number }, timing: string, values: readonly number[]): string =>
  `${key} [${window.start},${window.end}) ${timing} ${[...values].sort((a, b) => a - b).join(',')}`;

/** The slow model: lists of everything, searched from the beginning every time. */
function model({ windowFn, latenessMs, accumulating, events }: Scenario): { lines: string[]; dropped: number } {
  interface Cell {
    key: string;
    start: number;
    end: number;
    all: number[];
    fresh: number[];
    onTime: boolean;
  }
  const merging = windowFn.urn === BEAM_WINDOW_FN.session;
  const assigner = windowAssigner(windowFn);
  let cells: Cell[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  let dropped = 0;
  const lines: string[] = [];
  const fire = (cell: Cell, timing: string): void => {
    lines.push(line(cell.key, cell, timing, accumulating ? cell.all : cell.fresh));
    cell.fresh = [];
  };
  events.forEach((event, value) => {
    if ('watermark' in event) {
      if (event.watermark <= watermark) return;
      watermark = event.watermark;
      for (const cell of cells) {
        if (cell.end - 1 < watermark && !cell.onTime) {
          cell.onTime = true;
          fire(cell, 'ON_TIME');
        }
      }
      cells = cells.filter((cell) => cell.end - 1 + latenessMs >= watermark);
      return;
    }
    const assigned = assigner.assign(event.at);
    for (const window of (Array.isArray(assigned) ? assigned : [assigned]) as BoundedWindow[]) {
      if (window.end - 1 + latenessMs < watermark) {
        dropped++;
        continue;
      }
      const late = window.end - 1 < watermark;
      let cell: Cell = {
        key: event.key,
        start: window.start,
        end: window.end,
        all: [value],
        fresh: [value],
        onTime: late,
      };
      const meets = (other: Cell): boolean =>
        other.key === cell.key &&
        (merging
          ? other.start < cell.end && cell.start < other.end
          : other.start === cell.start && other.end === cell.end);
      for (let other = cells.find(meets); other !== undefined; other = cells.find(meets)) {
        const gone = other;
        cells = cells.filter((each) => each !== gone);
        cell = {
          key: cell.key,
          start: Math.min(cell.start, gone.start),
          end: Math.max(cell.end, gone.end),
          all: [...gone.all, ...cell.all],
          fresh: [...gone.fresh, ...cell.fresh],
          onTime: true,
        };
      }
      cell.onTime = cell.end - 1 < watermark;
      cells.push(cell);
      if (cell.onTime) fire(cell, 'LATE');
    }
  });
  return { lines, dropped };
}

type Form = 'compiled' | 'interpreted';

function grouping<A, O>(fn: CombineFn<unknown, A, O>, form: Form) {
  const combineFn = fn as unknown as CombineFn<unknown, unknown, unknown>;
  const keyCoder = valueCoder();
  const step = { name: 'group', source: undefined };
  const makeTable = keyTables({
    combineFn,
    inputs: 'values',
    layout: { kind: 'opaque' },
    keyCoder,
    step,
    form,
    owner: host,
  });
  const coding = new GroupCoding(keyCoder, iterableCoder(valueCoder()));
  return { combineFn, precombined: false, identity: keyIdentity(keyCoder), makeTable, coding, step };
}

/** In batches, or element by element behind a segment of the same task. */
type Way = 'batches' | 'chained';

function run(scenario: Scenario, room: number, form: Form, way: Way): { lines: string[]; dropped: number } {
  const { windowFn, latenessMs, accumulating, events } = scenario;
  const merging = windowFn.urn === BEAM_WINDOW_FN.session;
  const gate = new OutputGate();
  const lines: string[] = [];
  const accept = (batch: Batch): boolean => {
    for (let i = 0; i < batch.length; i++) {
      const { key, value } = batch.valueAt(i) as { key: string; value: number[] };
      const window = batch.windowsAt(i) as BoundedWindow;
      expect(batch.timestamps[i]).toBe(window.maxTimestamp);
      lines.push(line(key, window, batch.paneAt(i).timing, [...value]));
    }
    return false;
  };
  const port = new OutputBuffer(false, { accept }, gate, room);
  let dropped = 0;
  const windowing = {
    windowFn,
    allowedLatenessMs: latenessMs,
    accumulationMode: accumulating ? 'ACCUMULATING' : 'DISCARDING',
    mergeStatus: merging ? 'NEEDS_MERGE' : 'NON_MERGING',
  } as unknown as WindowingStrategySpec;
  const spec: GroupSpec = {
    ...grouping(accumulating ? collectAccumulatingValues : collectValues, form),
    windowing,
    ports: [port],
    gate,
    droppedLate: {
      inc: (by = 1) => {
        dropped += by;
      },
    },
  };
  const sliced = windowFn.urn === BEAM_WINDOW_FN.sliding && latenessMs === 0;
  const operator: GroupOperator = merging
    ? new SessionGroupOperator(spec)
    : sliced
      ? new SliceGroupOperator(spec)
      : new WindowGroupOperator(spec);
  const settle = (): void => {
    for (;;) {
      gate.blocked = false;
      if (operator.resume()) return;
    }
  };
  const segment = new Segment('in', [], new Map([['in', [new FoldPort(operator)]]]), gate, host, form);
  const assigner = windowAssigner(windowFn);
  let watermark = Number.NEGATIVE_INFINITY;
  events.forEach((event, value) => {
    if ('watermark' in event) {
      if (event.watermark > watermark) operator.onWatermark(event.watermark);
      watermark = Math.max(watermark, event.watermark);
    } else {
      const windows: Windows = assigner.assign(event.at);
      // Between windows that leave gaps: such an element goes no further than windowInto.
      if (Array.isArray(windows) && windows.length === 0) return;
      if (way === 'chained') segment.openOutput(windows).emit({ key: event.key, value }, event.at);
      else {
        const batch = new Batch(true);
        batch.keys![0] = event.key;
        batch.append(value, event.at, windows, NO_FIRING_PANE);
        operator.process(batch, 0);
      }
    }
    settle();
  });
  port.flush();
  if (watermark === MAX_TIMESTAMP) expect(operator.oldestHeldEpoch()).toBeUndefined();
  return { lines, dropped };
}

const windowFns = fc.oneof(
  fc
    .record({ sizeMs: fc.integer({ min: 1, max: 12 }), offsetMs: fc.integer({ min: 0, max: 5 }) })
    .map((payload) => ({ urn: BEAM_WINDOW_FN.fixed, payload })),
  fc
    .record({
      sizeMs: fc.integer({ min: 1, max: 12 }),
      periodMs: fc.integer({ min: 1, max: 12 }),
      offsetMs: fc.integer({ min: 0, max: 5 }),
    })
    .map((payload) => ({ urn: BEAM_WINDOW_FN.sliding, payload })),
  fc.record({ gapMs: fc.integer({ min: 1, max: 8 }) }).map((payload) => ({ urn: BEAM_WINDOW_FN.session, payload })),
);

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ at: fc.integer({ min: -20, max: 40 }), key: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 1, arbitrary: fc.record({ watermark: fc.integer({ min: -20, max: 60 }) }) },
);

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  windowFn: windowFns,
  latenessMs: fc.constantFrom(0, 0, 3, 20),
  accumulating: fc.boolean(),
  events: fc.array(event, { maxLength: 60 }).map((events) => [...events, { watermark: MAX_TIMESTAMP }]),
});

const forms = fc.constantFrom<Form>('compiled', 'interpreted');
const ways = fc.constantFrom<Way>('batches', 'chained');

describe('grouping', () => {
  it('agrees with a slow model on any input, windows, lateness and watermarks', () => {
    fc.assert(
      fc.property(scenarios, fc.integer({ min: 1, max: 4 }), forms, ways, (scenario, room, form, way) => {
        const expected = model(scenario);
        const got = run(scenario, room, form, way);
        expect(got.lines.sort()).toEqual(expected.lines.sort());
        expect(got.dropped).toBe(expected.dropped);
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds the oldest epoch until its window has fired', () => {
    const gate = new OutputGate();
    const port = new OutputBuffer(false, { accept: () => true }, gate);
    const operator = new WindowGroupOperator({
      ...grouping(collectValues, 'compiled'),
      windowing: { allowedLatenessMs: 0, accumulationMode: 'DISCARDING' } as unknown as WindowingStrategySpec,
      ports: [port],
      gate,
      droppedLate: { inc() {} },
    });
    const assigner = windowAssigner({ urn: BEAM_WINDOW_FN.fixed, payload: { sizeMs: 10, offsetMs: 0 } });
    const put = (at: number): void => {
      const batch = new Batch(true);
      batch.keys![0] = 'k';
      batch.append(at, at, assigner.assign(at), NO_FIRING_PANE);
      operator.process(batch, 0);
    };
    put(1);
    operator.onBarrier(1, false, 1);
    put(11);
    operator.onBarrier(2, false, 2);
    put(2);
    expect(operator.oldestHeldEpoch()).toBe(1);
    operator.onWatermark(10);
    expect(operator.resume()).toBe(true);
    expect(operator.oldestHeldEpoch()).toBe(2);
    operator.onWatermark(20);
    operator.resume();
    expect(operator.oldestHeldEpoch()).toBeUndefined();
  });
});
