import { describe, expect, it } from 'vitest';
import { BundleOutput } from '#millrace/runners/harness/bundle-output.js';

const nowhere = {} as never;

describe('the output of a bundle, where the engine takes it with the response', () => {
  it('is a message even where nothing came out, so that every output has an end', async () => {
    const output = new BundleOutput('1', nowhere, nowhere, true);
    expect(await output.end([{ transformId: 'sink' }])).toEqual({
      data: [{ instructionId: '1', transformId: 'sink', data: new Uint8Array(), isLast: true }],
      timers: [],
    });
  });

  it('is no message of a stage that has no outputs: Flink fails at one', async () => {
    expect(await new BundleOutput('1', nowhere, nowhere, true).end([])).toBeUndefined();
  });
});
