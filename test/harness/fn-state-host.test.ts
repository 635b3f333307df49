import {
  type BagState,
  type BoundedWindow,
  GlobalWindow,
  IntervalWindow,
  type MapState,
  type ValueState,
} from 'millrace';
import { intervalWindowCoder } from 'millrace/coders';
import { describe, expect, it } from 'vitest';
import { batchOf, host } from './engine-cells.js';
import { FakeState } from './fake-state.js';

describe('the cells of a step over an engine', () => {
  it('keeps keys and windows apart, and equal ones together', async () => {
    const engine = new FakeState();
    const { host: state } = host(
      engine,
      { cell: { kind: 'value', coderId: 'value' } },
      { windowCoder: intervalWindowCoder() as never },
    );
    const value = state.cells.cell as ValueState<unknown>;
    const at = (key: unknown, window: BoundedWindow) => {
      state.select(key, window);
      return value;
    };
    at('k', new IntervalWindow(0, 10)).write(1);
    at('k', new IntervalWindow(10, 20)).write(2);
    at(['k'], new IntervalWindow(0, 10)).write(3);
    await state.flush();
    expect(at('k', new IntervalWindow(0, 10)).read()).toBe(1);
    expect(at('k', new IntervalWindow(10, 20)).read()).toBe(2);
    expect(at(['k'], new IntervalWindow(0, 10)).read()).toBe(3);
    expect(at('other', new IntervalWindow(0, 10)).read()).toBeUndefined();
  });

  it('fetches what a batch is going to need at one go', async () => {
    const engine = new FakeState();
    const { host: state } = host(engine, {
      last: { kind: 'value', coderId: 'value' },
      by: { kind: 'map', keyCoderId: 'key', coderId: 'value' },
      all: { kind: 'bag', coderId: 'value' },
    });
    await state.prefetch(batchOf('a', 'b', 'a'));
    expect(engine.asked.map((calls) => calls.length)).toEqual([4]);
    for (const key of ['a', 'b']) {
      state.select(key, GlobalWindow.INSTANCE);
      (state.cells.last as ValueState<unknown>).read();
      (state.cells.by as MapState<unknown, unknown>).get('x');
      (state.cells.all as BagState<unknown>).add(1);
    }
    expect(engine.waits).toBe(0);
    // Bags are mostly written only; once one was read they are fetched ahead too.
    expect([...(state.cells.all as BagState<unknown>).read()]).toEqual([1]);
    expect(engine.waits).toBe(1);
    await state.flush();
    await state.prefetch(batchOf('a', 'b'));
    expect(engine.asked.at(-1)).toHaveLength(6);
  });

  it('does not let the log of a map grow beyond what it says', async () => {
    const engine = new FakeState();
    const { host: state } = host(engine, { cell: { kind: 'map', keyCoderId: 'key', coderId: 'value' } });
    const map = state.cells.cell as MapState<unknown, unknown>;
    for (let bundle = 0; bundle < 50; bundle++) {
      state.select('k', GlobalWindow.INSTANCE);
      for (let i = 0; i < 20; i++) map.put(i % 4, bundle);
      await state.flush();
    }
    expect(engine.bytes).toBeLessThan(1_000);
    state.select('k', GlobalWindow.INSTANCE);
    expect(new Map(map.entries())).toEqual(new Map([0, 1, 2, 3].map((k) => [k, 49])));
  });

  it('gives a cell up that was not written for its time to live', async () => {
    const engine = new FakeState();
    let now = 1_000;
    const declared = { kind: 'bag', coderId: 'value', ttlMs: 100 } as const;
    const { host: state } = host(engine, { cell: declared }, { now: () => now });
    const bag = state.cells.cell as BagState<unknown>;
    const read = () => {
      state.select('k', GlobalWindow.INSTANCE);
      return [...bag.read()];
    };
    state.select('k', GlobalWindow.INSTANCE);
    bag.add(1);
    await state.flush();
    now = 1_099;
    expect(read()).toEqual([1]);
    bag.add(2);
    await state.flush();
    now = 1_198;
    expect(read()).toEqual([1, 2]);
    now = 1_199;
    expect(read()).toEqual([]);
    bag.add(3);
    await state.flush();
    expect(read()).toEqual([3]);
  });

  it('says who touches a cell when no key is there', () => {
    const { host: state } = host(new FakeState(), { cell: { kind: 'value', coderId: 'value' } });
    state.select('k', GlobalWindow.INSTANCE);
    const { read } = state.cells.cell as ValueState<unknown>;
    state.leave();
    expect(() => read.call(state.cells.cell)).toThrow(expect.objectContaining({ code: 'STATE_OUTSIDE_CALL' }));
  });
});
