import { generateSequence } from 'millrace';
import { testPipeline } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { busy, turnsOf } from './turns.js';

describe('the scheduler', () => {
  it('gives the event loop its turns while bundles are acknowledged without it', async () => {
    let bundles = 0;
    const turns = await turnsOf(() =>
      testPipeline((p) => {
        p.apply('Numbers', generateSequence({ to: 1_000_000 })).parDo('Out', () => ({
          process() {},
          async finishBundle() {
            bundles++;
            busy();
          },
        }));
      }),
    );
    expect(bundles).toBeGreaterThan(50);
    // Of as many milliseconds there could be many more, but the machine may be busy with other things.
    expect(turns).toBeGreaterThan(3);
  });
});
