import { MessageChannel } from 'node:worker_threads';
import { MillraceError } from 'millrace';
import { afterEach, describe, expect, it } from 'vitest';
import { Calls } from '#millrace/runners/worker-threads/calls.js';

interface Adder {
  add(terms: readonly number[]): Promise<number>;
  hang(nothing: null): Promise<never>;
}
type Nothing = Record<never, never>;

const ports: { close(): void }[] = [];
function connect(adder: Adder): Calls<Nothing, Adder> {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1);
  new Calls<Adder, Nothing>(port1, adder);
  return new Calls<Nothing, Adder>(port2, {});
}
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

const adder: Adder = {
  add: async (terms) => {
    if (terms.length === 0)
      throw new MillraceError('NOTHING_TO_ADD', 'plan', 'nothing to add', {
        step: 'sum',
        cause: new TypeError('empty'),
      });
    return terms.reduce((a, b) => a + b);
  },
  hang: () => new Promise(() => {}),
};

describe('calls', () => {
  it('answers with the value, or with the same error', async () => {
    const calls = connect(adder);
    expect(await calls.call('add', [1, 2, 3])).toBe(6);
    const error = await calls.call('add', []).catch((e) => e);
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({ code: 'NOTHING_TO_ADD', kind: 'plan', step: 'sum', cause: { name: 'TypeError' } });
  });

  it('rejects every open call, and every later one, when the other thread ends', async () => {
    const calls = connect(adder);
    const open = [calls.call('hang', null), calls.call('hang', null)];
    const reason = new MillraceError('THREAD_ENDED', 'runner', 'thread 1 ended');
    calls.end(reason);
    await expect(open[0]).rejects.toBe(reason);
    await expect(open[1]).rejects.toBe(reason);
    await expect(calls.call('add', [1])).rejects.toBe(reason);
    calls.tell('add', [1]);
  });
});
