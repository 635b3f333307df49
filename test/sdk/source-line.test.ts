import type { PCollection } from 'millrace';
import { describe, expect, it } from 'vitest';
import { firstLineOutside } from '#millrace/sdk/pipeline/source-line.js';
import { planOf, step } from './build.js';

const frames = (...places: string[]): string => ['Error', ...places.map((place) => `    at ${place}`)].join('\n');

describe('the line that made a step', () => {
  it.each([
    ['a plain frame', '/app/src/job.ts:3:5', 'src/job.ts:3:5'],
    ['a named frame', 'Object.build (/app/src/job.ts:3:5)', 'src/job.ts:3:5'],
    ['a URL, as a loader reads it', 'build (file:///app/src/a%20job.ts?v=2:3:5)', 'src/a job.ts:3:5'],
    ['a place outside of the working folder', 'build (/other/job.ts:3:5)', '/other/job.ts:3:5'],
    ['evaluated code', 'eval (eval at run (/app/x.js:1:1), <anonymous>:3:5)', undefined],
  ])('is found in %s', (_, frame, expected) => {
    const stack = frames(
      'PCollection.map (/app/node_modules/millrace/dist/a.js:1:1)',
      'node:internal/x:1:1',
      '<anonymous>',
      frame,
    );
    const found = firstLineOutside(stack, ['/app/node_modules/millrace/dist/'], '/app');
    if (expected === undefined) expect(found).not.toMatch(/millrace/);
    else expect(found).toBe(expected);
  });

  it('is undefined where there is none', () => {
    expect(firstLineOutside(frames('node:internal/x:1:1'), [], '/app')).toBeUndefined();
  });

  it('is found through many composites', () => {
    const nested =
      (depth: number) =>
      (input: PCollection<number>): PCollection<number> =>
        depth === 0
          ? input.countPerElement('deep').map('keys', ({ key }) => key)
          : input.apply('in', nested(depth - 1));
    const plan = planOf((p) => void p.create([1]).apply('in', nested(40)));
    const name = `${'in/'.repeat(41)}deep/CountPerKey/GroupByKey`;
    const id = Object.entries(plan.components.transforms).find(([, t]) => t === step(plan, name))![0];
    expect(plan.displayData?.[id]?.source).toMatch(/^test\/sdk\/source-line\.test\.ts:\d+:\d+$/);
  });
});
