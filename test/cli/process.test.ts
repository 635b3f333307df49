import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Workspace } from '../program/workspace.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = fileURLToPath(new URL('../../runners/cli/millrace.js', import.meta.url));

/** A command as a process of its own. */
class Process {
  out = '';
  err = '';
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>, cwd = ROOT) {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.ended = once(child, 'close').then(([code]) => code as number | null);
    child.stdout!.on('data', (data) => this.#changed(() => (this.out += data)));
    child.stderr!.on('data', (data) => this.#changed(() => (this.err += data)));
    onTestFinished(() => void child.kill('SIGKILL'));
  }

  /** Settles when the process has written a text to one of its streams. */
  async hasWritten(stream: 'out' | 'err', text: string): Promise<void> {
    const isThere = () => this[stream].includes(text);
    if (isThere()) return;
    await new Promise<void>((resolve, reject) => {
      this.#watchers.add(() => isThere() && resolve());
      this.ended.then(() => reject(new Error(`ended without '${text}':\n${this.out}${this.err}`)));
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  #changed(change: () => void): void {
    change();
    for (const watcher of this.#watchers) watcher();
  }
}

function millrace(args: readonly string[], cacheFolder: string): Process {
  return new Process(process.execPath, [BIN, ...args], { MILLRACE_CACHE: cacheFolder });
}

const pipeline = (steps: string) => `import { definePipeline, generateSequence } from 'millrace';
import { writeToConsole } from 'millrace/console';
export default definePipeline({
  name: 'endless',
  build(p) {
    p.apply('numbers', generateSequence({ ratePerSecond: 50 }))${steps}
      .map('text', (n) => 'number ' + n).apply('show', writeToConsole());
  },
});`;

describe('an endless pipeline', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('is stopped by %s within seconds, and ends with 0', async (signal) => {
    const w = new Workspace({ 'endless.ts': pipeline('') });
    const run = millrace(['run', w.path('endless.ts')], w.cacheFolder);
    await run.hasWritten('out', 'number 3\n');
    const start = performance.now();
    run.signal(signal);
    expect(await run.ended, run.err).toBe(0);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(run.err).toContain('STOPPED');
  });

  it('that takes its time to stop is ended by a second signal', async () => {
    const never =
      ".mapAsync('never', (n) => (n < 3 ? Promise.resolve(n) : new Promise(() => {})), { concurrency: 1, ordered: true })";
    const w = new Workspace({ 'stuck.ts': pipeline(never) });
    const run = millrace(['run', w.path('stuck.ts')], w.cacheFolder);
    await run.hasWritten('out', 'number 2\n');
    run.signal('SIGINT');
    await run.hasWritten('err', 'a second one ends at once');
    run.signal('SIGINT');
    expect(await run.ended, run.err).toBe(130);
  });
});

it('a module that keeps the process alive does not keep a finished run', async () => {
  const module = `import { create, definePipeline } from 'millrace';
    setInterval(() => {}, 1_000);
    export default definePipeline({ name: 'x', build: (p) => void p.apply('one', create([1])) });`;
  const w = new Workspace({ 'm.ts': module });
  const run = millrace(['run', w.path('m.ts')], w.cacheFolder);
  expect(await run.ended, run.err).toBe(0);
});

it.each<[string, string, number, readonly string[]]>([
  ['waits for ever', 'await new Promise(() => {});', 2, ['PROGRAM_STALLED', 'await at its top level']],
  [
    'throws later',
    "setTimeout(() => { throw new TypeError('late'); }, 1); await new Promise(() => setInterval(() => {}, 100));",
    1,
    ['UNCAUGHT', 'TypeError: late'],
  ],
  [
    'forgets a promise',
    "Promise.reject(new TypeError('lost')); await new Promise(() => setInterval(() => {}, 100));",
    1,
    ['UNCAUGHT', 'TypeError: lost'],
  ],
])('a module that %s is an error', async (_, text, code, words) => {
  const w = new Workspace({ 'm.ts': text });
  const run = millrace(['run', w.path('m.ts')], w.cacheFolder);
  expect(await run.ended, run.err).toBe(code);
  for (const word of words) expect(run.err).toContain(word);
});

it('a worker pool says where it listens, and ends with a signal', async () => {
  const w = new Workspace();
  const pool = millrace(['worker-pool'], w.cacheFolder);
  await pool.hasWritten('out', '\n');
  expect(pool.out).toMatch(/^127\.0\.0\.1:\d+\n$/);
  await pool.hasWritten('err', 'listens on');
  pool.signal('SIGTERM');
  expect(await pool.ended, pool.err).toBe(0);
});

it('npx finds the command in the checkout, without asking a registry', async () => {
  const w = new Workspace();
  const npx = new Process('npx', ['--offline', 'millrace', '--version'], { npm_config_cache: w.path('npm') });
  expect(await npx.ended, npx.err).toBe(0);
  expect(npx.out).toMatch(/^\d+\.\d+\.\d+\n$/);
}, 120_000);
