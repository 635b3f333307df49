import { generateSequence } from 'millrace';
import { testPipeline } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { turnsOf } from './turns.js';

describe('the scheduler', () => {
  it('gives the event loop its turns while bundles are acknowledged without it', async () => {
    let count = 0;
    const turns = await turnsOf(() =>
      testPipeline((p) => {
        p.apply('Numbers', generateSequence({ to: 1_000_000 })).parDo('Out', () => ({
          process() {
            count++;
          },
          finishBundle: async () => {},
        }));
      }),
    );
    expect(count).toBe(1_000_000);
    expect(turns).toBeGreaterThan(1);
  });
});
