import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { matchFiles } from '#millrace/io/files/match-files.js';
import { put, tempDir } from './temp.js';

function tree(names: readonly string[]): { dir: string; match: (pattern: string) => string[] } {
  const dir = tempDir();
  for (const name of names) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    put(dir, name, name);
  }
  const match = (pattern: string) => matchFiles(join(dir, pattern)).map((file) => file.path.slice(dir.length + 1));
  return { dir, match };
}

describe('file patterns', () => {
  it('match within one folder, in order, with sizes', () => {
    const { dir, match } = tree(['b.txt', 'a.txt', 'a.csv', 'ab.txt', 'sub/a.txt']);
    expect(match('*.txt')).toEqual(['a.txt', 'ab.txt', 'b.txt']);
    expect(match('?.txt')).toEqual(['a.txt', 'b.txt']);
    expect(match('[a]?.txt')).toEqual(['ab.txt']);
    expect(match('[!a].txt')).toEqual(['b.txt']);
    expect(match('a.{csv,txt}')).toEqual(['a.csv', 'a.txt']);
    expect(match('{a,b{,x}}.txt')).toEqual(['a.txt', 'b.txt']);
    expect(match('*/a.txt')).toEqual(['sub/a.txt']);
    expect(matchFiles(join(dir, 'ab.txt'))).toEqual([{ path: join(dir, 'ab.txt'), sizeBytes: 6 }]);
  });

  it('cross folders with two stars, and stay out of hidden ones', () => {
    const { match } = tree(['x.txt', 'p/x.txt', 'p/q/x.txt', '.hidden/x.txt', 'p/.x.txt', '.out.millrace-1/part']);
    expect(match('**/x.txt')).toEqual(['p/q/x.txt', 'p/x.txt', 'x.txt']);
    expect(match('**')).toEqual(['p/q/x.txt', 'p/x.txt', 'x.txt']);
    expect(match('*/part')).toEqual([]);
    expect(match('.hidden/*')).toEqual(['.hidden/x.txt']);
    expect(match('p/.*')).toEqual(['p/.x.txt']);
  });

  it('take odd names', () => {
    const odd = [
      'with space.txt',
      'ünï😀.txt',
      'a[1].txt',
      'star*.txt',
      'new\nline.txt',
      '{x}.txt',
      'a+b(c)$.txt',
      'back\\slash.txt',
    ];
    const { match } = tree(odd);
    expect(match('*')).toEqual([...odd].sort());
    for (const name of odd) expect(match(name)).toContain(name);
    expect(match('a\\[1\\].txt')).toEqual(['a[1].txt']);
    expect(match('star\\*.txt')).toEqual(['star*.txt']);
    expect(match('ünï?.txt')).toEqual(['ünï😀.txt']);
    expect(match('new?line.txt')).toEqual(['new\nline.txt']);
  });

  it('follow links to files, pass over links to nothing', () => {
    const { dir, match } = tree(['real.txt']);
    symlinkSync(join(dir, 'real.txt'), join(dir, 'link.txt'));
    symlinkSync(join(dir, 'nothing'), join(dir, 'broken.txt'));
    symlinkSync(dir, join(dir, 'round'));
    expect(match('*.txt')).toEqual(['link.txt', 'real.txt']);
    expect(match('**/*.txt')).toEqual(['link.txt', 'real.txt']);
  });

  it('do not take a folder for a file', () => {
    const { dir } = tree(['sub/a.txt']);
    expect(() => matchFiles(join(dir, 'sub'))).toThrow(
      /is a folder, not a file[\s\S]*HINT: for the files in it write .*sub\/\*/,
    );
    expect(() => matchFiles(join(dir, 'sub/'))).toThrow(/is a folder/);
    expect(matchFiles(join(dir, '*'))).toEqual([]);
  });

  it('refuse what is no local path', () => {
    expect(() => matchFiles('s3://bucket/x')).toThrow(/cannot read or write s3:/);
    expect(() => matchFiles('')).toThrow(/not a file name/);
    expect(() => matchFiles('[z-a]*')).toThrow(/cannot be understood/);
  });

  it('take file URLs', () => {
    const { dir } = tree(['a b.txt']);
    expect(matchFiles(`file://${dir}/a%20b.txt`)).toEqual([{ path: join(dir, 'a b.txt'), sizeBytes: 7 }]);
  });
});
