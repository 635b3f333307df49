import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { codeBlocksOf } from './code-blocks.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const markdownIn = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder)).flatMap((file) => (file.endsWith('.md') ? [`${folder}/${file}`] : []));
const blocksOf = (page: string) => codeBlocksOf(readFileSync(path.join(ROOT, page), 'utf8'));
const PAGES = ['README.md', ...markdownIn('docs'), ...markdownIn('docs/guide')].filter((page) =>
  blocksOf(page).some(({ language }) => language === 'ts'),
);

/** The other pages of the guide go on with the files of this one. */
const FIRST_PAGE = 'docs/guide/pipelines.md';

/**
 * The pages' code runs: blocks with a file name are written, all of them are type-checked together, then the page's
 * commands whose output the page shows run in order, and print just that.
 */
describe.each(PAGES)('%s', (page) => {
  // Inside the repository, so that `millrace` means this package.
  const folder = path.join(ROOT, 'out', 'docs', page.replace(/\.md$/, '').replaceAll('/', '-'));
  const blocks = blocksOf(page);
  const files = blocks.filter((block) => block.file !== undefined);
  const before = page.startsWith('docs/guide/') ? blocksOf(FIRST_PAGE).filter(({ file }) => file !== undefined) : [];

  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { file, text } of [...before, ...files]) writeFileSync(path.join(folder, file!), text);
    writeFileSync(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../../tsconfig.json', include: ['*.ts'], exclude: [] }),
    );
  });

  it('names a file for every TypeScript block', () => {
    const unnamed = blocks.filter(({ language, file }) => language === 'ts' && file === undefined);
    expect(unnamed.map(({ line }) => `${page}:${line}`)).toEqual([]);
  });

  it('has code that compiles', () => {
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      stdio: 'pipe',
      encoding: 'utf8',
    });
  });

  const tests = files.flatMap(({ file }) => (file!.endsWith('.test.ts') ? [file!] : []));
  if (tests.length > 0) {
    it(`has tests that pass: ${tests.join(', ')}`, { timeout: 60_000 }, () => {
      writeFileSync(path.join(folder, 'vitest.config.js'), 'export default {};');
      const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
      execFileSync(process.execPath, [vitest, 'run', '--root', folder], { stdio: 'pipe' });
    });
  }

  for (const [i, block] of blocks.entries()) {
    const shown = blocks[i + 1];
    if (block.language !== 'sh' || shown?.language !== 'text') continue;
    it(`runs line ${block.line}: ${block.text.trim().slice(0, 80)}`, { timeout: 60_000 }, () => {
      const command = block.text
        .trim()
        .replace(/\\\n/g, '')
        .replace(/^npx millrace/gm, 'node "$MILLRACE"');
      const printed = execFileSync('bash', ['-ec', command], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, MILLRACE: path.join(ROOT, 'runners/cli/millrace.js') },
      });
      expect(printed).toBe(shown.text);
    });
  }
});
