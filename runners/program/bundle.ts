import { realpath, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { MillraceError } from '../../sdk/model/errors.js';
import type { BundleRef } from '../../sdk/model/runner.js';
import { MILLRACE_VERSION } from '../../sdk/model/version.js';
import { type BundleInput, bundleCache } from './bundle-cache.js';

/** The bundle of a module. Paths in its source map are relative to the module's folder. */
export interface ModuleBundle extends BundleRef {
  readonly sourceFolder: string;
  /** Absolute path of the module. */
  readonly sourceEntry: string;
  /** False when the compiler ran. */
  readonly isFromCache: boolean;
}

export interface BundleOptions {
  /** Where bundles are kept; see `defaultCacheFolder`. */
  readonly cacheFolder?: string | undefined;
  /** Packages to leave outside. Those with native add-ons are found without being named. */
  readonly external?: readonly string[] | undefined;
}

const EXTENSIONS = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'];

/**
 * Makes one ESM file of a module and all that it imports, addressed by its SHA-256. Types are stripped, not checked:
 * that is the work of `tsc`. When no input has changed since the last time, the compiler does not run.
 *
 * @throws MillraceError PROGRAM_NOT_FOUND, PROGRAM_NOT_A_MODULE, PROGRAM_DOES_NOT_COMPILE, CACHE_NOT_WRITABLE
 */
export async function bundleModule(entryPath: string, options: BundleOptions = {}): Promise<ModuleBundle> {
  const sourceEntry = await findEntry(entryPath);
  const external = [...new Set(options.external)].sort();
  const cache = bundleCache(options.cacheFolder);
  const key = JSON.stringify([MILLRACE_VERSION, sourceEntry, external]);
  const cached = await cache.find(key);
  const source = { sourceEntry, sourceFolder: dirname(sourceEntry) };
  if (cached !== undefined) return { ...cached, ...source, isFromCache: true };
  const { compile } = await import('./compile.js');
  const { text, inputs } = await compile(sourceEntry, external);
  const ref = await cache.store(key, text, [...inputs, ...settingsOf(inputs)]);
  return { ...ref, ...source, isFromCache: false };
}

async function findEntry(entryPath: string): Promise<string> {
  const path = resolve(entryPath);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new MillraceError('PROGRAM_NOT_FOUND', 'options', `there is no file ${entryPath}`, {
      hint: 'name the module of a pipeline (.ts, .js …) or a plan (.json)',
    });
  }
  if (!found.isFile() || !EXTENSIONS.includes(extname(path))) {
    const what = found.isFile() ? `its name does not end in ${EXTENSIONS.join(', ')}` : 'it is not a file';
    throw new MillraceError('PROGRAM_NOT_A_MODULE', 'options', `${entryPath} is no module: ${what}`, {
      hint: 'name the module of a pipeline (.ts, .js …) or a plan (.json)',
    });
  }
  return realpath(path);
}

/** The files that steer the compiler without being inputs: they, and their appearing, make a bundle stale. */
function settingsOf(inputs: readonly BundleInput[]): BundleInput[] {
  const folders = new Set<string>();
  for (const { path } of inputs) {
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].flatMap((folder) =>
    ['tsconfig.json', 'package.json'].map((name) => ({ path: join(folder, name) })),
  );
}
