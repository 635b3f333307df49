import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPlan } from 'millrace';
import { expect, it } from 'vitest';
import { VirtualClock } from '#millrace/runners/dataflow/index.js';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import enrichment from '../../examples/enrichment.js';
import { deadline } from '../support/deadline.js';
import { tempFolder } from '../support/temp-folder.js';
import { linesOnConsole } from './lines-on-console.js';
import { passTime } from './pass-time.js';

it('prices orders by the rates that were read last', async () => {
  const rates = join(tempFolder(), 'rates.json');
  const write = (table: Record<string, number>) => writeFileSync(rates, JSON.stringify(table));
  const shown = linesOnConsole();

  write({ EUR: 1, USD: 0.5, CHF: 2 });
  const clock = new VirtualClock();
  const options = { rates, every: '2s', times: '150', orders: '300', perSecond: '1' };
  const { plan, resolver } = buildPlan(enrichment, { options, inline: true });
  const handle = await createDirectRunner({ clock }).run({ plan: JSON.parse(JSON.stringify(plan)), resolver });
  const passUntil = (isSo: () => boolean) => passTime(clock, 200, isSo);
  await passUntil(() => shown.length >= 2);
  expect(shown.slice(0, 2)).toEqual(['order 0: 10 EUR = 10.00 EUR', 'order 1: 20 USD = 10.00 EUR']);
  write({ EUR: 4, USD: 4, CHF: 4 });
  // Orders come while the file is read; those after that have the new rates.
  const isNew = (line: string): boolean =>
    /: (\d+) ... = (\d+)\.00/
      .exec(line)!
      .slice(1)
      .map(Number)
      .reduce((a, b) => b / a) === 4;
  await passUntil(() => shown.some(isNew));
  await passUntil(() => handle.state !== 'RUNNING');
  expect((await deadline(handle.wait(), 5_000)).state).toBe('DONE');
  expect(shown).toHaveLength(300);
  expect(shown.slice(shown.findIndex(isNew)).every(isNew)).toBe(true);
});
