import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../sdk/model/index.js';
import { errnoOf, fileError } from './file-errors.js';

/** A file that a pattern matched. */
export interface FileMetadata {
  readonly path: string;
  readonly sizeBytes: number;
}

const WILDCARD = /[*?[{]/;

/** Whether a pattern can match more than the one path that it spells. */
export function hasWildcard(pattern: string): boolean {
  return WILDCARD.test(pattern.replace(/\\./g, ''));
}

/**
 * The regular files that a pattern matches, in the order of their names' code units.
 *
 * `*` and `?` stand for characters of one name, `[a-z]` and `[!a-z]` for one character, `{a,b}` for alternatives, `**` as a
 * whole name for any number of folders, `\` takes the next character literally. A name that starts with a dot is matched
 * only by a pattern that starts with one, so hidden files (and our own temporary folders) stay out. Symbolic links are
 * followed, but `**` does not go through them.
 */
export function glob(pattern: string): FileMetadata[] {
  const found = new Map<string, FileMetadata>();
  for (const alternative of expandBraces(pattern)) {
    const absolute = alternative.startsWith('/');
    const names = alternative.split('/').filter((name) => name !== '' && name !== '.');
    walk(absolute ? '/' : '', names, 0, found);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** The metadata of a path if a regular file is there; `directory` or `other` if something else is; undefined if nothing is. */
export function lookUp(path: string): FileMetadata | 'directory' | 'other' | undefined {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) return 'directory';
    return stats.isFile() ? { path, sizeBytes: stats.size } : 'other';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw fileError('open', path, error);
  }
}

function walk(folder: string, names: readonly string[], at: number, found: Map<string, FileMetadata>): void {
  const name = names[at];
  if (name === undefined) return;
  const isLast = at === names.length - 1;
  if (name === '**') {
    // No folder at all, then one more folder with `**` still in force.
    if (isLast) walk(folder, ['*'], 0, found);
    else walk(folder, names, at + 1, found);
    for (const entry of list(folder)) {
      if (entry.isDirectory() && !entry.name.startsWith('.')) walk(join(folder, entry.name), names, at, found);
    }
    return;
  }
  if (!hasWildcard(name)) {
    const path = join(folder, name.replace(/\\(.)/g, '$1'));
    if (isLast) add(path, found);
    else walk(path, names, at + 1, found);
    return;
  }
  const matches = namePattern(name);
  for (const entry of list(folder)) {
    if (!matches.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (isLast) add(path, found);
    else if (entry.isDirectory() || entry.isSymbolicLink()) walk(path, names, at + 1, found);
  }
}

function add(path: string, found: Map<string, FileMetadata>): void {
  const file = lookUp(path);
  if (typeof file === 'object') found.set(path, file);
}

function list(folder: string): Dirent[] {
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw fileError('list', folder, error);
  }
}

function namePattern(name: string): RegExp {
  let source = name.startsWith('.') || name.startsWith('\\.') ? '' : '(?!\\.)';
  for (let i = 0; i < name.length; i++) {
    const c = name[i]!;
    if (c === '*') {
      // A run of stars is one star; `(a*)*` would take exponential time.
      if (name[i - 1] !== '*') source += '[^]*';
    } else if (c === '?') {
      source += '[^]';
    } else if (c === '[') {
      const end = classEnd(name, i);
      if (end === undefined) {
        source += '\\[';
      } else {
        const negated = name[i + 1] === '!' || name[i + 1] === '^';
        const body = name.slice(i + (negated ? 2 : 1), end).replace(/[\\\]^[]/g, '\\$&');
        source += `[${negated ? '^' : ''}${body}]`;
        i = end;
      }
    } else {
      source += literal(c === '\\' && i + 1 < name.length ? name[++i]! : c);
    }
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch (cause) {
    throw new MillraceError(
      'IO_BAD_PATTERN',
      'options',
      `the file pattern ${JSON.stringify(name)} cannot be understood`,
      {
        hint: 'put a backslash before characters that are meant literally',
        cause,
      },
    );
  }
}

/** Where a character class ends: at the first `]` after at least one character. */
function classEnd(name: string, start: number): number | undefined {
  const first = start + (name[start + 1] === '!' || name[start + 1] === '^' ? 2 : 1);
  const end = name.indexOf(']', first + 1);
  return end < 0 ? undefined : end;
}

function literal(c: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}

/** `a{b,c{d,e}}` as ab, acd, ace. A brace without its partner or without a comma stays a literal character. */
function expandBraces(pattern: string): string[] {
  let depth = 0;
  let open = -1;
  let commas: number[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') i++;
    else if (c === '{') {
      if (depth++ === 0) {
        open = i;
        commas = [];
      }
    } else if (c === ',' && depth === 1) {
      commas.push(i);
    } else if (c === '}' && depth > 0 && --depth === 0) {
      if (commas.length === 0) continue;
      const cuts = [open, ...commas, i];
      const head = pattern.slice(0, open);
      const tails = expandBraces(pattern.slice(i + 1));
      return cuts.slice(1).flatMap((cut, k) => {
        const choices = expandBraces(pattern.slice(cuts[k]! + 1, cut));
        return choices.flatMap((choice) => tails.map((tail) => `${head}${choice}${tail}`));
      });
    }
  }
  return [pattern];
}
