import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPlan, type PipelineDefinition } from 'millrace';
import { expect, it } from 'vitest';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import anomalyAlert from '../../examples/anomaly-alert.js';
import statefulDedup from '../../examples/stateful-dedup.js';
import { textOnConsole } from '../support/on-console.js';
import { filesUnder, tempDir } from './temp.js';

async function linesOf(definition: PipelineDefinition, options: Record<string, string>): Promise<string[]> {
  const dir = tempDir();
  const { plan, resolver } = buildPlan(definition, { options: { ...options, output: join(dir, 'o') }, inline: true });
  const handle = await createDirectRunner().run({ plan: JSON.parse(JSON.stringify(plan)), resolver });
  const { state, error } = await handle.wait();
  expect({ state, error }).toEqual({ state: 'DONE', error: undefined });
  return Object.values(filesUnder(dir)).flatMap((content) => content.trimEnd().split('\n'));
}

it('words are let through again when they were not heard for a while', async () => {
  const files = ['examples/data/mill.txt', 'examples/data/river.txt'];
  const heard = files
    .flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n'))
    .flatMap((line) => {
      const time = Date.parse(line.slice(0, line.indexOf('\t')));
      return (line.slice(line.indexOf('\t')).match(/[a-z]+/gi) ?? []).map((word) => ({
        word: word.toLowerCase(),
        time,
      }));
    })
    .sort((a, b) => a.time - b.time);
  const last = new Map<string, number>();
  const expected: string[] = [];
  for (const { word, time } of heard) {
    if (!(time <= last.get(word)! + 20_000)) expected.push(`${new Date(time).toISOString()} ${word}`);
    last.set(word, time);
  }
  const lines = await linesOf(statefulDedup, { quiet: '20s' });
  expect(lines.sort()).toEqual(expected.sort());
});

it('sensors that read something unusual or nothing are found', async () => {
  const shown = textOnConsole();
  const lines = await linesOf(anomalyAlert, {});
  expect(lines).toEqual([
    '06:02:10 boiler reads 96.5, and 71.8 ± 0.5 otherwise',
    '06:02:17 pump is silent since 06:01:32',
    '06:04:45 boiler is silent since 06:04:00',
    '06:04:47 pump is silent since 06:04:02',
    '06:04:50 wheel is silent since 06:04:05',
  ]);
  expect(shown()).toBe(`${lines.join('\n')}\n`);
});
