import fc from 'fast-check';
import { type CombineFn, fixedWindows, MAX_TIMESTAMP, NO_FIRING_PANE, sessionWindows } from 'millrace';
import { keyIdentity } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { ImpulseOperator } from '#millrace/runners/dataflow/impulse-operator.js';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { PrecombineOperator } from '#millrace/runners/dataflow/precombine-operator.js';
import { SessionPrecombineOperator } from '#millrace/runners/dataflow/session-precombine-operator.js';
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
import { delay, repeat } from '../kernel/trigger-specs.js';
import { kernelHost as host } from '../support/kernel-host.js';
import { averages, keyCoder, Owner, run, type Scenario, structCoder } from './grouping-run.js';
import { cuts, scenarios } from './grouping-scenarios.js';

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
