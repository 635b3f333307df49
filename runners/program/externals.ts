import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '../../sdk/model/errors.js';

/** Imports a package that a bundle does not hold, from the first of the folders that has it installed. */
export async function importExternal(specifier: string, folders: readonly string[]): Promise<object> {
  for (const folder of folders) {
    const path = resolveFrom(specifier, folder);
    if (path !== undefined) return (await import(path)) as object;
  }
  throw new MillraceError('PROGRAM_EXTERNAL_MISSING', 'options', `the package '${specifier}' is not installed`, {
    hint: `the program leaves it outside of its bundle; install it in ${folders.at(-1)} (npm install ${specifier})`,
  });
}

function resolveFrom(specifier: string, folder: string): string | undefined {
  try {
    const path = createRequire(join(folder, 'program.js')).resolve(specifier);
    return path.startsWith('node:') ? path : pathToFileURL(path).href;
  } catch {
    // Not installed here: the next folder is tried, and the caller told when there is none.
    return undefined;
  }
}
