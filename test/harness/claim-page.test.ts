import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSplit } from '#millrace/runners/harness/channel-split.js';
import { ClaimPage } from '#millrace/runners/harness/claim-page.js';

const desired = (fraction: number, elements: number, points: readonly number[] = []) => ({
  fractionOfRemainder: fraction,
  estimatedInputElements: elements,
  allowedSplitPoints: points,
});

describe('a channel split', () => {
  it.each([
    ['half of what has not been begun', desired(0.5, 10), 4, 7],
    ['all that has not been begun', desired(0, 10), 4, 4],
    ['nothing, when all stays', desired(1, 10), 4, undefined],
    ['nothing, when all has been begun', desired(0.5, 10), 10, undefined],
    ['nothing of an unknown number of elements', desired(0.5, 0), 0, undefined],
    ['from the next point that is allowed', desired(0.5, 10, [2, 6, 9]), 4, 9],
    ['nothing, when no allowed point is left', desired(0.5, 10, [2, 3]), 4, undefined],
  ])('gives away %s', (_, split, begun, expected) => {
    expect(chooseSplit(split, begun, 0x7fff_ffff)).toBe(expected);
  });

  it('never gives away what a claim has, and a claim never takes what was given away', () => {
    const step = fc.oneof(
      fc.record({ claim: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ fraction: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 30 }), (elements, steps) => {
        const page = new ClaimPage();
        let begun = 0;
        let end = elements;
        for (const each of steps) {
          if ('claim' in each) begun += page.claim(Math.min(each.claim, elements - begun));
          else {
            const cut = page.split((at, limit) => chooseSplit(desired(each.fraction, elements), at, limit));
            if (cut !== undefined) {
              expect(cut).toBeGreaterThanOrEqual(begun);
              expect(cut).toBeLessThan(end);
              end = cut;
            }
          }
          expect(begun).toBeLessThanOrEqual(end);
          expect(page.begun).toBe(begun);
        }
        begun += page.claim(elements);
        if (end < elements) expect(begun).toBe(end);
      }),
    );
  });

  it('agrees between two threads', async () => {
    const page = new ClaimPage();
    const elements = 200_000;
    const module = JSON.stringify(new URL('../../dist/runners/harness/claim-page.js', import.meta.url).href);
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       import(${module}).then(({ ClaimPage }) => {
         const page = new ClaimPage(workerData);
         let claimed = 0;
         for (let n = page.claim(1); n > 0 && claimed < ${elements}; n = page.claim(1)) claimed += n;
         parentPort.postMessage(claimed);
       });`,
      { eval: true, workerData: page.buffer },
    );
    const claimed = new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    let end = elements;
    while (page.begun < 1_000) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 1_000; i++) {
      end = page.split((begun, limit) => chooseSplit(desired(0.9, elements), begun, limit)) ?? end;
    }
    expect(await claimed).toBe(Math.min(end, elements));
    await worker.terminate();
  });
});
