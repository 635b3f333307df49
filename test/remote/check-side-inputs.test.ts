import { asList, globalWindow, type Pipeline } from 'millrace';
import { expect, it } from 'vitest';
import { checkRemote } from '#millrace/runners/remote/check.js';
import { planOf } from '../sdk/build.js';

const refused = (build: (p: Pipeline) => void) =>
  checkRemote(planOf(build, { environment: { bundle: 'a'.repeat(64), export: 'default' } }));

it('refuses side inputs that fire by a trigger, by the steps that look at them', () => {
  const found = refused((p) => {
    const side = p.create('Side', [1]).windowInto('Fires', globalWindow(), {
      trigger: { kind: 'repeat', subtrigger: { kind: 'elementCount', count: 1 } },
      accumulation: 'discarding',
    });
    const main = p.create('Main', [1]);
    main.map('See', (n) => n, { sideInputs: { side: asList(side) } });
    main.map('SeeToo', (n) => n, { sideInputs: { side: asList(p.create('Plain', [1])) } });
  });
  expect(found).toContainEqual({ feature: 'side inputs with a trigger', steps: ['See'] });
});
