import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Everything of this package: a step is written by the first caller outside of it. */
const PACKAGE_ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url)))) + path.sep;

/** Composites nest, and each level takes a few frames. */
const FRAMES = 100;

/** `file:line:column` of the author's call that is running now, relative to the working folder where it lies inside. */
export function callersLine(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const stack = new Error().stack;
  Error.stackTraceLimit = limit;
  return firstLineOutside(stack ?? '', PACKAGE_ROOT, process.cwd());
}

/** The first frame of a stack that is neither Node's nor under `root`. */
export function firstLineOutside(stack: string, root: string, cwd: string): string | undefined {
  for (const line of stack.split('\n')) {
    const place = /^\s+at (?:.*\()?(.+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place === undefined || place.startsWith('node:')) continue;
    const at = place.lastIndexOf(':', place.lastIndexOf(':') - 1);
    const file = pathOf(place.slice(0, at));
    if (!file.startsWith(root)) return shorten(file, cwd) + place.slice(at);
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
