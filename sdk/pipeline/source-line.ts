import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that this package runs from: `dist`. */
const OWN_FOLDER = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
/**
 * Everything of this package: a step is written by the first caller outside of it. Where source maps are on, its frames
 * name the sources that it was compiled from, beside the folder that it runs from.
 */
const OWN_FOLDERS = [OWN_FOLDER, ...['sdk', 'runners', 'io'].map((room) => path.join(OWN_FOLDER, '..', room))].map(
  (folder) => folder + path.sep,
);

/** Composites nest, and each level takes a few frames. */
const FRAMES = 100;

/** `file:line:column` of the author's call that is running now, relative to the working folder where it lies inside. */
export function callersLine(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const stack = new Error().stack;
  Error.stackTraceLimit = limit;
  return firstLineOutside(stack ?? '', OWN_FOLDERS, process.cwd());
}

/** The first frame of a stack that is neither Node's nor under one of the folders. */
export function firstLineOutside(stack: string, folders: readonly string[], cwd: string): string | undefined {
  for (const line of stack.split('\n')) {
    const place = /^\s+at (?:.*\()?(.+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place === undefined || place.startsWith('node:')) continue;
    const at = place.lastIndexOf(':', place.lastIndexOf(':') - 1);
    const file = pathOf(place.slice(0, at));
    if (!folders.some((folder) => file.startsWith(folder))) return shorten(file, cwd) + place.slice(at);
  }
  return undefined;
}

function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file;
  // Loaders add queries to make a module load again.
  return fileURLToPath(file.replace(/[?#].*$/, ''));
}

function shorten(file: string, cwd: string): string {
  if (!path.isAbsolute(file)) return file;
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative.split(path.sep).join('/');
}
