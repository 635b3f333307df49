import fc from 'fast-check';
import {
  type BoundedWindow,
  type CombineFn,
  fixedWindows,
  MAX_TIMESTAMP,
  NO_FIRING_PANE,
  sessionWindows,
  slidingWindows,
  type TriggerSpec,
  type WindowFnDescriptor,
  type WindowingStrategySpec,
} from 'millrace';
import { double, int64, iterableCoder, keyIdentity, stringUtf8Coder, struct, valueCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { GroupCoding } from '#millrace/runners/dataflow/group-coding.js';
import { collectAccumulatingValues, collectValues, type GroupSpec } from '#millrace/runners/dataflow/group-spec.js';
import { ImpulseOperator } from '#millrace/runners/dataflow/impulse-operator.js';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import type { Operator } from '#millrace/runners/dataflow/operator.js';
import { PrecombineOperator } from '#millrace/runners/dataflow/precombine-operator.js';
import { SessionGroupOperator } from '#millrace/runners/dataflow/session-group-operator.js';
import { sessionMerger } from '#millrace/runners/dataflow/session-merger.js';
import { SessionPrecombineOperator } from '#millrace/runners/dataflow/session-precombine-operator.js';
import { SliceGroupOperator } from '#millrace/runners/dataflow/slice-group-operator.js';
import { TriggerGroupOperator } from '#millrace/runners/dataflow/trigger-group-operator.js';
import { WindowGroupOperator } from '#millrace/runners/dataflow/window-group-operator.js';
import {
  accumulatorLayout,
  Batch,
  keyTables,
  OutputBuffer,
  OutputGate,
  readSnapshots,
  takeSnapshot,
  windowAssigner,
} from '#millrace/runners/kernel/index.js';
import { kernelHost as host } from '../support/kernel-host.js';

type Event =
  | { readonly key: string; readonly after: number }
  | { readonly watermarkBy: number }
  | { readonly timeBy: number };

/** After so many events all is written down, and so many owners go on. */
interface Cut {
  readonly at: number;
  readonly owners: 1 | 2;
}

type Form = 'slice' | 'window' | 'session' | 'trigger';

interface Scenario {
  readonly form: Form;
  readonly windowFn: WindowFnDescriptor;
  readonly trigger: TriggerSpec;
  readonly outputTime: WindowingStrategySpec['outputTime'];
  readonly latenessMs: number;
  readonly accumulating: boolean;
  readonly combine: 'collect' | 'struct';
  readonly events: readonly Event[];
}

const keyCoder = stringUtf8Coder();
const structCoder = struct({ count: int64(), sum: double() });
const averages: CombineFn<number, { count: number; sum: number }, string> = {
  createAccumulator: () => ({ count: 0, sum: 0 }),
  addInput: (accumulator, value) => {
    accumulator.count++;
    accumulator.sum += value;
    return accumulator;
  },
  mergeAccumulators: (accumulator, other) => {
    accumulator.count += other.count;
    accumulator.sum += other.sum;
    return accumulator;
  },
  extractOutput: ({ count, sum }) => `${sum}/${count}`,
};

/** One owner: the operator of a task with what is around it. */
class Owner {
  readonly lines: string[] = [];
  dropped = 0;
  readonly operator: Operator;
  private readonly gate = new OutputGate();
  private readonly output: OutputBuffer;

  constructor(
    { form, windowFn, trigger, outputTime, latenessMs, accumulating, combine }: Scenario,
    clock: VirtualClock,
  ) {
    this.output = new OutputBuffer(false, { accept: (batch) => this.accept(batch) }, this.gate, 2);
    const collect = accumulating ? collectAccumulatingValues : collectValues;
    const combineFn = (combine === 'struct' ? averages : collect) as unknown as CombineFn<unknown, unknown, unknown>;
    const accumulatorCoder = combine === 'struct' ? structCoder : iterableCoder(valueCoder());
    const layout = accumulatorLayout(accumulatorCoder);
    const step = { name: 'group', source: undefined };
    const parts = { combineFn, layout, keyCoder: keyCoder, step, form: 'compiled' as const, owner: host };
    const spec: GroupSpec = {
      combineFn,
      precombined: false,
      identity: keyIdentity(keyCoder),
      makeTable: keyTables({ ...parts, inputs: 'values' }),
      coding: new GroupCoding(keyCoder, accumulatorCoder),
      step,
      windowing: {
        windowFn: windowFn.spec,
        mergeStatus: windowFn.isMerging ? 'NEEDS_MERGE' : 'NON_MERGING',
        windowCoderId: 'window',
        trigger,
        accumulationMode: accumulating ? 'ACCUMULATING' : 'DISCARDING',
        outputTime,
        closingBehavior: 'EMIT_IF_NONEMPTY',
        onTimeBehavior: 'FIRE_ALWAYS',
        allowedLatenessMs: latenessMs,
        assignsToOneWindow: windowFn.assignsToOneWindow,
      },
      ports: [this.output],
      gate: this.gate,
      droppedLate: {
        inc: (by = 1) => {
          this.dropped += by;
        },
      },
    };
    const merger = windowFn.isMerging ? sessionMerger : undefined;
    if (form === 'slice') this.operator = new SliceGroupOperator(spec);
    else if (form === 'window') this.operator = new WindowGroupOperator(spec);
    else if (form === 'session') this.operator = new SessionGroupOperator(spec);
    else this.operator = new TriggerGroupOperator({ ...spec, clock, wake() {}, merger });
  }

  private accept(batch: Batch): boolean {
    for (let i = 0; i < batch.length; i++) {
      const { key, value } = batch.valueAt(i) as { key: string; value: unknown };
      const { start, end } = batch.windowsAt(i) as BoundedWindow;
      const { timing, index, nonSpeculativeIndex, isFirst, isLast } = batch.paneAt(i);
      const values = typeof value === 'string' ? value : [...(value as Iterable<number>)].sort((a, b) => a - b).join();
      const pane = [timing, index, nonSpeculativeIndex, isFirst, isLast].join('/');
      this.lines.push(`${key} [${start},${end})@${batch.timestamps[i]} ${pane}: ${values}`);
    }
    return false;
  }

  put(key: string, value: number, at: number, windows: Parameters<Batch['append']>[2]): void {
    this.settle();
    const batch = new Batch(true);
    batch.keys![0] = key;
    batch.append(value, at, windows, NO_FIRING_PANE);
    this.operator.process(batch, 0);
    this.settle();
  }

  advance(watermark: number): void {
    this.operator.onWatermark!(watermark);
    this.settle();
  }

  settle(): void {
    do this.gate.blocked = false;
    while (!this.operator.resume());
    this.output.flush();
  }
}

/** Keys of even groups belong to the first of two owners. */
const coding = new GroupCoding(keyCoder, valueCoder());
const ownerOf = (keyGroup: number, owners: number): number => (owners === 1 ? 0 : keyGroup % 2);

function run(scenario: Scenario, cuts: readonly Cut[]): { lines: string[]; dropped: number; held: unknown[] } {
  const clock = new VirtualClock(1_000);
  const assigner = windowAssigner(scenario.windowFn.spec);
  const all: Owner[] = [];
  let watermark = 0;
  const begin = (count: number): Owner[] => {
    const owners = Array.from({ length: count }, () => new Owner(scenario, clock));
    all.push(...owners);
    return owners;
  };
  let owners = begin(1);
  owners[0]!.advance(0);
  const { events } = scenario;
  for (let i = 0; i <= events.length; i++) {
    for (const cut of cuts.filter(({ at }) => at === i)) {
      const snapshots = owners.map((owner) => takeSnapshot({ snapshot: (to) => owner.operator.snapshot!(to) }));
      owners = begin(cut.owners);
      for (const [index, owner] of owners.entries()) {
        const owns = (keyGroup: number): boolean => ownerOf(keyGroup, cut.owners) === index;
        owner.operator.restore!(readSnapshots(snapshots, owns, () => index === 0));
        // The second one finds no watermark written down.
        if (index === 1) owner.advance(watermark);
      }
    }
    const event = events[i];
    if (event === undefined) break;
    if ('watermarkBy' in event) {
      watermark += event.watermarkBy;
      for (const owner of owners) owner.advance(watermark);
    } else if ('timeBy' in event) {
      clock.advance(event.timeBy);
      for (const owner of owners) owner.settle();
    } else {
      const owner = owners[ownerOf(coding.keyGroup(event.key), owners.length)]!;
      const at = watermark + event.after;
      const windows = assigner.assign(at);
      if (!Array.isArray(windows) || windows.length > 0) owner.put(event.key, i, at, windows);
    }
  }
  for (const owner of owners) owner.advance(MAX_TIMESTAMP);
  return {
    lines: all.flatMap((owner) => owner.lines).sort(),
    dropped: all.reduce((sum, owner) => sum + owner.dropped, 0),
    held: owners.map((owner) => owner.operator.oldestHeldEpoch!()),
  };
}

const count = (n: number): TriggerSpec => ({ kind: 'elementCount', count: n });
const delay = (delayMs: number): TriggerSpec => ({
  kind: 'afterProcessingTime',
  timestampTransforms: [{ kind: 'delay', delayMs }],
});
const repeat = (subtrigger: TriggerSpec): TriggerSpec => ({ kind: 'repeat', subtrigger });

const triggers = fc.constantFrom<TriggerSpec>(
  { kind: 'default' },
  { kind: 'never' },
  count(3),
  repeat(count(3)),
  repeat(delay(5)),
  repeat({ kind: 'afterAll', subtriggers: [count(2), delay(4)] }),
  { kind: 'afterEndOfWindow', earlyFirings: delay(3), lateFirings: count(2) },
  { kind: 'afterEach', subtriggers: [count(2), delay(4), repeat(count(2))] },
  { kind: 'orFinally', main: repeat(count(2)), finally: count(5) },
);

const fixed = fc.integer({ min: 1, max: 15 }).map((size) => fixedWindows(size));
const sliding = fc
  .tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 10 }))
  .map(([size, period]) => slidingWindows(size, period));
