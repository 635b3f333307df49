import { PAssert } from 'millrace/testing';
import { conformanceCase } from '../case.js';

export const mapAsync = conformanceCase(
  (p) => {
    const doubled = p.create('Numbers', [1, 2, 3]).mapAsync('Double', async (n) => n * 2, { concurrency: 2 });
    PAssert.that(doubled).containsInAnyOrder([2, 4, 6]);
  },
  { requires: ['async'] },
);

export const mapAsyncRetries = conformanceCase(
  (p) => {
    const tried = p.create('Numbers', [1, 2]).mapAsync(
      'Try',
      async (n, { attempt }) => {
        if (attempt < 3) throw new Error('not yet');
        return n * attempt;
      },
      { concurrency: 4, retry: { attempts: 3, initialDelayMs: 1 } },
    );
    PAssert.that(tried).containsInAnyOrder([3, 6]);
  },
  { requires: ['async'] },
);

export const mapAsyncRetriesWhatIsWorthIt = conformanceCase(
  (p) => {
    const tried = p.create('Numbers', [1, 2]).mapAsync(
      'Try',
      async (n, { attempt }) => {
        if (attempt < 2) throw new RangeError('busy');
        return n * attempt;
      },
      { retry: { attempts: 2, initialDelayMs: 1, jitter: 1, retryIf: (error) => error instanceof RangeError } },
    );
    PAssert.that(tried).containsInAnyOrder([2, 4]);
  },
  { requires: ['async'] },
);

export const mapAsyncWithinItsTime = conformanceCase(
  (p) => {
    const doubled = p.create('Numbers', [1, 2, 3]).mapAsync('Double', async (n) => n * 2, { timeoutMs: 60_000 });
    PAssert.that(doubled).containsInAnyOrder([2, 4, 6]);
  },
  { requires: ['async'] },
);

export const mapAsyncIntoGroups = conformanceCase(
  (p) => {
    const counts = p
      .create('Words', ['a', 'b', 'a'])
      .mapAsync('Look up', async (word) => ({ key: word, value: word.length }), { ordered: false })
      .countPerKey();
    PAssert.that(counts).containsInAnyOrder([
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
    ]);
  },
  { requires: ['async'] },
);
