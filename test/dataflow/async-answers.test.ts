import type { AsyncFn, AsyncOptions } from 'millrace';
import { MillraceError } from 'millrace';
import { testPipeline } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { collect } from './feed.js';

/** What comes out of a mapAsync over 1, 2 and 3. */
async function results(fn: (n: number) => unknown, options: AsyncOptions = {}): Promise<unknown[]> {
  const out: unknown[] = [];
  await testPipeline((p) => {
    p.create('Numbers', [1, 2, 3])
      .mapAsync('Call', fn as AsyncFn<number, unknown>, options)
      .parDo('Out', collect(out));
  });
  return out;
}

const failure = (fn: (n: number) => unknown, options?: AsyncOptions): Promise<unknown> =>
  results(fn, options).then(
    () => undefined,
    (error: unknown) => error,
  );

/** Neither a promise nor one of this realm's. */
const thenable = (then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): object => ({
  then,
});

describe.each<[string, AsyncOptions]>([
  ['in order', { concurrency: 2 }],
  ['as they come', { concurrency: 2, ordered: false }],
  ['with a time-out', { concurrency: 2, timeoutMs: 60_000 }],
  ['with a retry', { concurrency: 2, retry: { attempts: 1 } }],
])('a function whose calls run %s', (_, options) => {
  it('may answer a promise', async () => {
    expect(await results(async (n) => n * 10, options)).toEqual([10, 20, 30]);
  });

  it('may answer the result itself, also undefined and null', async () => {
    expect(await results((n) => n * 10, options)).toEqual([10, 20, 30]);
    expect(await results((n) => (n === 1 ? undefined : null), options)).toEqual([undefined, null, null]);
  });

  it('may mix both', async () => {
    expect(await results((n) => (n === 2 ? 20 : Promise.resolve(n * 10)), { ...options, ordered: true })).toEqual([
      10, 20, 30,
    ]);
  });

  it('may answer anything with a then, which settles once', async () => {
    const answer = (n: number) =>
      thenable((resolve, reject) => {
        resolve(n * 10);
        resolve('twice');
        reject(new Error('thrice'));
      });
    expect(await results(answer, options)).toEqual([10, 20, 30]);
  });

  it.each<[string, (n: number) => unknown]>([
    ['rejects', (n) => Promise.reject(new Error(`no ${n}`))],
    [
      'throws before it answers',
      (n) => {
        throw new Error(`no ${n}`);
      },
    ],
    ['answers a thenable that rejects', (n) => thenable((_resolve, reject) => reject(new Error(`no ${n}`)))],
    [
      'answers a thenable that throws',
      (n) =>
        thenable(() => {
          throw new Error(`no ${n}`);
        }),
    ],
    [
      'answers what throws when it is looked at',
      (n) =>
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error(`no ${n}`);
          },
        }),
    ],
  ])('fails when it %s', async (_how, fn) => {
    const error = await failure((n) => (n === 2 ? fn(n) : n), options);
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({ code: 'FUNCTION_THREW', kind: 'function', step: 'Call', element: '2' });
    expect((error as Error).cause).toMatchObject({ message: 'no 2' });
  });

  it('may reject with anything', async () => {
    expect(await failure(() => Promise.reject(undefined), options)).toMatchObject({ code: 'FUNCTION_THREW' });
  });
});

it('a function that throws is tried again like one that rejects', async () => {
  let calls = 0;
  const fn = (n: number) => {
    if (++calls % 2 === 1) throw new Error('every other time');
    return n;
  };
  const options = { concurrency: 1, retry: { attempts: 2, initialDelayMs: 0 } };
  expect(await results(fn, options)).toEqual([1, 2, 3]);
  expect(calls).toBe(6);
});

it('what a function says of its error stays: code, kind, hint', async () => {
  const own = new MillraceError('QUOTA', 'external', 'no quota left', { hint: 'ask for more', retryable: true });
  expect(await failure(() => Promise.reject(own), { retry: { attempts: 1 } })).toMatchObject({
    code: 'QUOTA',
    kind: 'external',
    hint: 'ask for more',
    retryable: true,
    step: 'Call',
    element: '1',
  });
});