const sessions = fc.integer({ min: 1, max: 10 }).map((gap) => sessionWindows(gap));
const byDefault = fc.constant<TriggerSpec>({ kind: 'default' });

const forms: Readonly<Record<Form, Pick<Scenarios, 'windowFn' | 'trigger' | 'latenessMs' | 'outputTime'>>> = {
  slice: {
    windowFn: sliding,
    trigger: byDefault,
    latenessMs: fc.constant(0),
    outputTime: fc.constant('END_OF_WINDOW'),
  },
  window: {
    windowFn: fc.oneof(fixed, sliding),
    trigger: byDefault,
    latenessMs: fc.constantFrom(0, 3, 20),
    outputTime: fc.constant('END_OF_WINDOW'),
  },
  session: {
    windowFn: sessions,
    trigger: byDefault,
    latenessMs: fc.constantFrom(0, 3, 20),
    outputTime: fc.constant('END_OF_WINDOW'),
  },
  trigger: {
    windowFn: fc.oneof(fixed, sliding, sessions),
    trigger: triggers,
    latenessMs: fc.constantFrom(0, 3, 20),
    outputTime: fc.constantFrom('END_OF_WINDOW', 'EARLIEST_IN_PANE', 'LATEST_IN_PANE'),
  },
};

type Scenarios = { [K in keyof Scenario]: fc.Arbitrary<Scenario[K]> };

