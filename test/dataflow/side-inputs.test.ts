import { MAX_TIMESTAMP } from 'millrace';
import { describe, expect, it } from 'vitest';
import { readSnapshots, takeSnapshot } from '#millrace/runners/kernel/index.js';
import { batchOf, GateParts, KEY_GROUPS, windowOf } from './side-input-parts.js';

const element = (value: unknown, timestamp: number, size = 10) => ({
  value,
  timestamp,
  windows: windowOf(timestamp, size),
});

describe('the gate of a task with side inputs', () => {
  it('lets an element wait for the contents of its window, and holds time for it', () => {
    const parts = new GateParts();
    parts.give(element('a', 3), element('b', 5));
    parts.mainWatermark(100);
    expect(parts.out()).toEqual(['@3']);
    parts.pane('side', windowOf(0, 10), [1, 2]);
    expect(parts.out()).toEqual(['a[0,10) 1+2', 'b[0,10) 1+2', '@100']);
  });

  it('takes a window for empty when the side input has passed its end', () => {
    const parts = new GateParts();
    parts.give(element('a', 3));
    parts.sideWatermark('side', 9);
    expect(parts.out()).toEqual([]);
    parts.sideWatermark('side', 10);
    expect(parts.out()).toEqual(['a[0,10)']);
  });

  it('waits for the end of the allowed lateness where a trigger need not fire before', () => {
    const parts = new GateParts({ awaitMs: 5 });
    parts.give(element('a', 3));
    parts.sideWatermark('side', 14);
    expect(parts.out()).toEqual([]);
    parts.sideWatermark('side', 15);
    expect(parts.out()).toEqual(['a[0,10)']);
  });

  it('hands on a batch of which all elements may pass as it came', () => {
    const parts = new GateParts();
    parts.pane('side', windowOf(0, 10), [1]);
    parts.pane('side', windowOf(10, 10), [2]);
    const batch = batchOf([element('a', 3), element('b', 13)]);
    parts.main.accept(batch);
    expect(parts.gate.take()).toBe(batch);
  });

  it('parts a batch of which some elements wait, and keeps the order of each window', () => {
    const parts = new GateParts();
    parts.pane('side', windowOf(10, 10), ['x']);
    parts.give(element('a', 3), element('b', 13), element('c', 4), element('d', 14));
    expect(parts.out()).toEqual(['b[10,20) x', 'd[10,20) x']);
    parts.give(element('e', 5));
    parts.pane('side', windowOf(0, 10), ['y']);
    expect(parts.out()).toEqual(['a[0,10) y', 'c[0,10) y', 'e[0,10) y']);
  });

  it('lets an element pass in one of its windows while it waits in another', () => {
    const parts = new GateParts();
    parts.pane('side', windowOf(10, 10), ['x']);
    parts.give({ value: 'a', timestamp: 8, windows: [windowOf(0, 10), windowOf(10, 10)] });
    expect(parts.out()).toEqual(['a[10,20) x']);
    parts.pane('side', windowOf(0, 10), ['y']);
    expect(parts.out()).toEqual(['a[0,10) y']);
  });

  it('waits for all side inputs, each by its own windows', () => {
    const parts = new GateParts({ sides: { small: 10, big: 100 } });
    parts.give(element('a', 13));
    parts.pane('small', windowOf(10, 10), ['s']);
    expect(parts.out()).toEqual([]);
    parts.sideWatermark('big', 50);
    expect(parts.out()).toEqual([]);
    parts.pane('big', windowOf(0, 100), ['b']);
    expect(parts.out()).toEqual(['a[10,20) s b']);
  });

  it('makes a view once for a pane, when somebody looks, and anew for the next pane', () => {
    const parts = new GateParts();
    parts.pane('side', windowOf(0, 10), [1]);
    parts.pane('side', windowOf(10, 10), [2]);
    parts.give(element('a', 3), element('b', 4));
    expect(parts.out()).toEqual(['a[0,10) 1', 'b[0,10) 1']);
    expect(parts.made).toEqual({ side: 1 });
    parts.pane('side', windowOf(0, 10), [1, 3], 1);
    parts.give(element('c', 3), element('d', 4));
    expect(parts.out()).toEqual(['c[0,10) 1+3', 'd[0,10) 1+3']);
    expect(parts.made).toEqual({ side: 2 });
  });

  it('lets the last pane take the place of what came before', () => {
    const parts = new GateParts();
    parts.pane('side', windowOf(0, 10), ['early']);
    parts.pane('side', windowOf(0, 10), ['late'], 1);
    parts.give(element('a', 3));
    expect(parts.out()).toEqual(['a[0,10) late']);
  });

  it('keeps what it has when a pane holds nothing', () => {
    const parts = new GateParts();
    parts.pane('side', windowOf(0, 10), []);
    parts.give(element('a', 3));
    expect(parts.out()).toEqual(['a[0,10)']);
    parts.pane('side', windowOf(0, 10), ['x'], 1);
    parts.pane('side', windowOf(0, 10), [], 2);
    parts.give(element('b', 3));
    expect(parts.out()).toEqual(['b[0,10) x']);
  });

  it('takes the latest of the panes that hold something, in whichever order they come', () => {
    const parts = new GateParts();
    parts.pane('side', windowOf(0, 10), [], 2);
    parts.pane('side', windowOf(0, 10), ['second'], 1);
    parts.pane('side', windowOf(0, 10), ['first'], 0);
    parts.give(element('a', 3));
    expect(parts.out()).toEqual(['a[0,10) second']);
  });

  it('gives up a window when time has passed it, and drops and counts what comes for it then', () => {
    const parts = new GateParts({ allowedLatenessMs: 5 });
    parts.pane('side', windowOf(0, 10), ['x']);
    parts.give(element('a', 3));
    parts.mainWatermark(14);
    expect(parts.out()).toEqual(['a[0,10) x', '@14']);
    parts.give(element('b', 4));
    expect(parts.out()).toEqual(['b[0,10) x']);
    parts.mainWatermark(15);
    expect(parts.out()).toEqual(['@15']);
    parts.give(element('c', 5), element('d', 15));
    parts.sideWatermark('side', 1_000);
    expect(parts.out()).toEqual(['d[10,20)']);
    expect(parts.dropped).toBe(1);
    // Nor is anything kept of a pane for it.
    parts.pane('side', windowOf(0, 10), ['too late'], 1);
    parts.out();
    expect(takeSnapshot(parts.gate).parts.map(({ entries }) => entries.length)).toEqual([1, 1, 0, 1, 0]);
  });

  it('keeps what is seen of a window for as long as an element waits for another side input', () => {
    const parts = new GateParts({ sides: { one: 10, two: 10 } });
    parts.give(element('a', 3));
    parts.pane('one', windowOf(0, 10), ['x']);
    parts.mainWatermark(500);
    parts.sideWatermark('one', 500);
    expect(parts.out()).toEqual(['@3']);
    parts.sideWatermark('two', 500);
    expect(parts.out()).toEqual(['a[0,10) x', '@500']);
  });

  it('waits for the contents of a window that has passed where an element of it is later than its end', () => {
    const parts = new GateParts();
    parts.give({ value: 'a', timestamp: 25, windows: windowOf(0, 10) });
    parts.mainWatermark(500);
    expect(parts.out()).toEqual(['@25']);
    parts.pane('side', windowOf(0, 10), ['x']);
    expect(parts.out()).toEqual(['a[0,10) x', '@500']);
  });

  it('does not say that it is idle while something waits', () => {
    const parts = new GateParts();
    parts.give(element('a', 3));
    parts.mainWatermark(5);
    parts.main.mark({ kind: 'idle' });
    expect(parts.out()).toEqual(['@3']);
    parts.pane('side', windowOf(0, 10), ['x']);
    expect(parts.out()).toEqual(['a[0,10) x', 'idle']);
    parts.mainWatermark(6);
    expect(parts.out()).toEqual(['@6']);
  });

  it('is not held by a side input that is behind, nor moved by one that is ahead', () => {
    const parts = new GateParts();
    parts.mainWatermark(50);
    expect(parts.out()).toEqual(['@50']);
    parts.sideWatermark('side', 900);
    expect(parts.out()).toEqual([]);
  });

  it('takes in all of the main input while it waits', () => {
    const parts = new GateParts();
    for (let i = 0; i < 100; i++) {
      expect(parts.main.full).toBe(false);
      parts.give(element(i, 3));
      expect(parts.out()).toEqual([]);
    }
    parts.pane('side', windowOf(0, 10), ['x']);
    expect(parts.out()).toEqual(Array.from({ length: 100 }, (_, i) => `${i}[0,10) x`));
  });

  it('aligns barriers over all inputs, behind what may pass, and says what it holds back', () => {
    const parts = new GateParts();
    parts.give(element('a', 3));
    parts.main.mark({ kind: 'barrier', epoch: 1, oldest: 1, stop: false });
    parts.give(element('b', 13));
    expect(parts.out()).toEqual([]);
    parts.pane('side', windowOf(10, 10), ['x']);
    parts.sides.side!.mark({ kind: 'barrier', epoch: 1, oldest: 1, stop: false });
    expect(parts.out()).toEqual(['barrier 1', 'b[10,20) x']);
    expect(parts.gate.oldestHeldEpoch()).toBe(1);
    parts.give(element('c', 4));
    parts.pane('side', windowOf(0, 10), ['y']);
    parts.everywhere({ kind: 'barrier', epoch: 2, oldest: 2, stop: false });
    expect(parts.out()).toEqual(['a[0,10) y', 'c[0,10) y', 'barrier 2']);
    expect(parts.gate.oldestHeldEpoch()).toBeUndefined();
  });

  it('holds the epoch of what it shows where that was committed when it was read', () => {
    const parts = new GateParts({ holdsEpochs: true });
    parts.pane('side', windowOf(0, 10), ['x']);
    parts.everywhere({ kind: 'barrier', epoch: 1, oldest: 1, stop: false });
    parts.out();
    expect(parts.gate.oldestHeldEpoch()).toBe(1);
    parts.pane('side', windowOf(0, 10), ['y'], 1);
    parts.everywhere({ kind: 'barrier', epoch: 2, oldest: 2, stop: false });
    parts.out();
    expect(parts.gate.oldestHeldEpoch()).toBe(2);
    parts.mainWatermark(10);
    parts.out();
    expect(parts.gate.oldestHeldEpoch()).toBeUndefined();
  });

  it('ends when all inputs have, and not before', () => {
    const parts = new GateParts();
    parts.give(element('a', 3));
    parts.mainWatermark(MAX_TIMESTAMP);
    parts.main.mark({ kind: 'end' });
    expect(parts.out()).toEqual(['@3']);
    parts.sideWatermark('side', MAX_TIMESTAMP);
    expect(parts.out()).toEqual(['a[0,10)', `@${MAX_TIMESTAMP}`]);
    parts.sides.side!.mark({ kind: 'end' });
    expect(parts.out()).toEqual(['end']);
  });

  it('ends with what still waits after a stop', () => {
    const parts = new GateParts();
    parts.give(element('a', 3));
    parts.everywhere({ kind: 'barrier', epoch: 1, oldest: 1, stop: true });
    parts.everywhere({ kind: 'end' });
    expect(parts.out()).toEqual(['barrier 1', 'end']);
    expect(parts.gate.oldestHeldEpoch()).toBe(1);
  });
});

