import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { StateCall } from '#millrace/runners/harness/state-calls.js';
import { StatePort } from '#millrace/runners/harness/state-port.js';

/** What the I/O thread does in these tests: answers with the instruction's id, fails, or says nothing. */
const SERVER = (module: string) => `
  const { workerData } = require('node:worker_threads');
  import(${module}).then(({ serveState }) => {
    const later = [];
    serveState(workerData.port, workerData.answers, ({ instructionId, calls }) => {
      const pages = calls.map(() => ({ data: new TextEncoder().encode(instructionId) }));
      if (instructionId === 'fails') return Promise.reject(new Error('no'));
      if (instructionId === 'never') return new Promise(() => {});
      if (instructionId === 'later') return new Promise((resolve) => later.push(() => resolve(pages)));
      for (const each of later.splice(0)) each();
      return Promise.resolve(pages);
    });
    workerData.port.ref();
  });
`;
const CALLS: readonly StateCall[] = [{ kind: 'get', key: {} }];

describe('the way of a kernel thread to state', () => {
  let end: () => Promise<unknown> = async () => undefined;
  afterEach(() => end());

  function open(timeoutMs?: number): StatePort {
    const { port1, port2 } = new MessageChannel();
    const answers = new SharedArrayBuffer(4);
    const module = JSON.stringify(new URL('../../dist/runners/harness/state-port.js', import.meta.url).href);
    const worker = new Worker(SERVER(module), {
      eval: true,
      workerData: { port: port1, answers },
      transferList: [port1],
    });
    const port = new StatePort(port2, answers, timeoutMs);
    end = async () => {
      port.close();
      await worker.terminate();
    };
    return port;
  }
  const text = (pages: readonly { readonly data: Uint8Array }[]) =>
    pages.map(({ data }) => Buffer.from(data).toString());

  it('waits in place, and in between for promises', async () => {
    const port = open();
    expect(text(port.callNow('e', 'one', [...CALLS, ...CALLS]))).toEqual(['one', 'one']);
    const later = port.call('e', 'later', CALLS);
    // Its answer comes while the thread waits in place for another one.
    expect(text(port.callNow('e', 'two', CALLS))).toEqual(['two']);
    expect(text(await later)).toEqual(['later']);
    expect(text(await port.call('e', 'three', CALLS))).toEqual(['three']);
  });

  it('fails as the question has failed', async () => {
    const port = open();
    const failure = expect.objectContaining({
      code: 'REMOTE_HARNESS',
      cause: expect.objectContaining({ message: 'no' }),
    });
    expect(() => port.callNow('e', 'fails', CALLS)).toThrow(failure);
    await expect(port.call('e', 'fails', CALLS)).rejects.toEqual(failure);
  });

  it('does not wait for ever', () => {
    const port = open(50);
    expect(() => port.callNow('e', 'never', CALLS)).toThrow(expect.objectContaining({ code: 'REMOTE_TIMEOUT' }));
  });
});
