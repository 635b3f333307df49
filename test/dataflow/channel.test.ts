import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GlobalWindow, NO_FIRING_PANE } from 'millrace';
import { describe, expect, it } from 'vitest';
import { LocalChannel } from '#millrace/runners/dataflow/index.js';
import { Batch } from '#millrace/runners/kernel/index.js';

function batchOf(value: unknown): Batch {
  const batch = new Batch(false, 1);
  batch.append(value, 0, GlobalWindow.INSTANCE, NO_FIRING_PANE);
  return batch;
}

describe('a local channel', () => {
  it('keeps the order over any number of frames, and never more than are in it', () => {
    const channel = new LocalChannel(
      () => {},
      () => {},
      4,
    );
    let taken = 0;
    let put = 0;
    for (let round = 0; round < 500; round++) {
      while (!channel.full) channel.accept(batchOf(put++));
      for (let i = 0; i < 1 + (round % 3); i++) expect((channel.take() as Batch).valueAt(0)).toBe(taken++);
    }
    while (!channel.empty) expect((channel.take() as Batch).valueAt(0)).toBe(taken++);
    expect(taken).toBe(put);
  });

  it('lets go of what was taken while it is never empty', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const channel = new LocalChannel(
      () => {},
      () => {},
    );
    const elements: WeakRef<object>[] = [];
    const put = (): void => {
      const element = {};
      elements.push(new WeakRef(element));
      channel.accept(batchOf(element));
    };
    put();
    for (let i = 0; i < 200; i++) {
      put();
      channel.take();
    }
    await turn();
    collect();
    expect(elements.filter((element) => element.deref() !== undefined).length).toBeLessThan(5);
    expect(channel.empty).toBe(false);
  });
});
