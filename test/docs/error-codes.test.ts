import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { trackedFiles } from '../architecture/tracked-files.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

it('the codes that the page on errors names are those of errors that there are', () => {
  const rows = read('docs/guide/errors.md').match(/^\| `.*$/gm) ?? [];
  const named = rows.flatMap((row) => row.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []);
  expect(named.length).toBeGreaterThan(10);
  const sources = trackedFiles().filter((file) => /^(sdk|runners|io)\/.*\.ts$/.test(file));
  const code = sources.map(read).join('\n');
  expect(named.filter((each) => !code.includes(`'${each}'`))).toEqual([]);
});
