import fc from 'fast-check';
import {
  type BoundedWindow,
  type CombineFn,
  IntervalWindow,
  MAX_TIMESTAMP,
  NO_FIRING_PANE,
  type WindowingStrategySpec,
} from 'millrace';
import { keyIdentity, valueCoder } from 'millrace/coders';
import { expect, it } from 'vitest';
import { GroupCoding } from '#millrace/runners/dataflow/group-coding.js';
import { SessionGroupOperator } from '#millrace/runners/dataflow/session-group-operator.js';
import { SessionPrecombineOperator } from '#millrace/runners/dataflow/session-precombine-operator.js';
import { Batch, keyTables, OutputBuffer, OutputGate } from '#millrace/runners/kernel/index.js';
import { kernelHost as host } from '../support/kernel-host.js';

const GAP = 10;

type Event =
  /** An element of one of the tasks, some time after (or, where negative, before) the task's watermark. */
  | { readonly task: number; readonly key: string; readonly after: number }
  | { readonly task: number; readonly watermarkBy: number }
  | { readonly task: number; readonly barrier: true };

interface Element {
  readonly key: string;
  readonly at: number;
  readonly value: number;
}

const all: CombineFn<number, number[], number[]> = {
  createAccumulator: () => [],
  addInput: (list, value) => [...list, value],
  mergeAccumulators: (list, other) => [...list, ...other],
  extractOutput: (list) => [...list].sort((a, b) => a - b),
};
const combineFn = all as unknown as CombineFn<unknown, unknown, unknown>;
const keyCoder = valueCoder();
const step = { name: 'combine', source: undefined };
const parts = { combineFn, identity: keyIdentity(keyCoder), step };
const coding = new GroupCoding(keyCoder, valueCoder());
const makeTable = keyTables({
  combineFn,
  inputs: 'values',
  layout: { kind: 'opaque' },
  keyCoder,
  step,
  form: 'compiled',
  owner: host,
});

/** Two tasks that fold, and the one that merges what they send; everything that can wait, waits. */
function run(events: readonly Event[], room: number) {
  const lines: string[] = [];
  const elements: Element[] = [];
  let dropped = 0;
  let sent = 0;
  const gate = new OutputGate();
  const accept = (batch: Batch): boolean => {
    for (let i = 0; i < batch.length; i++) {
      const { key, value } = batch.valueAt(i) as { key: string; value: number[] };
      const { start, end } = batch.windowsAt(i) as BoundedWindow;
      lines.push(`${key} [${start},${end}) ${value.join()}`);
    }
    return false;
  };
  const output = new OutputBuffer(false, { accept }, gate, room);
  const group = new SessionGroupOperator({
    ...parts,
    makeTable,
    coding,
    precombined: true,
    windowing: { allowedLatenessMs: 0, accumulationMode: 'DISCARDING' } as unknown as WindowingStrategySpec,
    ports: [output],
    gate,
    droppedLate: {
      inc: (by = 1) => {
        dropped += by;
      },
    },
  });
  const settle = (operator: { resume(): boolean }, its: OutputGate): void => {
    do its.blocked = false;
    while (!operator.resume());
  };
  const tasks = [0, 1].map(() => {
    const own = new OutputGate();
    const channel = new OutputBuffer(
      true,
      {
        accept(batch) {
          sent += batch.length;
          group.process(batch, 0);
          settle(group, gate);
          return false;
        },
      },
      own,
      room,
    );
    const operator = new SessionPrecombineOperator({ ...parts, table: makeTable(), ports: [channel], gate: own });
    operator.onWatermark(0);
    return { operator, own, channel, watermark: 0 };
  });
  let passed = Number.NEGATIVE_INFINITY;
  const hand = (task: (typeof tasks)[number], watermark: number): void => {
    task.operator.onWatermark(watermark);
    settle(task.operator, task.own);
    task.channel.flush();
    task.watermark = watermark;
    const least = Math.min(...tasks.map((each) => each.watermark));
    if (least > passed) group.onWatermark(least);
    passed = Math.max(passed, least);
    settle(group, gate);
  };
  events.forEach((event, value) => {
    const task = tasks[event.task]!;
    if ('watermarkBy' in event) hand(task, task.watermark + event.watermarkBy);
    else if ('barrier' in event) {
      task.operator.beforeBarrier();
      settle(task.operator, task.own);
    } else {
      const at = task.watermark + event.after;
      elements.push({ key: event.key, at, value });
      const batch = new Batch(true);
      batch.keys![0] = event.key;
      batch.append(value, at, new IntervalWindow(at, at + GAP), NO_FIRING_PANE);
      task.own.blocked = false;
      expect(task.operator.process(batch, 0)).toBe(1);
      settle(task.operator, task.own);
    }
  });
  for (const task of tasks) hand(task, MAX_TIMESTAMP);
  output.flush();
  expect(group.oldestHeldEpoch()).toBeUndefined();
  return { lines: lines.sort(), elements, dropped, sent };
}

/** The slow model: all elements of a key in order of time. */
function sessions(elements: readonly Element[]): string[] {
  const lines: string[] = [];
  for (const key of new Set(elements.map((element) => element.key))) {
    const own = elements.filter((element) => element.key === key).sort((a, b) => a.at - b.at);
    while (own.length > 0) {
      const session = [own.shift()!];
      while (own.length > 0 && own[0]!.at < session.at(-1)!.at + GAP) session.push(own.shift()!);
      const values = session.map(({ value }) => value).sort((a, b) => a - b);
      lines.push(`${key} [${session[0]!.at},${session.at(-1)!.at + GAP}) ${values.join()}`);
    }
  }
  return lines.sort();
}

const task = fc.integer({ min: 0, max: 1 });
const events = (earliest: number): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          task,
          key: fc.constantFrom('a', 'b', 'c'),
          after: fc.integer({ min: earliest, max: 25 }),
        }),
      },
      { weight: 3, arbitrary: fc.record({ task, watermarkBy: fc.integer({ min: 0, max: 12 }) }) },
      { weight: 1, arbitrary: fc.record({ task, barrier: fc.constant(true as const) }) },
    ),
    { maxLength: 60 },
  );
const room = fc.constantFrom(1, 3, 1024);

it('gives the sessions of all elements, whatever is folded where and whoever is ahead', () => {
  fc.assert(
    fc.property(events(0), room, (list, size) => {
      const { lines, elements, dropped } = run(list, size);
      expect(lines).toEqual(sessions(elements));
      expect(dropped).toBe(0);
    }),
    { numRuns: 500 },
  );
});

it('loses nothing of what comes behind the watermark: it is in a session, or counted as dropped', () => {
  fc.assert(
    fc.property(events(-15), room, (list, size) => {
      const { lines, elements, dropped } = run(list, size);
      const values = lines.flatMap((line) => line.split(' ')[2]!.split(',').map(Number));
      expect(new Set(values).size).toBe(values.length);
      expect(values.length + dropped).toBe(elements.length);
    }),
    { numRuns: 300 },
  );
});

it('sends a session that goes on and on about once in its gap', () => {
  const list: Event[] = [];
  for (let i = 0; i < 1_000; i++)
    list.push({ task: 0, key: 'a', after: 0 }, { task: 0, watermarkBy: i % 5 === 0 ? 1 : 0 });
  const { lines, sent } = run(list, 8);
  expect(lines).toHaveLength(1);
  // 200 instants, of which ten make a gap.
  expect(sent).toBeLessThan(200 / (GAP - 1) + 4);
});
