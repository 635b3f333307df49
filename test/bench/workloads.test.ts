import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { event } from './nexmark.js';
import { StrideTracker } from './sequence-source.js';

const ONE = path.join(fileURLToPath(new URL('.', import.meta.url)), 'one.js');

/** `checksum/records` at these sizes, as programs in plain Node and in Java compute them. */
const RESULTS = {
  Q0: [250_000, '450594ef/250000'],
  Q1: [250_000, '402d029f/230000'],
  Q2: [250_000, '97c94232/1649'],
  Q3: [250_000, 'b54867bb/1433'],
  Q5: [250_000, 'be31e0e4/35'],
  Q7: [250_000, 'd0460dc7/3'],
  Q8: [250_000, 'e78680ac/14295'],
  Q11: [250_000, '359bf3f0/4919'],
  Q12: [250_000, 'ddbe048c/6587'],
  W1: [1, 'e2ac9f4a/28567'],
  W3: [50_000, '10ec3501/48795'],
  W3O: [50_000, '10ec3501/48795'],
} as const;

describe.each([
  ['direct', 1],
  ['worker-threads', 2],
] as const)('workloads on %s', (runner, parallelism) => {
  it.each(Object.entries(RESULTS))('%s', { timeout: 120_000 }, async (work, [size, expected]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...[ONE, '--work', work, '--size', String(size)],
      ...['--runner', runner, '--parallelism', String(parallelism)],
    ]);
    const { checksum, out_count } = JSON.parse(stdout) as { checksum: string; out_count: number };
    expect(`${checksum}/${out_count}`).toBe(expected);
  });
});

describe('the generator', () => {
  it('makes one person, three auctions and 46 bids of every 50 events', () => {
    const kinds = Array.from({ length: 5_000 }, (_, n) => event(n).kind);
    const count = (kind: string) => kinds.filter((each) => each === kind).length;
    expect([count('person'), count('auction'), count('bid')]).toEqual([100, 300, 4_600]);
  });
});

describe('a stride', () => {
  const claimAll = (tracker: StrideTracker): number[] => {
    const claimed: number[] = [];
    const { first, step } = tracker.currentRestriction();
    for (let position = first; tracker.tryClaim(position); position += step) claimed.push(position);
    return claimed;
  };

  it('is claimed up to a position between two of its own', () => {
    const tracker = new StrideTracker({ first: 1, step: 3, end: 12 });
    expect(tracker.tryClaimUpTo(6)).toBe(4);
    expect(tracker.tryClaimUpTo(100)).toBe(10);
    expect(tracker.tryClaimUpTo(100)).toBe(undefined);
    tracker.checkDone();
  });

  it.each([0, 0.3, 0.5, 0.8])('split at %d leaves nothing out and doubles nothing', (fraction) => {
    const primary = new StrideTracker({ first: 2, step: 4, end: 50 });
    primary.tryClaimUpTo(10);
    const residual = primary.trySplit(fraction)!;
    const rest = [...claimAll(primary), ...claimAll(new StrideTracker(residual))];
    expect(rest).toEqual(claimAll(new StrideTracker({ first: 2, step: 4, end: 50 })));
  });

  it('that is finished cannot be split', () => {
    const tracker = new StrideTracker({ first: 0, step: 1, end: 3 });
    tracker.tryClaimUpTo(5);
    expect(tracker.trySplit(0.5)).toBe(undefined);
  });
});
