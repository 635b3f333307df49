import type { WindowingStrategySpec } from 'millrace';
import { describe, expect, it } from 'vitest';
import { count, delay, repeat } from '../kernel/trigger-specs.js';
import { drive } from './trigger-group-driver.js';

describe('the timestamp of a pane', () => {
  it.each<[WindowingStrategySpec['outputTime'], string]>([
    ['EARLIEST_IN_PANE', '@1'],
    ['LATEST_IN_PANE', '@3'],
    ['END_OF_WINDOW', ''],
  ])('is %s', (outputTime, at) => {
    const group = drive({ kind: 'default' }, { outputTime });
    group.put('k', 2).put('k', 1).put('k', 3).advance(10);
    expect(group.take()).toEqual([`k [0,10)${at} ON_TIME 0/0 first last: 1,2,3`]);
  });

  it('holds the watermark back until the pane has fired, and leaves late elements out', () => {
    const group = drive({ kind: 'default' }, { outputTime: 'EARLIEST_IN_PANE' });
    group.advance(5);
    for (const at of [2, 3, 7, 8]) group.put('k', at);
    group.advance(9);
    expect(group.watermark).toBe(7);
    group.advance(11);
    expect(group.take()).toEqual(['k [0,10)@7 ON_TIME 0/0 first last: 2,3,7,8']);
    expect(group.watermark).toBe(11);
  });

  it('is the end of the window where all elements were too late to hold anything back', () => {
    const group = drive({ kind: 'default' }, { outputTime: 'EARLIEST_IN_PANE' });
    group.advance(8);
    for (const at of [2, 3, 7]) group.put('k', at);
    group.advance(11);
    expect(group.take()).toEqual(['k [0,10) ON_TIME 0/0 first last: 2,3,7']);
  });

  it('moves on with the latest element, and the watermark behind it', () => {
    const group = drive({ kind: 'default' }, { outputTime: 'LATEST_IN_PANE' });
    group.put('k', 3).advance(6);
    expect(group.watermark).toBe(3);
    // Behind the watermark that came in, but not behind the one that was handed on.
    group.put('k', 5).advance(7);
    expect(group.watermark).toBe(5);
    group.advance(10);
    expect(group.take()).toEqual(['k [0,10)@5 ON_TIME 0/0 first last: 3,5']);
    expect(group.watermark).toBe(10);
  });

  it('lets the watermark go on when processing time fires', () => {
    const group = drive(repeat(delay(10)), { outputTime: 'EARLIEST_IN_PANE' });
    group.put('k', 2).advance(8);
    expect(group.watermark).toBe(2);
    group.pass(10);
    expect(group.take()).toEqual(['k [0,10)@2 EARLY 0/-1 first: 2']);
    expect(group.watermark).toBe(8);
  });

  it('keeps an unfired window on time while lateness goes on', () => {
    const group = drive(repeat(count(3)), { allowedLatenessMs: 20 });
    group.put('k', 2).advance(15);
    expect(group.watermark).toBe(9);
    group.put('k', 3).put('k', 4);
    expect(group.take()).toEqual(['k [0,10) ON_TIME 0/0 first: 2,3,4']);
    expect(group.watermark).toBe(15);
    group.put('k', 5).advance(30);
    expect(group.take()).toEqual(['k [0,10) LATE 1/1 last: 5']);
  });
});
