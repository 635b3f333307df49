import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const markdownIn = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.posix.join(folder, file));
const pages = ['', 'docs', 'docs/guide', 'docs/decisions', 'examples'].flatMap(markdownIn);

describe('the pages', () => {
  it.each(pages)('%s links to files that exist', (page) => {
    const text = readFileSync(path.join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((found) => found[1]!);
    const lost = targets.filter(
      (target) => !/^[a-z]+:/.test(target) && !existsSync(path.join(ROOT, path.dirname(page), target)),
    );
    expect(lost).toEqual([]);
  });

  it('list every page of the guide in its index', () => {
    const index = readFileSync(path.join(ROOT, 'docs/guide.md'), 'utf8');
    const missing = readdirSync(path.join(ROOT, 'docs/guide')).filter((file) => !index.includes(`(guide/${file})`));
    expect(missing).toEqual([]);
  });

  it('list every decision in their index', () => {
    const index = readFileSync(path.join(ROOT, 'docs/decisions/README.md'), 'utf8');
    const decisions = readdirSync(path.join(ROOT, 'docs/decisions')).filter((file) => /^\d/.test(file));
    expect(decisions.filter((file) => !index.includes(`(${file})`))).toEqual([]);
  });
});
