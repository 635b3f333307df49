import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesUnder, tempDir } from './temp.js';

const SCRIPT = 'test/io-text/write-numbers.mjs';
/** Root may mount; others only in a user namespace of their own, where that is allowed. */
const UNSHARE = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-rm'];
const canMount = spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

/** Waits until the folder holds a temporary file with something in it. */
async function untilWriting(dir: string): Promise<void> {
  const isWriting = () => Object.values(filesUnder(dir)).some((content) => content.length > 0);
  const watcher = watch(dir, { recursive: true });
  onTestFinished(() => watcher.close());
  while (!isWriting()) await once(watcher, 'change', { signal: AbortSignal.timeout(20_000) });
  watcher.close();
}

function start(...args: readonly string[]): ChildProcess & { readonly said: () => string } {
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  return Object.assign(child, { said: () => text });
}

describe('text output of a process', () => {
  it('that is killed stays hidden, and is cleaned by the next run', async () => {
    const dir = tempDir();
    const child = start(join(dir, 'o'), 'endless');
    await untilWriting(dir);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readdirSync(dir)).toEqual([expect.stringMatching(/^\.o\.millrace-/)]);
    const again = start(join(dir, 'o'), '1000');
    await once(again, 'close');
    expect(JSON.parse(again.said())).toEqual({ state: 'DONE' });
    expect(readdirSync(dir)).toEqual(['o-00000-of-00002.txt', 'o-00001-of-00002.txt']);
  });

  it('that is stopped with windows open leaves nothing', async () => {
    const dir = tempDir();
    const child = start(join(dir, 'o'), 'endless');
    await untilWriting(dir);
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(JSON.parse(child.said())).toEqual({ state: 'STOPPED' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it.runIf(canMount)('that fills the disk fails clearly and leaves nothing behind', () => {
    const dir = tempDir();
    for (const [size, numbers] of [
      // The temporary files do not fit.
      ['1m', 200_000],
      // They fit, the copies that make two files of one do not.
      ['3m', 150_000],
    ] as const) {
      const script = `mount -t tmpfs -o size=${size} none "$0" && "$1" ${SCRIPT} "$0/o" ${numbers} && ls -A "$0"`;
      const [command = '', ...args] = [...UNSHARE, 'sh', '-c', script, dir, process.execPath];
      const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
      const [result = '', ...left] = stdout.trim().split('\n');
      expect(JSON.parse(result || stderr)).toEqual({
        state: 'FAILED',
        code: 'IO_DISK_FULL',
        message: expect.stringMatching(/^cannot write ".*": no space left on the disk$/),
        hint: 'free space or write elsewhere, then run again',
      });
      expect(left).toEqual([]);
    }
  });
});
