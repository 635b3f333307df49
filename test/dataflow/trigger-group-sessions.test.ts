import { sessionWindows, type TriggerSpec, type WindowingStrategySpec } from 'millrace';
import { describe, expect, it } from 'vitest';
import { atEnd, count, delay, repeat } from '../kernel/trigger-specs.js';
import { drive, type TriggerGroupDriver } from './trigger-group-driver.js';

describe('sessions', () => {
  const session = (trigger: TriggerSpec, windowing: Partial<WindowingStrategySpec> = {}): TriggerGroupDriver =>
    drive(trigger, windowing, sessionWindows(10));

  it('fire early, on time and late', () => {
    const group = session(atEnd(count(2), count(3)), { allowedLatenessMs: 200, accumulationMode: 'ACCUMULATING' });
    group.put('k', 1).put('k', 2);
    expect(group.take()).toEqual(['k [1,12) EARLY 0/-1 first: 1,2']);
    group.put('k', 4).put('k', 5).put('k', 6).advance(100);
    expect(group.take()).toEqual(['k [1,15) EARLY 1/-1: 1,2,4,5', 'k [1,16) ON_TIME 2/0: 1,2,4,5,6']);
    group.put('k', 1).put('k', 3).put('k', 4);
    expect(group.take()).toEqual(['k [1,16) LATE 3/1: 1,1,2,3,4,4,5,6']);
  });

  it('count the elements of all that they were merged from', () => {
    const group = session(repeat(count(3)));
    group.put('k', 1).put('k', 18).put('k', 10);
    expect(group.take()).toEqual(['k [1,28) EARLY 0/-1 first: 1,10,18']);
    group.end();
    expect(group.take()).toEqual(['k [1,28) ON_TIME 1/0 last: ']);
  });

  it('go on numbering their panes when they merge', () => {
    const group = session(repeat(count(1)), { onTimeBehavior: 'FIRE_IF_NONEMPTY' });
    group.put('k', 1).put('k', 2).put('k', 18).put('k', 10).put('other', 10).end();
    expect(group.take()).toEqual([
      'k [1,11) EARLY 0/-1 first: 1',
      'k [1,12) EARLY 1/-1: 2',
      'k [18,28) EARLY 0/-1 first: 18',
      'k [1,28) EARLY 2/-1: 10',
      'other [10,20) EARLY 0/-1 first: 10',
    ]);
  });

  it('wait for the earliest instant of those that merged', () => {
    const group = session(repeat(delay(10)));
    group.put('k', 1).pass(4).put('k', 18).pass(4).put('k', 10).pass(1);
    expect(group.take()).toEqual([]);
    group.pass(1);
    expect(group.take()).toEqual(['k [1,28) EARLY 0/-1 first: 1,10,18']);
  });

  it('are on time once more when late data lets them reach beyond the watermark', () => {
    const group = session(atEnd(undefined, count(1)), { allowedLatenessMs: 100 });
    group.put('k', 1).advance(12).put('k', 8);
    expect(group.take()).toEqual(['k [1,11) ON_TIME 0/0 first: 1']);
    group.advance(30);
    expect(group.take()).toEqual(['k [1,18) ON_TIME 1/1: 8']);
  });

  it.each<[WindowingStrategySpec['outputTime'], string]>([
    ['EARLIEST_IN_PANE', '@1'],
    ['LATEST_IN_PANE', '@18'],
    ['END_OF_WINDOW', ''],
  ])('merge what they hold the watermark back for: %s', (outputTime, at) => {
    const group = session({ kind: 'default' }, { outputTime });
    group.put('k', 1).put('k', 18).put('k', 10).end();
    expect(group.take()).toEqual([`k [1,28)${at} ON_TIME 0/0 first last: 1,10,18`]);
  });

  it('that are closed take nothing more; others do', () => {
    const group = session(atEnd(), { allowedLatenessMs: 100 });
    group.put('k', 1).put('k', 5).advance(20);
    expect(group.take()).toEqual(['k [1,15) ON_TIME 0/0 first last: 1,5']);
    group.put('k', 2).put('k', 5);
    expect(group.dropped).toBe(2);
    group.put('k', 40).end();
    expect(group.take()).toEqual(['k [40,50) ON_TIME 0/0 first last: 40']);
    expect(group.dropped).toBe(2);
  });
});
