import { GlobalWindow, NO_FIRING_PANE, type ValueState } from 'millrace';
import type { Timer } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { EXPIRATION_FAMILY } from '#millrace/runners/beam/par-do.js';
import { batchOf, host, TIMERS } from './engine-cells.js';
import { FakeState } from './fake-state.js';

describe('timers over an engine', () => {
  const set = (tag: string, fireTimestamp: number): Timer<unknown> => ({
    userKey: 'k',
    dynamicTimerTag: tag,
    windows: GlobalWindow.INSTANCE,
    clearBit: false,
    fireTimestamp,
    holdTimestamp: fireTimestamp,
    pane: NO_FIRING_PANE,
  });

  it('go out once, as they were left', async () => {
    const { host: state, timers } = host(new FakeState(), {});
    state.select('k', GlobalWindow.INSTANCE);
    state.setTimer('later', 'a', 10, 5);
    state.setTimer('later', 'a', 20, 6);
    state.setTimer('later', 'b', 30, 7);
    state.clearTimer('later', 'b');
    await state.flush();
    await state.flush();
    expect(timers).toEqual([
      { ...set('a', 20), holdTimestamp: 6 },
      { userKey: 'k', dynamicTimerTag: 'b', windows: GlobalWindow.INSTANCE, clearBit: true },
    ]);
  });

  it('do not fire when the bundle has cleared them or set them anew', () => {
    const { host: state } = host(new FakeState(), {});
    state.select('k', GlobalWindow.INSTANCE);
    state.clearTimer('later', 'cleared');
    state.setTimer('later', 'moved', 50, 50);
    state.setTimer('later', 'same', 10, 10);
    const due = (tag: string) => [...state.due('later', set(tag, 10))].map(({ tag: fired }) => fired);
    expect(['cleared', 'moved', 'same', 'other'].flatMap(due)).toEqual(['same', 'other']);
  });

  it('do not fire where an engine makes one of what was cleared', () => {
    const { host: state } = host(new FakeState(), {});
    // Prism 2.77 fires a timer in processing time at once when it is cleared, with an empty pane.
    const pane = { timing: 'EARLY', isFirst: false, isLast: false, index: 0, nonSpeculativeIndex: -1 } as const;
    expect([...state.due('later', { ...set('x', 0), pane } as Timer<unknown>)]).toEqual([]);
  });

  it('tell of the end of a window, behind what is still to fire in it', async () => {
    const engine = new FakeState();
    const { host: state, timers } = host(
      engine,
      { cell: { kind: 'value', coderId: 'value' } },
      { expiration: (window) => window.maxTimestamp },
    );
    const value = state.cells.cell as ValueState<unknown>;
    await state.prefetch(batchOf('k'));
    state.select('k', GlobalWindow.INSTANCE);
    value.write(1);
    await state.flush();
    const end = GlobalWindow.INSTANCE.maxTimestamp;
    expect(timers.splice(0)).toEqual([set('', end)]);

    // The end has come, and a timer that fires before it in the same bundle sets another one.
    expect([...state.due(EXPIRATION_FAMILY, set('', end))]).toHaveLength(1);
    state.select('k', GlobalWindow.INSTANCE);
    state.setTimer('later', '', end, end);
    const ends: unknown[] = [];
    state.expire('k', GlobalWindow.INSTANCE, () => ends.push(value.read()));
    expect(ends).toEqual([]);
    await state.flush();
    expect(timers.splice(0).map(({ dynamicTimerTag }) => dynamicTimerTag)).toHaveLength(2);

    state.expire('k', GlobalWindow.INSTANCE, () => ends.push(value.read()));
    await state.flush();
    expect(ends).toEqual([1]);
    expect(timers).toEqual([]);
    expect(engine.bytes).toBe(0);
  });

  it('by the clock say when they fire, also where an engine hands back another time', async () => {
    const { host: state, timers } = host(
      new FakeState(),
      {},
      { timers: new Map([['soon', { coder: TIMERS, timeDomain: 'PROCESSING_TIME' }]]) },
    );
    state.select('k', GlobalWindow.INSTANCE);
    state.setTimer('soon', 'x', 1_000, 5);
    await state.flush();
    const [sent] = timers as [Timer<unknown> & { clearBit: false }];
    const due = (timer: Timer<unknown>) => [...state.due('soon', timer)].map(({ firing, output }) => [firing, output]);
    expect(due(sent)).toEqual([[1_000, 5]]);
    // Prism 2.77 puts the output timestamp there; Flink forgets the pane.
    expect(due({ ...sent, fireTimestamp: 5 })).toEqual([[1_000, 5]]);
    expect(due({ ...sent, pane: NO_FIRING_PANE })).toEqual([[1_000, 5]]);
  });

  it('by the clock go with their window, and do not bring its end back', async () => {
    const { host: state, timers } = host(
      new FakeState(),
      { cell: { kind: 'value', coderId: 'value' } },
      {
        expiration: (window) => window.maxTimestamp,
        timers: new Map([
          ['soon', { coder: TIMERS, timeDomain: 'PROCESSING_TIME' }],
          [EXPIRATION_FAMILY, { coder: TIMERS, timeDomain: 'EVENT_TIME' }],
        ]),
      },
    );
    state.expire('k', GlobalWindow.INSTANCE, () => undefined);
    await state.flush();
    expect(timers.splice(0)).toMatchObject([{ userKey: 'k', dynamicTimerTag: '', clearBit: true }]);

    // One with a tag, which nobody knows when the window expires.
    expect([...state.due('soon', set('x', 10))]).toHaveLength(1);
    state.select('k', GlobalWindow.INSTANCE);
    (state.cells.cell as ValueState<unknown>).read();
    await state.flush();
    expect(timers).toEqual([]);
  });
});