const scenarios = (form: Form): fc.Arbitrary<Scenario> =>
  fc.record<Scenario>({
    form: fc.constant(form),
    ...forms[form],
    accumulating: fc.boolean(),
    combine: fc.constantFrom('collect' as const, 'struct' as const),
    events: fc.array(
      fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({
            key: fc.constantFrom('a', 'b', 'c', 'd', 'ü'),
            after: fc.integer({ min: -20, max: 20 }),
          }),
        },
        { weight: 2, arbitrary: fc.record({ watermarkBy: fc.integer({ min: 1, max: 12 }) }) },
        { weight: 1, arbitrary: fc.record({ timeBy: fc.integer({ min: 1, max: 6 }) }) },
      ),
      { maxLength: 40 },
    ),
  });

const cuts = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: 40 }), owners: fc.constantFrom(1 as const, 2 as const) }),
  {
    minLength: 1,
    maxLength: 3,
  },
);

describe('what a grouping has written down half-way', () => {
  it.each(['slice', 'window', 'session', 'trigger'] as const)(
    'goes on in one owner or two as if nothing had happened: %s',
    (form) => {
      fc.assert(
        fc.property(scenarios(form), cuts, (scenario, where) => {
          const { lines, dropped, held } = run(scenario, where);
          const undisturbed = run(scenario, []);
          expect(lines).toEqual(undisturbed.lines);
          expect(dropped).toBe(undisturbed.dropped);
          expect(held.every((epoch) => epoch === undefined)).toBe(true);
        }),
        { numRuns: 1_000 },
      );
    },
  );

  it('wakes at the instants that its triggers waited for', () => {
    const trigger = repeat(delay(10));
    const scenario: Scenario = {
      form: 'trigger',
      windowFn: fixedWindows(10),
      trigger,
      outputTime: 'END_OF_WINDOW',
      latenessMs: 0,
      accumulating: false,
      combine: 'collect',
      events: [],
    };
    const clock = new VirtualClock(1_000);
    const before = new Owner(scenario, clock);
    before.put('a', 1, 1, windowAssigner(scenario.windowFn.spec).assign(1));
    const snapshot = takeSnapshot({ snapshot: (to) => before.operator.snapshot!(to) });
    before.operator.teardown?.();
    clock.advance(4);
    const after = new Owner(scenario, clock);
    after.operator.restore!(readSnapshots([snapshot]));
    expect(clock.next()).toBe(1_010);
    clock.advance(6);
    after.settle();
    expect(after.lines).toEqual(['a [0,10)@9 EARLY/0/-1/true/false: 1']);
  });

  it('is nothing where values are only folded on their way', () => {
    const gate = new OutputGate();
    const step = { name: 'fold', source: undefined };
    const combineFn = averages as unknown as CombineFn<unknown, unknown, unknown>;
    const layout = accumulatorLayout(structCoder);
    const makeTable = keyTables({
      combineFn,
      inputs: 'values',
      layout,
      keyCoder: keyCoder,
      step,
      form: 'compiled',
      owner: host,
    });
    const sent: unknown[] = [];
    const accept = (batch: Batch): boolean => {
      for (let i = 0; i < batch.length; i++) sent.push(batch.valueAt(i));
      return true;
    };
    const output = new OutputBuffer(true, { accept }, gate);
    const parts = { combineFn, step, gate, ports: [output] };
    const plain = new PrecombineOperator({ ...parts, makeTable, layout });
    const ofSessions = new SessionPrecombineOperator({
      ...parts,
      identity: keyIdentity(keyCoder),
      table: makeTable(),
    });
    for (const [operator, windowFn] of [
      [plain, fixedWindows(10)],
      [ofSessions, sessionWindows(10)],
    ] as const) {
      const batch = new Batch(true);
      batch.keys![0] = 'a';
      batch.append(7, 1, windowAssigner(windowFn.spec).assign(1), NO_FIRING_PANE);
      operator.process(batch, 0);
      operator.beforeBarrier();
      expect(operator.resume()).toBe(true);
      output.flush();
      expect(sent.splice(0)).toEqual([{ key: 'a', value: { count: 1, sum: 7 } }]);
      expect(takeSnapshot(operator).parts).toEqual([]);
    }
  });

  it('is of an impulse whether it has emitted', () => {
    const gate = new OutputGate();
    let emitted = 0;
    const accept = (batch: Batch): boolean => {
      emitted += batch.length;
      return true;
    };
    const output = new OutputBuffer(false, { accept }, gate);
    const before = new ImpulseOperator([output], true);
    const unemitted = takeSnapshot(before);
    before.poll();
    const snapshot = takeSnapshot(before);
    const after = new ImpulseOperator([output], true);
    after.restore(readSnapshots([snapshot]));
    expect(after.outputWatermark()).toBe(MAX_TIMESTAMP);
    after.poll();
    output.flush();
    expect(emitted).toBe(1);
    const anew = new ImpulseOperator([output], true);
    anew.restore(readSnapshots([unemitted]));
    anew.poll();
    output.flush();
    expect(emitted).toBe(2);
  });
});
