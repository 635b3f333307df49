import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, trackedFiles } from './tracked-files.js';

const TOP_LEVEL_FOLDERS = ['.ci', 'docs', 'examples', 'io', 'runners', 'sdk', 'test'];

/** Binary or foreign text, which may hold anything. */
const NOT_OURS = /^(test\/fixtures\/|package-lock\.json$)|\.(gz|png|bin|arrow|parquet)$/;

const textFiles = trackedFiles().filter((file) => !NOT_OURS.test(file));
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

describe('the repository', () => {
  it('has only the folders that the architecture names', () => {
    const folders = new Set(trackedFiles().flatMap((file) => (file.includes('/') ? [file.split('/')[0]!] : [])));
    expect([...folders].filter((folder) => !TOP_LEVEL_FOLDERS.includes(folder))).toEqual([]);
  });

  it('names no path or host of the machine that it was written on', () => {
    const homes = ['work', 'farm', 'root', 'Users', 'home/[a-z]'].join('|');
    const machinePath = new RegExp(`(?<![A-Za-z0-9_.~:-])/(?:${homes})/`);
    const privateHost =
      /\b(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+\b|\b[\w-]+\.(?:internal|corp|lan)\b/;
    const found = textFiles.flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, i) =>
          machinePath.test(line) || privateHost.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 120)}`] : [],
        ),
    );
    expect(found).toEqual([]);
  });

  it('locks packages without the address of a registry of its own', () => {
    const hosts = [...read('package-lock.json').matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map((m) => m[1]!);
    expect([...new Set(hosts)].filter((host) => host !== 'registry.npmjs.org')).toEqual([]);
  });

  it('pins every dependency that is installed with it to an exact version', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies?: Record<string, string> };
    const ranges = Object.entries(dependencies ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(ranges).toEqual([]);
  });

  it('reports the sizes of its files', async ({ annotate }) => {
    const sizes = textFiles
      .filter((file) => /^(sdk|runners|io)\/.*\.ts$/.test(file) && !file.includes('/generated/'))
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .sort((a, b) => b.lines - a.lines);
    const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
    const large = sizes.filter(({ lines }) => lines > 300).map(({ file, lines }) => `  ${lines} ${file}`);
    await annotate(
      [`${sizes.length} source files, median ${median} lines, ${large.length} past 300 lines`, ...large].join('\n'),
    );
  });
});
