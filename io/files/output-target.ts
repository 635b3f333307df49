import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { MillraceError } from '../../sdk/model/index.js';
import { errnoOf, fileError } from './file-errors.js';
import { localPath } from './match-files.js';

/** Where sharded output goes: files `<folder>/<base>-…<suffix>`. */
export interface OutputTarget {
  /** Absolute. */
  readonly folder: string;
  readonly base: string;
}

/** The target of a prefix as a user writes it (`out/words`), seen from the working directory of the process that asks. */
export function outputTarget(prefix: string): OutputTarget {
  const path = resolve(localPath(prefix));
  return { folder: dirname(path), base: basename(path) };
}

/** Refuses a prefix from which no file name can be made. */
export function checkPrefix(prefix: string): void {
  if (typeof prefix !== 'string' || localPath(prefix).endsWith('/') || ['.', '..'].includes(basename(prefix))) {
    throw new MillraceError('OPTION_INVALID', 'options', `the output prefix ${JSON.stringify(prefix)} names a folder`, {
      hint: 'add the beginning of a file name, for example "out/part"',
    });
  }
}

/** Fails early where the folder of the target can be neither written to nor made. */
export function checkWritable(target: OutputTarget): void {
  for (let folder = target.folder; ; folder = dirname(folder)) {
    try {
      if (!statSync(folder).isDirectory()) throw notAFolder(folder);
      accessSync(folder, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') throw fileError('create', target.folder, error);
      if (errnoOf(error) !== 'ENOENT' || folder === dirname(folder)) throw fileError('write', folder, error);
    }
  }
}

function notAFolder(path: string): MillraceError {
  return new MillraceError(
    'IO_NOT_A_DIRECTORY',
    'external',
    `${JSON.stringify(path)} is a file, not a folder to write to`,
  );
}
