import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundleModule } from '#millrace/runners/program/bundle.js';
import { readManifest } from '#millrace/runners/program/manifest.js';
import { Workspace } from './workspace.js';

const LIBRARY = "export const shout = (text: string): string => text.toUpperCase() + '!';\n";
const ENTRY = `import { seconds, type KV } from 'millrace';
import { shout } from './lib/shout.js';
export type Pair = KV<string, string>;
export const pause: number = seconds(3);
export default shout('hello');
`;
const FILES = { 'main.ts': ENTRY, 'lib/shout.ts': LIBRARY };

describe('a bundle', () => {
  it('is one file, named by the hash of its bytes', async () => {
    const w = new Workspace(FILES);
    const bundle = await bundleModule(w.path('main.ts'), w);
    const bytes = readFileSync(bundle.path);
    expect(bundle.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(bundle.path).toBe(join(w.cacheFolder, `${bundle.sha256}.mjs`));
    expect(bundle.sourceEntry).toBe(w.path('main.ts'));
    expect(readdirSync(w.cacheFolder).sort()).toEqual([`${bundle.sha256}.mjs`, 'index'].sort());
  });

  it('has the same bytes in another folder, and names no folder', async () => {
    const a = new Workspace(FILES);
    const b = new Workspace({ 'deep/er/main.ts': ENTRY, 'deep/er/lib/shout.ts': LIBRARY });
    const [one, two] = await Promise.all([
      bundleModule(a.path('main.ts'), a),
      bundleModule(b.path('deep/er/main.ts'), b),
    ]);
    expect(two.sha256).toBe(one.sha256);
    const text = readFileSync(one.path, 'utf8');
    const map = Buffer.from(/base64,(.*)$/m.exec(text)![1]!, 'base64').toString();
    expect(JSON.parse(map).sources.sort()).toEqual(['host:millrace', 'lib/shout.ts', 'main.ts']);
    for (const folder of [a.folder, process.cwd(), '/tmp', 'node_modules']) expect(text + map).not.toContain(folder);
  });

  it('holds nothing of Millrace, and says what it needs of it', async () => {
    const w = new Workspace(FILES);
    const bundle = await bundleModule(w.path('main.ts'), w);
    const text = readFileSync(bundle.path, 'utf8');
    expect(text).not.toContain('60_000');
    expect(text.length).toBeLessThan(5_000);
    expect(readManifest(text, bundle.path)).toMatchObject({ modules: ['millrace'], external: [], native: [] });
  });

  it('carries types away without checking them', async () => {
    const w = new Workspace({ 'main.ts': "const n: number = 'text'; export default n;" });
    await expect(bundleModule(w.path('main.ts'), w)).resolves.toBeDefined();
  });

  it('gives CommonJS dependencies what Node gives them', async () => {
    const w = new Workspace({
      'main.ts':
        "import { createRequire } from 'node:module';\nimport dep from 'dep';\nconst require = createRequire(import.meta.url);\nexport default [dep, require('node:path').sep];",
      'node_modules/dep/package.json': '{"name":"dep","version":"1.0.0"}',
      'node_modules/dep/index.js':
        "module.exports = typeof require('fs').readFileSync + typeof __dirname + typeof __filename;",
    });
    const bundle = await bundleModule(w.path('main.ts'), w);
    const loaded = await import(/* @vite-ignore */ pathToFileURL(bundle.path).href);
    expect(loaded.default).toEqual(['functionstringstring', '/']);
  });
});

describe('a second time', () => {
  it('the compiler does not run', async () => {
    const w = new Workspace(FILES);
    const first = await bundleModule(w.path('main.ts'), w);
    const second = await bundleModule(w.path('main.ts'), w);
    expect([first.isFromCache, second.isFromCache]).toEqual([false, true]);
    expect(second.sha256).toBe(first.sha256);
  });

  it('a file that was written anew with the same text changes nothing', async () => {
    const w = new Workspace(FILES);
    await bundleModule(w.path('main.ts'), w);
    w.write('lib/shout.ts', LIBRARY);
    utimesSync(w.path('lib/shout.ts'), new Date(1e12), new Date(1e12));
    expect((await bundleModule(w.path('main.ts'), w)).isFromCache).toBe(true);
  });

  it.each<[string, (w: Workspace) => void]>([
    ['the entry', (w) => w.write('main.ts', ENTRY.replace('hello', 'howdy'))],
    ['an import', (w) => w.write('lib/shout.ts', LIBRARY.replace('!', '?'))],
    ['the settings of the compiler', (w) => w.write('tsconfig.json', '{"compilerOptions":{"target":"es2015"}}')],
    ['the bundle', (w) => damageBundle(w)],
    [
      'the index',
      (w) => writeFileSync(join(w.cacheFolder, 'index', readdirSync(join(w.cacheFolder, 'index'))[0]!), '{"sha'),
    ],
  ])('a change of %s is seen', async (_, change) => {
    const w = new Workspace(FILES);
    await bundleModule(w.path('main.ts'), w);
    change(w);
    const again = await bundleModule(w.path('main.ts'), w);
    expect(again.isFromCache).toBe(false);
    expect(createHash('sha256').update(readFileSync(again.path)).digest('hex')).toBe(again.sha256);
  });

  function damageBundle(w: Workspace): void {
    const name = readdirSync(w.cacheFolder).find((file) => file.endsWith('.mjs'))!;
    writeFileSync(join(w.cacheFolder, name), 'export default 1;');
  }
});

describe('packages outside', () => {
  const NATIVE = {
    'main.ts': "import { fast } from 'quick';\nexport default fast;",
    'node_modules/quick/package.json': '{"name":"quick","version":"1.0.0"}',
  };

  it('are named in the manifest when they hold a native add-on', async () => {
    const index = "exports.fast = 1; try { require('./build/quick.node'); } catch {}";
    const w = new Workspace({
      ...NATIVE,
      'node_modules/quick/index.js': index,
      'node_modules/quick/build/quick.node': '',
    });
    const bundle = await bundleModule(w.path('main.ts'), w);
    const manifest = readManifest(readFileSync(bundle.path, 'utf8'), bundle.path);
    expect(manifest).toMatchObject({ external: ['quick'], native: ['quick'] });
  });

  it('are left outside when asked for', async () => {
    const w = new Workspace({ ...NATIVE, 'node_modules/quick/index.js': 'exports.fast = 1;' });
    const bundle = await bundleModule(w.path('main.ts'), { ...w, external: ['quick'] });
    const text = readFileSync(bundle.path, 'utf8');
    expect(readManifest(text, bundle.path)).toMatchObject({ external: ['quick'], native: [] });
    expect(text).not.toContain('fast = 1');
  });

  it('cannot be a file of the author’s own', async () => {
    const w = new Workspace({ 'main.ts': "import './quick.node';", 'quick.node': '' });
    await expect(bundleModule(w.path('main.ts'), w)).rejects.toMatchObject({
      code: 'PROGRAM_DOES_NOT_COMPILE',
      summary: expect.stringContaining('Make a package of it'),
    });
  });
});

describe('what cannot be bundled', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'a syntax error, with its frame',
      'const a = 1;\nconst b = ;\n',
      ['main.ts:2:10', 'const b = ;', 'Unexpected ";"'],
    ],
    [
      'a name that Millrace does not have',
      "import { secnods } from 'millrace';\nsecnods(1);",
      ['main.ts:1:9', 'secnods', '"millrace"', 'seconds'],
    ],
    [
      'a module that Millrace does not have',
      "import { x } from 'millrace/kafak';\nx();",
      ["no module 'millrace/kafak'", 'millrace/kafka'],
    ],
    ['a package that is not there', "import x from 'left-pad';\nx();", ['main.ts:1:14', 'left-pad']],
    ['a file that is not there', "import x from './gone.js';\nx();", ['./gone.js']],
    ['a name that a file does not have', "import * as all from './lib.js';\nall.b();", ['main.ts:2:4']],
  ])('%s', async (_, text, parts) => {
    const w = new Workspace({ 'main.ts': text, 'lib.ts': 'export const a = 1;' });
    const error = await bundleModule(w.path('main.ts'), w).catch((e) => e);
    expect(error).toMatchObject({ code: 'PROGRAM_DOES_NOT_COMPILE', kind: 'options' });
    for (const part of parts) expect(error.summary).toContain(part);
    expect(existsSync(w.cacheFolder)).toBe(false);
  });

  it.each([
    ['gone.ts', 'PROGRAM_NOT_FOUND'],
    ['folder.ts', 'PROGRAM_NOT_A_MODULE'],
    ['picture.png', 'PROGRAM_NOT_A_MODULE'],
  ])('%s', async (name, code) => {
    const w = new Workspace({ 'picture.png': 'x' });
    mkdirSync(w.path('folder.ts'));
    await expect(bundleModule(w.path(name), w)).rejects.toMatchObject({ code, kind: 'options' });
  });

  it('anything, where the cache is a file', async () => {
    const w = new Workspace({ 'main.ts': ENTRY, 'lib/shout.ts': LIBRARY, cache: '' });
    await expect(bundleModule(w.path('main.ts'), w)).rejects.toMatchObject({
      code: 'CACHE_NOT_WRITABLE',
      hint: expect.stringContaining('MILLRACE_CACHE'),
    });
  });
});
