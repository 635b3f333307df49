import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Where the services that tests start are kept between runs: `MILLRACE_CACHE`, or `~/.cache/millrace`. */
export function cacheRoot(): string {
  return process.env.MILLRACE_CACHE ?? join(homedir(), '.cache', 'millrace');
}

const INSTALL_DEADLINE_MS = 15 * 60_000;
const LOCK_POLL_MS = 200;
/** A lock file without a process id in it is one whose owner died between creating and writing it. */
const EMPTY_LOCK_STALE_MS = 5_000;

/**
 * The directory `name` of the cache, made by `install` when it is not there. `install` fills an empty directory, which
 * gets its name only when all is in it: half an installation is never seen. Two processes that ask at once install once.
 */
export async function installed(name: string, install: (dir: string) => Promise<void>): Promise<string> {
  const target = join(cacheRoot(), name);
  if (existsSync(target)) return target;
  const lock = join(cacheRoot(), '.locks', `${name}.lock`);
  await mkdir(dirname(lock), { recursive: true });
  const deadline = Date.now() + INSTALL_DEADLINE_MS;
  while (!(await acquire(lock))) {
    if (existsSync(target)) return target;
    if (Date.now() > deadline)
      throw new Error(`${name} is being installed by another process for too long: see ${lock}`);
    await delay(LOCK_POLL_MS);
  }
  const staging = join(cacheRoot(), `.installing-${name}-${process.pid}`);
  try {
    if (existsSync(target)) return target;
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    await install(staging);
    await rename(staging, target);
    return target;
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rm(lock, { force: true });
  }
}

/** Takes the lock file; false when a living process has it. */
async function acquire(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.write(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await isStale(lock)) {
    // Only one of several waiting processes can move the stale file away.
    const grave = `${lock}.${process.pid}`;
    await rename(lock, grave).then(
      () => rm(grave, { force: true }),
      () => undefined,
    );
  }
  return false;
}

async function isStale(lock: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)]);
    if (text === '') return Date.now() - mtimeMs > EMPTY_LOCK_STALE_MS;
    process.kill(Number(text), 0);
    return Date.now() - mtimeMs > INSTALL_DEADLINE_MS;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
