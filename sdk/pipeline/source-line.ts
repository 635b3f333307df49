import path from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** This package, as it runs and as source maps show it: a step is written by the first caller outside of it. */
const PACKAGE_FOLDERS = ['dist', 'sdk', 'io', 'runners'].map((folder) => path.join(DIST, '..', folder) + path.sep);

/** How many frames are looked at: mapping them to their sources costs. The second is for deep nests of composites. */
const FRAMES = [24, 1_000];

/** `file:line:column` of the author's call that is running now, relative to the working folder where it lies inside. */
export function callersLine(): string | undefined {
  for (const limit of FRAMES) {
    const found = firstLineOutside(stackOf(limit), PACKAGE_FOLDERS, process.cwd());
    if (found !== undefined) return found;
  }
  return undefined;
}

function stackOf(frames: number): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = frames;
  const { stack } = new Error();
  Error.stackTraceLimit = before;
  return stack ?? '';
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
