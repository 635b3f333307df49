import { fixedWindows, max, type Pipeline, sum } from 'millrace';
import { expect, it } from 'vitest';
import { errorOf, planOf } from './build.js';

it.each<[string, (p: Pipeline) => unknown, string]>([
  [
    'windows of which nobody knows whether they are empty',
    (p) => p.create([1]).windowInto(fixedWindows(10)).combineGlobally('Combine', sum(), { defaultValue: true }),
    'asSingleton(…, { default: … })',
  ],
  [
    'a function that makes nothing of nothing',
    (p) => p.create([1]).combineGlobally('Combine', max(), { defaultValue: true }),
    'begins with a value',
  ],
])('a default that is asked for is refused beside %s', (_, build, hint) => {
  const error = errorOf(() => planOf((p) => void build(p)));
  expect(error).toMatchObject({ code: 'PLAN_ARGUMENT', step: 'Combine', hint: expect.stringContaining(hint) });
});

it('a default that is not wanted costs no step', () => {
  const steps = (defaultValue?: boolean) => {
    const options = defaultValue === undefined ? {} : { defaultValue };
    return Object.keys(planOf((p) => void p.create([1]).combineGlobally(sum(), options)).components.transforms).length;
  };
  expect(steps(false)).toBeLessThan(steps());
  expect(steps(true)).toBe(steps());
});
