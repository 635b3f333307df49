import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { errnoOf, fileError } from './file-errors.js';
import { makeTempFolder } from './temp-folder.js';

/** A piece of output that stands in a temporary file and waits to be put in place: the bytes [from, to) of `path`. */
export interface Part {
  /** Parts with the same key (a window) are put in place together. */
  readonly key: string;
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** Creates a temporary file, and its folder where another run has just removed it as empty. */
export function createPartFile(folder: string, path: string): void {
  for (let attempt = 1; ; attempt++) {
    makeTempFolder(folder);
    try {
      closeSync(openSync(path, 'wx'));
      return;
    } catch (error) {
      if (attempt === 5 || errnoOf(error) !== 'ENOENT') throw fileError('create', path, error);
    }
  }
}

/** Writes all of `bytes` at `position`. What a failed write leaves behind `position` belongs to no part. */
export function writeAt(path: string, bytes: Buffer, position: number): void {
  let fd: number | undefined;
  try {
    // Not O_CREAT: a file that is gone was put in place or cleaned away, and must not come back with a hole in it.
    fd = openSync(path, constants.O_WRONLY);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at);
  } catch (error) {
    throw fileError('write', path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
