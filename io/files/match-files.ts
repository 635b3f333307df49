import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DoFn, MillraceError, type ProcessContext } from '../../sdk/model/index.js';
import { showPath } from './file-errors.js';
import { type FileMetadata, glob, hasWildcard, lookUp } from './glob.js';

/** Turns file patterns into the files that they match at the time of the run. */
export class MatchFilesFn implements DoFn<string, FileMetadata> {
  /** `allowNoMatch`: whether a pattern may match nothing; else that is an IO_NO_MATCH error. */
  constructor(private readonly allowNoMatch: boolean) {}

  process(pattern: string, context: ProcessContext<FileMetadata>): void {
    const files = matchFiles(pattern);
    if (files.length === 0 && !this.allowNoMatch) {
      throw new MillraceError('IO_NO_MATCH', 'external', `no file matches ${showPattern(pattern)}`, {
        hint: 'check the path (relative ones start at the working directory), or set allowNoMatch',
      });
    }
    for (const file of files) context.output(file);
  }
}

/** The files of a pattern; a pattern that is itself the name of a file means that file. Throws when it names a folder. */
export function matchFiles(pattern: string): FileMetadata[] {
  const path = localPath(pattern);
  const literal = lookUp(path);
  if (typeof literal === 'object') return [literal];
  if (literal === 'directory' && !hasWildcard(path)) {
    throw new MillraceError('IO_IS_DIRECTORY', 'external', `${showPath(path)} is a folder, not a file`, {
      hint: `for the files in it write ${JSON.stringify(`${path.replace(/\/+$/, '')}/*`)}`,
    });
  }
  if (literal === 'other') {
    throw new MillraceError(
      'IO_NOT_A_FILE',
      'external',
      `${showPath(path)} is not a regular file (a pipe or a device)`,
    );
  }
  return glob(path);
}

/** A `file:` URL or a plain path as a path. Other schemes belong to other connectors. */
export function localPath(pattern: string): string {
  if (pattern.startsWith('file:')) {
    try {
      return fileURLToPath(pattern);
    } catch (cause) {
      throw new MillraceError('IO_BAD_PATTERN', 'options', `${JSON.stringify(pattern)} is not a usable file URL`, {
        cause,
      });
    }
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(pattern)?.[1];
  if (scheme !== undefined) {
    throw new MillraceError(
      'IO_SCHEME_UNSUPPORTED',
      'options',
      `cannot read or write ${scheme}: files here: ${pattern}`,
      {
        hint: 'only local paths and file: URLs are supported',
      },
    );
  }
  if (pattern === '' || pattern.includes('\0')) {
    throw new MillraceError('IO_BAD_PATTERN', 'options', `${JSON.stringify(pattern)} is not a file name`);
  }
  return pattern;
}

function showPattern(pattern: string): string {
  const absolute = resolve(pattern);
  return absolute === pattern ? JSON.stringify(pattern) : `${JSON.stringify(pattern)} (${absolute})`;
}
