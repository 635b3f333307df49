import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { errnoOf, fileError } from './file-errors.js';
import type { OutputTarget } from './output-target.js';

/**
 * Unfinished output lies in a hidden folder beside its target, so that it becomes visible by a rename alone. The name of
 * the folder, `.<base>.millrace-<machine>-<process>-<random>`, says whose it is: what a killed process left behind can be
 * told from the work of a living one.
 */
const MACHINE = createHash('sha256')
  .update([hostname(), readIfAny('/proc/sys/kernel/random/boot_id'), linkIfAny('/proc/self/ns/pid')].join('\n'))
  .digest('hex')
  .slice(0, 8);
const TOKEN = `${MACHINE}-${process.pid}-${randomBytes(4).toString('hex')}`;

const made = new Set<string>();

export function tempFolder(target: OutputTarget): string {
  return join(target.folder, `.${target.base}.millrace-${TOKEN}`);
}

/** A name in a temporary folder that nobody else uses; `serial` keeps names in the order in which they were made. */
export function tempFile(folder: string, instance: string, serial: number): string {
  return join(folder, `${instance}-${String(serial).padStart(8, '0')}`);
}

export function randomName(): string {
  return randomBytes(6).toString('hex');
}

export function makeTempFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (error) {
    throw fileError('create', folder, error);
  }
  if (made.size === 0 && isMainThread) process.once('exit', removeMade);
  made.add(folder);
}

/** Node's own recursive form never returns on file systems that refuse new folders with ENOENT, such as /proc. */
function makeFolders(folder: string): void {
  const parent = dirname(folder);
  try {
    makeOne(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || parent === folder) throw error;
    makeFolders(parent);
    makeOne(folder);
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
  }
}

/** Removes a temporary folder that nobody uses any more; one in which something still lies stays. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST' && errno !== 'ENOENT') throw fileError('remove', folder, error);
  }
}

/** Removes the files of one instance (see {@link tempFile}), and the folder with the last of them. */
export function removeTempFiles(folder: string, instance: string): void {
  for (const name of namesIn(folder)) if (name.startsWith(`${instance}-`)) rmSync(join(folder, name), { force: true });
  removeIfEmpty(folder);
}

/**
 * Removes what killed runs with the same target left behind. Answers the folders that stay because their process is alive,
 * because it ran on another machine and nothing can be known of it, or because they may not be removed.
 */
export function removeLeftovers(target: OutputTarget): string[] {
  const prefix = `.${target.base}.millrace-`;
  const kept: string[] = [];
  for (const name of namesIn(target.folder)) {
    const [, machine, pid, random] = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})$/.exec(name.slice(prefix.length)) ?? [];
    if (!name.startsWith(prefix) || machine === undefined || pid === undefined || random === undefined) continue;
    if (machine === MACHINE && Number(pid) === process.pid) continue;
    const folder = join(target.folder, name);
    if (machine !== MACHINE || isAlive(Number(pid)) || !removed(folder)) kept.push(folder);
  }
  return kept;
}

/** False where another user's left-overs may not be touched: no reason to fail. */
function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw fileError('list', folder, error);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** What a stopped run did not finish is gone when its process ends: whatever was not acknowledged will be read again. */
function removeMade(): void {
  for (const folder of made) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      process.stderr.write(`millrace: ${fileError('remove', dirname(folder), error).summary}\n`);
    }
  }
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Only Linux has it; the machine's name must do elsewhere.
    return '';
  }
}

function linkIfAny(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
