import { generateSequence } from 'millrace';
import { testPipeline } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { busy, turnsOf } from './turns.js';

describe('an asynchronous step gives the event loop its turns', () => {
  it.each([{ concurrency: 1 }, { concurrency: 1_000, ordered: false }])(
    'while calls end without it: %o',
    async (options) => {
      let count = 0;
      const turns = await turnsOf(() =>
        testPipeline((p) => {
          p.apply('Numbers', generateSequence({ to: 10_000 }))
            .mapAsync('Call', async (n) => n, options)
            .map('Count', () => {
              if (count++ % 100 === 0) busy();
            });
        }),
      );
      expect(count).toBe(10_000);
      expect(turns).toBeGreaterThan(3);
    },
  );

  it('while calls take long before they wait', async () => {
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    const turns = await turnsOf(() =>
      testPipeline((p) => {
        p.create('Numbers', numbers).mapAsync('Call', async () => busy(), { concurrency: 200 });
      }),
    );
    // Of 200 ms there could be many more, but the machine may be busy with other things.
    expect(turns).toBeGreaterThan(5);
  });
});
