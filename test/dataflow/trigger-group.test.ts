import { globalWindow, slidingWindows, type TriggerSpec, type WindowingStrategySpec } from 'millrace';
import { describe, expect, it } from 'vitest';
import { atEnd, count, delay, repeat } from '../kernel/trigger-specs.js';
import { drive } from './trigger-group-driver.js';

describe('a window under a trigger', () => {
  it('fires early by count, on time and late, and discards', () => {
    const group = drive(atEnd(count(2), count(1)), { allowedLatenessMs: 20 });
    for (const at of [1, 2, 3]) group.put('k', at);
    expect(group.take()).toEqual(['k [0,10) EARLY 0/-1 first: 1,2']);
    group.advance(10);
    expect(group.take()).toEqual(['k [0,10) ON_TIME 1/0: 3']);
    group.put('k', 4);
    group.put('k', 5);
    expect(group.take()).toEqual(['k [0,10) LATE 2/1: 4', 'k [0,10) LATE 3/2: 5']);
    group.advance(30).put('k', 6);
    expect(group.take()).toEqual([]);
    expect(group.dropped).toBe(1);
    expect(group.operator.oldestHeldEpoch()).toBeUndefined();
  });

  it('accumulates', () => {
    const group = drive(atEnd(count(2), count(1)), { allowedLatenessMs: 20, accumulationMode: 'ACCUMULATING' });
    for (const at of [1, 2, 3]) group.put('k', at);
    group.advance(10).put('k', 4).advance(30);
    expect(group.take()).toEqual([
      'k [0,10) EARLY 0/-1 first: 1,2',
      'k [0,10) ON_TIME 1/0: 1,2,3',
      'k [0,10) LATE 2/1: 1,2,3,4',
    ]);
    expect(group.operator.oldestHeldEpoch()).toBeUndefined();
  });

  it('keeps keys and windows apart', () => {
    const group = drive(repeat(count(2)), {}, slidingWindows(10, 5));
    group.put('a', 7).put('b', 7).put('a', 12).put('b', 3);
    expect(group.take()).toEqual(['a [5,15) EARLY 0/-1 first: 7,12', 'b [0,10) EARLY 0/-1 first: 3,7']);
    group.end();
    expect(group.take().sort()).toEqual([
      'a [0,10) ON_TIME 0/0 first last: 7',
      'a [10,20) ON_TIME 0/0 first last: 12',
      'a [5,15) ON_TIME 1/0 last: ',
      'b [-5,5) ON_TIME 0/0 first last: 3',
      'b [0,10) ON_TIME 1/0 last: ',
      'b [5,15) ON_TIME 0/0 first last: 7',
    ]);
  });

  it('fires for the whole global window when a trigger is repeated, and with the rest at the end of time', () => {
    const group = drive(repeat(count(2)), { onTimeBehavior: 'FIRE_IF_NONEMPTY' }, globalWindow());
    for (const at of [1, 200, 30]) group.put('k', at);
    group.end();
    expect(group.take()).toEqual(['k global EARLY 0/-1 first: 1,200', 'k global ON_TIME 1/0 last: 30']);
    expect(group.operator.oldestHeldEpoch()).toBeUndefined();
  });

  it('emits with `never` what it holds when it expires', () => {
    const group = drive({ kind: 'never' }, { allowedLatenessMs: 5 });
    group.put('k', 1).advance(10).put('k', 2);
    expect(group.take()).toEqual([]);
    group.advance(15);
    expect(group.take()).toEqual(['k [0,10) ON_TIME 0/0 first last: 1,2']);
  });

  it('fires at every element with `always`', () => {
    const group = drive({ kind: 'always' }, { allowedLatenessMs: 5, onTimeBehavior: 'FIRE_IF_NONEMPTY' });
    group.put('k', 1).put('k', 2).advance(10).put('k', 3);
    expect(group.take()).toEqual(['k [0,10) EARLY 0/-1 first: 1', 'k [0,10) EARLY 1/-1: 2', 'k [0,10) LATE 2/0: 3']);
  });

  it('is closed when its trigger has finished: what comes later is dropped, and counted', () => {
    const group = drive(count(2), { allowedLatenessMs: 5 });
    for (const at of [1, 2, 3, 4]) group.put('k', at);
    group.put('other', 5);
    expect(group.take()).toEqual(['k [0,10) EARLY 0/-1 first last: 1,2']);
    expect(group.dropped).toBe(2);
    group.end();
    expect(group.take()).toEqual(['other [0,10) ON_TIME 0/0 first last: 5']);
  });

  it('that is late from its first element on has no pane on time', () => {
    const group = drive(atEnd(delay(5), count(2)), { allowedLatenessMs: 50 });
    group.advance(20).put('k', 1).put('k', 2).put('k', 3);
    // The end of the window has come: the first element fires at once, then two by two.
    expect(group.take()).toEqual(['k [0,10) LATE 0/0 first: 1', 'k [0,10) LATE 1/1: 2,3']);
  });
});

