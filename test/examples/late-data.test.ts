import { buildPlan } from 'millrace';
import { expect, it } from 'vitest';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import lateData from '../../examples/late-data.js';
import { linesOnConsole } from './lines-on-console.js';
import { passTime } from './pass-time.js';

it('counts orders early, on time and late, and drops those that come too late', async () => {
  const shown = linesOnConsole();
  const clock = new VirtualClock();
  const { plan, resolver } = buildPlan(lateData, { inline: true });
  const handle = await createDirectRunner({ clock }).run({ plan: JSON.parse(JSON.stringify(plan)), resolver });
  let ended = false;
  const waited = handle.wait().finally(() => {
    ended = true;
  });
  await passTime(clock, 20, () => ended);
  const { state, metrics } = await waited;
  expect(state).toBe('DONE');
  const ofWindow = (start: string) => shown.flatMap((line) => (line.startsWith(start) ? [line.slice(10)] : []));
  // Of 30 orders made in each half minute, one of the first is heard of after two and a half minutes.
  expect(ofWindow('06:00:00')).toEqual([
    'early    10 orders',
    'early    20 orders',
    'on time  26 orders',
    'late     27 orders',
    'late     28 orders',
    'late     29 orders',
  ]);
  expect(ofWindow('06:00:30').slice(-3)).toEqual(['late     28 orders', 'late     29 orders', 'late     30 orders']);
  expect(ofWindow('06:01:00').at(-1)).toBe('late     30 orders');
  expect(metrics.filter(({ name }) => name === 'millrace:dropped_late').map(({ value }) => value)).toEqual([1]);
});
