import { resolve } from 'node:path';
import { MillraceError } from '../../sdk/model/index.js';

/** What is being done to a file, for the first words of an error. */
export type FileAction = 'read' | 'open' | 'list' | 'create' | 'write' | 'rename' | 'remove';

interface Advice {
  readonly code: string;
  readonly what: string;
  readonly hint?: string;
  readonly retryable?: boolean;
}

const ADVICE: { readonly [errno: string]: Advice } = {
  ENOENT: { code: 'IO_NOT_FOUND', what: 'it does not exist' },
  EACCES: {
    code: 'IO_PERMISSION',
    what: 'permission denied',
    hint: 'check the permissions of the file and its folders',
  },
  EPERM: { code: 'IO_PERMISSION', what: 'not permitted', hint: 'check the permissions of the file and its folders' },
  EROFS: { code: 'IO_PERMISSION', what: 'the file system is read-only' },
  EISDIR: { code: 'IO_IS_DIRECTORY', what: 'it is a folder, not a file' },
  ENOTDIR: { code: 'IO_NOT_A_DIRECTORY', what: 'a part of its path is a file, not a folder' },
  EEXIST: { code: 'IO_NOT_A_DIRECTORY', what: 'a file of that name stands where a folder is needed' },
  ENOSPC: {
    code: 'IO_DISK_FULL',
    what: 'no space left on the disk',
    hint: 'free space or write elsewhere, then run again',
  },
  EDQUOT: {
    code: 'IO_DISK_FULL',
    what: 'the disk quota is used up',
    hint: 'free space or write elsewhere, then run again',
  },
  EFBIG: { code: 'IO_DISK_FULL', what: 'the file would be larger than the file system or the process may write' },
  EMFILE: { code: 'IO_TOO_MANY_FILES', what: 'too many open files in this process', hint: 'raise `ulimit -n`' },
  ENFILE: { code: 'IO_TOO_MANY_FILES', what: 'too many open files on this machine' },
  ENAMETOOLONG: { code: 'IO_NAME_TOO_LONG', what: 'the name is too long for the file system' },
  ELOOP: { code: 'IO_LINK_LOOP', what: 'its symbolic links go round in a circle' },
  EIO: { code: 'IO_DEVICE', what: 'the device reported an error', retryable: true },
};

/** The operating system's error on a file as a MillraceError that says which file, what was tried, and what to do. */
export function fileError(action: FileAction, path: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const errno = errnoOf(cause);
  const advice = errno === undefined ? undefined : ADVICE[errno];
  const what = advice?.what ?? (cause instanceof Error ? cause.message : String(cause));
  return new MillraceError(advice?.code ?? 'IO_FAILED', 'external', `cannot ${action} ${showPath(path)}: ${what}`, {
    hint: advice?.hint,
    retryable: advice?.retryable,
    cause,
  });
}

export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The absolute path, quoted so that odd characters can be seen. */
export function showPath(path: string): string {
  return JSON.stringify(resolve(path));
}
