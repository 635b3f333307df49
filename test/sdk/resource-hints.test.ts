import { expect, it } from 'vitest';
import { errorOf, planOf } from './build.js';

it('resource hints are those of an environment, one for each set of them', () => {
  const hints = { minRamBytes: 2 ** 31, cpuCount: 2, accelerator: 'type:nvidia-tesla-t4;count:1' };
  const plan = planOf((p) => {
    const words = p.create('words', ['a']);
    words.parDo<string>('heavy', () => ({ process() {} }), { resourceHints: hints });
    words.mapAsync('heavy too', async (word) => word, { resourceHints: { ...hints } });
    words.mapAsync('broad', async (word) => word, { resourceHints: { cpuCount: 8 } });
    words.map('plain', (word) => word);
  });
  const { transforms, environments } = plan.components;
  const idOf = (step: string) => transforms[step]!.environmentId!;
  expect(environments[idOf('heavy')]?.resourceHints).toEqual(hints);
  expect(idOf('heavy_too')).toBe(idOf('heavy'));
  expect(environments[idOf('broad')]?.resourceHints).toEqual({ cpuCount: 8 });
  expect(environments[idOf('plain')]).not.toHaveProperty('resourceHints');
  expect(Object.keys(environments)).toHaveLength(3);
});

it.each([
  [{ cpuCount: 0 }, 'cpuCount is 0'],
  [{ minRamBytes: 1.5 }, 'minRamBytes is 1.5'],
  [{ accelerator: '' }, 'accelerator'],
  [{ minRam: 1 }, "no resource hint 'minRam'"],
])('the resource hint %j is refused', (resourceHints, message) => {
  const error = errorOf(() =>
    planOf((p) => void p.create([1]).mapAsync('heavy', async (n) => n, { resourceHints: resourceHints as object })),
  );
  expect(error).toMatchObject({ code: 'PLAN_ARGUMENT', step: 'heavy' });
  expect(error.message).toContain(message);
});
