import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MillraceError } from '../../sdk/model/errors.js';
import type { BundleRef } from '../../sdk/model/runner.js';

/** Bundles by the SHA-256 of their bytes, and for each entry module what its last bundle was made of. */
export interface BundleCache {
  readonly folder: string;
  /** The bundle that was last made under this key, when none of its inputs has changed since. */
  find(key: string): Promise<BundleRef | undefined>;
  store(key: string, text: string, inputs: readonly BundleInput[]): Promise<BundleRef>;
}

/** A file that a bundle depends on. */
export interface BundleInput {
  readonly path: string;
  /** What the compiler read, where that is known: by now the file may say something else. */
  readonly text?: string | undefined;
}

interface InputRecord {
  readonly path: string;
  /** Absent for a file that was looked for and not there. */
  readonly found?: FileState;
}

interface FileState {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly size: number;
  readonly sha256: string;
}

interface IndexEntry {
  readonly recordedAtMs: number;
  readonly sha256: string;
  readonly inputs: readonly InputRecord[];
}

/** `MILLRACE_CACHE`, or `~/.cache/millrace/bundles`. */
export function defaultCacheFolder(): string {
  return resolve(process.env.MILLRACE_CACHE || join(homedir(), '.cache', 'millrace', 'bundles'));
}

export function bundleCache(folder: string = defaultCacheFolder()): BundleCache {
  const indexPath = (key: string) => join(folder, 'index', `${sha256(key)}.json`);
  return {
    folder,
    async find(key) {
      const entry = await readIndex(indexPath(key));
      if (entry === undefined) return undefined;
      const ref = { path: bundlePath(folder, entry.sha256), sha256: entry.sha256 };
      const checks = await Promise.all([
        isIntact(ref),
        ...entry.inputs.map((input) => isUnchanged(input, entry.recordedAtMs)),
      ]);
      return checks.every(Boolean) ? ref : undefined;
    },
    async store(key, text, inputs) {
      const ref = { path: bundlePath(folder, sha256(text)), sha256: sha256(text) };
      try {
        await writeAtomically(ref.path, text);
        const recordedAtMs = Date.now();
        const records = await Promise.all(inputs.map(recordOf));
        const isCurrent = records.every(({ found }, i) => {
          const read = inputs[i]!.text;
          return read === undefined || found?.sha256 === sha256(read);
        });
        if (isCurrent)
          await writeAtomically(indexPath(key), JSON.stringify({ recordedAtMs, sha256: ref.sha256, inputs: records }));
      } catch (cause) {
        throw new MillraceError('CACHE_NOT_WRITABLE', 'external', `the bundle cannot be stored in ${folder}`, {
          cause,
          hint: 'name another folder with the environment variable MILLRACE_CACHE',
        });
      }
      return ref;
    },
  };
}

export function bundlePath(folder: string, sha256: string): string {
  return join(folder, `${sha256}.mjs`);
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Writes a file whole or not at all: nobody ever reads half of it. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function readIndex(path: string): Promise<IndexEntry | undefined> {
  try {
    const entry = JSON.parse(await readFile(path, 'utf8')) as Partial<IndexEntry>;
    const isSound =
      typeof entry.sha256 === 'string' && typeof entry.recordedAtMs === 'number' && Array.isArray(entry.inputs);
    return isSound ? (entry as IndexEntry) : undefined;
  } catch {
    // No index, or a damaged one: the bundle is made again.
    return undefined;
  }
}

async function isIntact(ref: BundleRef): Promise<boolean> {
  const bytes = await readFile(ref.path).catch(() => undefined);
  return bytes !== undefined && sha256(bytes) === ref.sha256;
}

/** Times of files are coarse: a file that changed shortly before it was recorded may change again at the same time. */
const COARSE_MS = 1_000;

async function isUnchanged(record: InputRecord, recordedAtMs: number): Promise<boolean> {
  const now = await stat(record.path).catch(() => undefined);
  const then = record.found;
  if (now === undefined || then === undefined) return now === then;
  if (now.size !== then.size) return false;
  const isSameTime = now.mtimeMs === then.mtimeMs && now.ctimeMs === then.ctimeMs;
  if (isSameTime && Math.max(then.mtimeMs, then.ctimeMs) < recordedAtMs - COARSE_MS) return true;
  return sha256(await readFile(record.path)) === then.sha256;
}

async function recordOf({ path }: BundleInput): Promise<InputRecord> {
  const now = await stat(path).catch(() => undefined);
  if (now === undefined) return { path };
  const { mtimeMs, ctimeMs, size } = now;
  return { path, found: { mtimeMs, ctimeMs, size, sha256: sha256(await readFile(path)) } };
}