describe('an empty pane', () => {
  const early = repeat({ kind: 'afterAny', subtriggers: [count(1), atEnd()] });

  it.each<[string, Partial<WindowingStrategySpec>, string[]]>([
    ['on time, unless asked not to', {}, ['k [0,10) EARLY 0/-1 first: 1', 'k [0,10) ON_TIME 1/0: ']],
    ['on time, only with elements', { onTimeBehavior: 'FIRE_IF_NONEMPTY' }, ['k [0,10) EARLY 0/-1 first: 1']],
    [
      'at the close, if asked to',
      { closingBehavior: 'EMIT_ALWAYS' },
      ['k [0,10) EARLY 0/-1 first: 1', 'k [0,10) ON_TIME 1/0: ', 'k [0,10) LATE 2/1 last: '],
    ],
    [
      'at the close only',
      { closingBehavior: 'EMIT_ALWAYS', onTimeBehavior: 'FIRE_IF_NONEMPTY' },
      ['k [0,10) EARLY 0/-1 first: 1', 'k [0,10) LATE 1/0 last: '],
    ],
    [
      'with what has accumulated',
      { closingBehavior: 'EMIT_ALWAYS', accumulationMode: 'ACCUMULATING' },
      ['k [0,10) EARLY 0/-1 first: 1', 'k [0,10) ON_TIME 1/0: 1', 'k [0,10) LATE 2/1 last: 1'],
    ],
  ])('is emitted %s', (_when, windowing, panes) => {
    const group = drive(early, { allowedLatenessMs: 5, ...windowing });
    group.put('k', 1).advance(10).advance(30);
    expect(group.take()).toEqual(panes);
  });

  it('closes the default trigger too, if asked to', () => {
    const group = drive({ kind: 'default' }, { allowedLatenessMs: 5, closingBehavior: 'EMIT_ALWAYS' });
    group.put('k', 1).advance(10).put('k', 2).advance(30);
    expect(group.take()).toEqual(['k [0,10) ON_TIME 0/0 first: 1', 'k [0,10) LATE 1/1: 2', 'k [0,10) LATE 2/2 last: ']);
  });
});

describe('processing time', () => {
  it('fires when the delay from the first element of a pane is over', () => {
    const group = drive(repeat(delay(10)), { onTimeBehavior: 'FIRE_IF_NONEMPTY' });
    group.put('k', 1).pass(6).put('k', 2).pass(3);
    expect(group.take()).toEqual([]);
    group.pass(1);
    expect(group.take()).toEqual(['k [0,10) EARLY 0/-1 first: 1,2']);
    expect(group.wakes).toBe(1);
    group.pass(50).put('k', 3).pass(10);
    expect(group.take()).toEqual(['k [0,10) EARLY 1/-1: 3']);
    group.put('k', 4).end();
    expect(group.take()).toEqual(['k [0,10) ON_TIME 2/0 last: 4']);
    expect(group.clock.next()).toBeUndefined();
  });

  it('fires at the next aligned instant, for all keys together', () => {
    const trigger: TriggerSpec = {
      kind: 'afterProcessingTime',
      timestampTransforms: [{ kind: 'alignTo', periodMs: 100, offsetMs: 0 }],
    };
    const group = drive(repeat(trigger));
    group.pass(10).put('a', 1).pass(50).put('b', 2).pass(39);
    expect(group.take()).toEqual([]);
    group.pass(1);
    expect(group.take()).toEqual(['a [0,10) EARLY 0/-1 first: 1', 'b [0,10) EARLY 0/-1 first: 2']);
  });

  it('that is synchronised goes on a moment after an element has come', () => {
    const group = drive(repeat({ kind: 'afterSynchronizedProcessingTime' }));
    group.put('k', 1).put('k', 2);
    expect(group.take()).toEqual([]);
    group.pass(1);
    expect(group.take()).toEqual(['k [0,10) EARLY 0/-1 first: 1,2']);
  });

  it('does not fire between the last barrier of a stop and the end', () => {
    const group = drive(repeat(delay(10)));
    group.put('k', 1).operator.onBarrier(1, true, 1);
    group.pass(100);
    expect(group.take()).toEqual([]);
    expect(group.operator.oldestHeldEpoch()).toBe(1);
    expect(group.clock.next()).toBeUndefined();
  });

  it('wakes no one when the work is torn down', () => {
    const group = drive(repeat(delay(10)));
    group.put('k', 1);
    group.operator.teardown();
    expect(group.clock.next()).toBeUndefined();
  });
});
