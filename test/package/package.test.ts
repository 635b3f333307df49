import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');
const BARE_INSTALL_LIMIT_MB = 30;

interface PackageJson {
  version: string;
  exports: Record<string, string>;
}
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as PackageJson;
const subPaths = Object.keys(manifest.exports)
  .filter((name) => !name.endsWith('.json'))
  .map((name) => `millrace${name.slice(1)}`);

/** What the package holds, and that it works in a project that has nothing else. */
describe('the package', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-package-'));
  const project = path.join(folder, 'project');
  let files: string[] = [];

  const run = (command: string, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  const write = (name: string, text: string): void => writeFileSync(path.join(project, name), text);

  beforeAll(() => {
    mkdirSync(project);
    // dist stands already (vitest's global setup), and other tests are reading it: do not build again.
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    files = tarball.files.map((file) => file.path);
    write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', path.join(folder, tarball.filename));
  }, 180_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds the built library, its types and its licence, and no sources or tests', () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/sdk/index.js', 'dist/sdk/index.d.ts']));
    const outside = files.filter((file) => /^(sdk|runners|io|test|examples)\//.test(file));
    expect(outside).toEqual(['runners/cli/millrace.js']);
  });

  it('exports every sub-path with types', () => {
    const imports = subPaths.map((name, i) => `import * as m${i} from '${name}';`);
    const uses = subPaths.map((name, i) => `  '${name}': Object.keys(m${i}).length,`);
    write('imports.ts', `${imports.join('\n')}\nconsole.log(JSON.stringify({\n${uses.join('\n')}\n}));\n`);
    write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          target: 'es2023',
          module: 'nodenext',
          strict: true,
          skipLibCheck: true,
          typeRoots: [path.join(ROOT, 'node_modules/@types')],
          types: ['node'],
          outDir: 'built',
        },
        files: ['imports.ts'],
      }),
    );
    run(process.execPath, TSC, '-p', 'tsconfig.json');
    const exported = JSON.parse(run(process.execPath, 'built/imports.js')) as Record<string, number>;
    expect(Object.entries(exported).filter(([, names]) => names === 0)).toEqual([]);
    expect(Object.keys(exported)).toEqual(subPaths);
  });

  it('has a command that explains itself', () => {
    expect(run('npx', '--no-install', 'millrace', '--help')).toMatch(/Usage: millrace/);
    expect(run('npx', '--no-install', 'millrace', '--version').trim()).toBe(manifest.version);
  });

  it('runs a pipeline', () => {
    write(
      'pipeline.ts',
      `import { create, definePipeline, option } from 'millrace';
import { writeText } from 'millrace/text';

export default definePipeline({
  name: 'greetings',
  options: { output: option.string({ description: 'where to write' }) },
  build(p, options) {
    p.apply('names', create(['ada', 'grace']))
      .map('greet', (name) => \`hello \${name}\`)
      .apply('write', writeText(options.output));
  },
});
`,
    );
    run('npx', '--no-install', 'millrace', 'run', 'pipeline.ts', '--output=greetings/part');
    const written = readdirSync(path.join(project, 'greetings'))
      .flatMap((name) =>
        readFileSync(path.join(project, 'greetings', name), 'utf8')
          .trimEnd()
          .split('\n'),
      )
      .sort();
    expect(written).toEqual(['hello ada', 'hello grace']);
  });

  it('is lean to install', async ({ annotate }) => {
    const modules = path.join(project, 'node_modules');
    // esbuild links its binary to a second place: what has one inode is on the disk once.
    const sizes = new Map<number, number>();
    for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const { ino, size } = statSync(path.join(entry.parentPath, entry.name));
      sizes.set(ino, size);
    }
    const megabytes = [...sizes.values()].reduce((sum, size) => sum + size, 0) / 1e6;
    await annotate(`a bare install has ${sizes.size} files of ${megabytes.toFixed(1)} MB`);
    expect(megabytes).toBeLessThan(BARE_INSTALL_LIMIT_MB);
  });
});
