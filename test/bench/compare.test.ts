import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UsageError } from './arguments.js';
import { outcomeOf } from './compare.js';
import { compareRuns, figureOf } from './comparison.js';
import { otherCheckout } from './other-checkout.js';
import { millraceRows } from './rows.js';
import type { Command, Figures } from './run-row.js';

const place = { work: 'Q0', row: 'millrace-direct', measure: 'cpu' } as const;
const pairs = (factor: number) => [1, 1.01, 0.99, 1.02].map((old) => ({ old, new: old * factor }));

describe('a comparison', () => {
  it.each([
    [1.2, 'slower'],
    [1.03, 'same'],
    [0.97, 'same'],
    [0.8, 'faster'],
  ])('of what takes %d times as long', (factor, verdict) => {
    expect(compareRuns(place, pairs(factor), 0.05)).toMatchObject({ ratio: expect.closeTo(factor), verdict });
  });

  it('does not call slower what the noise may have made', () => {
    const noisy = [
      { old: 1, new: 1.3 },
      { old: 1.4, new: 0.9 },
      { old: 1, new: 1.4 },
      { old: 1.3, new: 1.2 },
    ];
    expect(compareRuns(place, noisy, 0.05).ratio).toBeGreaterThan(1.05);
    expect(compareRuns(place, noisy, 0.05).verdict).toBe('same');
  });

  it('takes the median of the warm runs of a process, or its only run', () => {
    const repeats = [9, 2, 1, 3].map((seconds) => ({ seconds, cpu_seconds: seconds * 2 }));
    expect(figureOf({ repeats }, 'wall')).toBe(2);
    expect(figureOf({ repeats }, 'cpu')).toBe(4);
    expect(figureOf({ repeats: repeats.slice(0, 1) }, 'wall')).toBe(9);
  });
});

describe('a workload at two commits', () => {
  const [old] = millraceRows('old.js');
  const [now] = millraceRows('new.js');
  const args = { scale: 0.05, reps: 2, repeats: 4, threshold: 0.05 };
  const RIGHT = { checksum: '450594ef', out_count: 250_000 };

  /** Answers for the programs of the old and the new commit, and the order in which they ran. */
  const outcome = async (answers: Record<'old.js' | 'new.js', Figures>) => {
    const ran: string[] = [];
    const run = async ({ args: [, one] }: Command) => {
      ran.push(one!);
      return answers[one as keyof typeof answers];
    };
    return { ran, outcome: await outcomeOf('Q0', old!, now!, args, run) };
  };
  const figures = (cpu_seconds: number, more: Figures = RIGHT): Figures => ({
    ...more,
    repeats: [{ seconds: 1, cpu_seconds }],
  });

  it('runs in turn, so that neither side is always first', async () => {
    const { ran, outcome: found } = await outcome({ 'old.js': figures(1), 'new.js': figures(2) });
    expect(ran.map((one) => one[0]).join('')).toBe('onnoonno');
    expect(found).toMatchObject({ comparison: { work: 'Q0', row: 'millrace-direct', ratio: 2, verdict: 'slower' } });
  });

  it('is left out by name where the other commit cannot run it', async () => {
    const { ran, outcome: found } = await outcome({
      'old.js': { error: 'q3.ts does not compile\n\n  no coGroupByKey\n  at' },
      'new.js': figures(1),
    });
    expect(found).toEqual({
      leftOut: 'Q0 millrace-direct is left out, the other commit fails: q3.ts does not compile: no coGroupByKey',
    });
    expect(ran).toHaveLength(2);
  });

  it('is broken where this checkout fails or has a wrong result, whatever the other commit does', async () => {
    const wrong = figures(1, { checksum: '00000000', out_count: 1 });
    for (const now of [{ error: 'lost' }, wrong]) {
      const { outcome: found } = await outcome({ 'old.js': { error: 'lost' }, 'new.js': now });
      expect(found).toEqual({
        broken: expect.stringMatching(/^Q0 millrace-direct fails here: (lost|its result is 0{8})/),
      });
    }
  });
});

describe('the other commit', () => {
  it.each(['no-such-branch', '--help', ''])('%j is none', async (ref) => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    await expect(otherCheckout(root, ref, () => {})).rejects.toThrow(UsageError);
    await expect(otherCheckout(root, ref, () => {})).rejects.toThrow(`there is no commit ${JSON.stringify(ref)}`);
  });
});
