import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPlan } from 'millrace';
import { expect, it } from 'vitest';
import { createDirectRunner } from '#millrace/runners/direct/direct-runner.js';
import sessions from '../../examples/sessions.js';
import { tempFolder } from '../support/temp-folder.js';
import { linesOnConsole } from './lines-on-console.js';

it('finds the visits of users and how long they are', async () => {
  const shown = linesOnConsole();
  const dir = tempFolder();
  const { plan, resolver } = buildPlan(sessions, { options: { output: join(dir, 'o'), gap: '50s' }, inline: true });
  const handle = await createDirectRunner().run({ plan: JSON.parse(JSON.stringify(plan)), resolver });
  expect(await handle.wait()).toMatchObject({ state: 'DONE' });
  // With a gap of 50 s grace comes back once more, after 51 s.
  const expected = [
    '06:00:00 ada stays 70 s, 4 views of 3 pages',
    '06:00:07 grace stays 8 s, 2 views of 2 pages',
    '06:00:48 linus stays 77 s, 4 views of 4 pages',
    '06:03:05 grace stays 35 s, 3 views of 3 pages',
    '06:03:20 ada stays 0 s, 1 views of 1 pages',
    '06:04:31 grace stays 0 s, 1 views of 1 pages',
    '06:04:39 linus stays 0 s, 1 views of 1 pages',
  ];
  const written = readdirSync(dir).flatMap((file) => readFileSync(join(dir, file), 'utf8').trimEnd().split('\n'));
  expect(written.sort()).toEqual(expected);
  expect(shown.sort()).toEqual(expected);
});
