import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from './arguments.js';

const run = promisify(execFile);

/** The library of another commit, with the workloads of this checkout. */
export interface OtherCheckout {
  /** Its full hash. */
  readonly commit: string;
  /** The program that measures one workload with it. */
  readonly one: string;
}

/**
 * Builds a commit outside of the checkout, once: in `MILLRACE_CACHE`, or the folder for temporary files. The files are
 * written there without a word to the repository, so that they may be removed at any time.
 *
 * @throws UsageError where there is no such commit, or it does not build
 */
export async function otherCheckout(root: string, ref: string, say: (line: string) => void): Promise<OtherCheckout> {
  const commit = await commitOf(root, ref);
  const cache = path.resolve(process.env.MILLRACE_CACHE || path.join(os.tmpdir(), 'millrace'), 'compare');
  const folder = path.join(cache, commit);
  if (!existsSync(folder)) {
    say(`building ${commit.slice(0, 10)} in ${folder}`);
    await build(root, commit, folder);
  }
  return { commit, one: path.join(benchIn(folder, path.join(root, 'test', 'bench')), 'one.js') };
}

async function commitOf(root: string, ref: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
  const found = await run('git', args, { cwd: root }).catch((error: Error & { code?: unknown }) => {
    const reason =
      typeof error.code === 'number' ? 'no branch, tag or hash of this repository names it' : error.message;
    throw new UsageError(`there is no commit ${JSON.stringify(ref)}: ${reason}`);
  });
  return found.stdout.trim();
}

/** The folder appears when it is complete, so that a build that was cut off is not taken for one. */
async function build(root: string, commit: string, folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`;
  const env = { ...process.env, GIT_INDEX_FILE: `${unfinished}.index` };
  try {
    mkdirSync(unfinished, { recursive: true });
    await run('git', ['read-tree', commit], { cwd: root, env });
    await run('git', ['checkout-index', '--all', `--prefix=${unfinished}/`], { cwd: root, env });
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: unfinished, maxBuffer: 1 << 26 });
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } catch (error) {
    throw new UsageError(`${commit} does not build: ${(error as Error).message.trim()}`);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
    rmSync(env.GIT_INDEX_FILE, { force: true });
  }
}

/**
 * A copy of this checkout's workloads inside of the other one, so that `millrace` is the other's library. Its name is that
 * of its contents: it is made once, and those that run meanwhile keep theirs.
 */
function benchIn(folder: string, bench: string): string {
  const files = readdirSync(bench, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const hash = createHash('sha256');
  for (const file of files.map(({ parentPath, name }) => path.join(parentPath, name)).sort())
    hash.update(path.relative(bench, file)).update('\0').update(readFileSync(file)).update('\0');
  const copy = path.join(folder, 'out', `bench-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    cpSync(bench, unfinished, { recursive: true });
    renameSync(unfinished, copy);
  }
  return copy;
}