describe('a snapshot of the gate', () => {
  it('is taken over by one task', () => {
    const before = new GateParts();
    before.pane('side', windowOf(0, 10), [1, 2], 3);
    before.give(element('a', 13), element('b', 14));
    before.out();
    const after = new GateParts();
    after.gate.restore(readSnapshots([takeSnapshot(before.gate)]));
    after.give(element('c', 5), element('d', 15));
    // What is waited for is as it was; a pane that came before what was there changes nothing.
    after.pane('side', windowOf(0, 10), ['old'], 2);
    expect(after.out()).toEqual(['c[0,10) 1+2']);
    after.pane('side', windowOf(10, 10), ['x']);
    expect(after.out()).toEqual(['a[10,20) x', 'b[10,20) x', 'd[10,20) x']);
  });

  it('is taken over by two tasks: each has all views, and every element is with one of them', () => {
    const before = [new GateParts(), new GateParts(), new GateParts()];
    for (const [n, parts] of before.entries()) {
      parts.pane('side', windowOf(0, 10), ['view']);
      parts.give(element(`a${n}`, 13), element(`b${n}`, 25));
      parts.out();
    }
    const snapshots = before.map(({ gate }) => takeSnapshot(gate));
    const waited: string[] = [];
    for (const owner of [0, 1]) {
      const after = new GateParts();
      after.gate.restore(readSnapshots(snapshots, undefined, (index) => index % 2 === owner));
      after.give(element('new', 5));
      expect(after.out()[0]).toBe('new[0,10) view');
      after.sideWatermark('side', 1_000);
      const out = after.out().filter((line) => !line.startsWith('@'));
      expect(out).toHaveLength(3);
      waited.push(...out);
    }
    expect(waited.sort()).toEqual(['a0[10,20)', 'a1[10,20)', 'a2[10,20)', 'b0[20,30)', 'b1[20,30)', 'b2[20,30)']);
  });

  it('of a keyed input gives its elements to the owner of their key', () => {
    const before = new GateParts({ keyed: true });
    const keys = Array.from({ length: 20 }, (_, i) => `key${i}`);
    before.give(...keys.map((key, value) => element({ key, value }, 3)));
    before.out();
    const snapshot = takeSnapshot(before.gate);
    const found: string[][] = [0, 1].map((owner) => {
      const after = new GateParts({ keyed: true });
      after.gate.restore(readSnapshots([snapshot], (group) => (group < KEY_GROUPS / 2 ? 0 : 1) === owner));
      after.sideWatermark('side', 1_000);
      return after.out().filter((line) => !line.startsWith('@'));
    });
    expect(found.flat().sort()).toEqual(keys.map((key, value) => `{"key":"${key}","value":${value}}[0,10)`).sort());
    expect(found.every((own) => own.length > 0)).toBe(true);
  });
});
